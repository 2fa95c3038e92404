"""Random pool files: built, or refused in words, never a defect."""

import asyncio
import copy
import random
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import datamodel, inventory, jsonrpc
from simulator.clock import Clock
from simulator.inventory import files
from simulator.pool import Pool
from simulator.tables import Database

NAMES = st.sampled_from(["a", "b", "c{n}", "d{host}"])
SIZES = st.sampled_from([1, 1 << 30, "1 GiB", "8TiB", "1.5 M"])
ODD = st.none() | st.booleans() | st.integers(-1, 5) | st.lists(NAMES, max_size=2)
ANYTHING = ODD | st.sampled_from(["", "x", 1 << 80, "-1", 0.5])
"""What now and then stands where something else should."""


def _table(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables of some of the fields."""
    return st.fixed_dictionaries({}, optional=fields)


def _named(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables with a name, and some of the fields."""
    return st.fixed_dictionaries({"name": NAMES}, optional=fields)


NETWORKS = [
    {"name": "m", "device": "eth0", "management": True},
    {"name": "a", "device": "eth1", "bridge": "br7"},
    {"name": "b", "device": "eth0", "vlan": 3, "hosts": ["a"]},
    {"name": "c"},
]
DISKS = st.lists(_table(size=SIZES, storage=st.sampled_from("ab"), device=st.just("7")), max_size=2)
DRIVES = st.lists(_table(device=st.sampled_from(["3", "hdd", 4]), iso=st.just("i")), max_size=2)
INTERFACES = st.lists(_table(network=st.sampled_from("abcm")), max_size=2)
KINDS = ("nfs", "iso", "udev", "lvm", "hba")
FLAGS = st.booleans()
MACHINE: dict[str, st.SearchStrategy[Any]] = {
    "count": st.integers(1, 3),
    "kind": st.sampled_from(["hvm", "pvh", "pv"]),
    "memory": SIZES,
    "disks": DISKS,
    "drives": DRIVES,
    "interfaces": INTERFACES,
    "snapshots": st.lists(NAMES, max_size=2),
    "blocked_operations": st.just({"start": "no"}),
}
STATES = st.sampled_from(["Halted", "Running", "Paused", "Suspended"])
HOSTS = st.lists(
    _named(memory=SIZES, cpus=st.integers(1, 4), enabled=FLAGS), min_size=1, max_size=3
)
STORAGE = st.lists(
    _named(
        type=st.sampled_from(KINDS),
        size=SIZES,
        used=SIZES,
        shared=FLAGS,
        hosts=st.lists(st.sampled_from("ab"), min_size=1, max_size=2),
        plugged=FLAGS,
        default=FLAGS,
        images=st.lists(st.just({"name": "i", "size": 1}), max_size=2),
    ),
    max_size=3,
)
POOLS = _table(
    release=st.sampled_from(["5.0", 8, "current", 6.5]),
    ha=FLAGS,
    hosts=HOSTS,
    networks=st.builds(copy.deepcopy, st.just(NETWORKS)),
    storage=STORAGE,
    templates=st.lists(_named(**MACHINE, default=FLAGS, provision=NAMES), max_size=2),
    vms=st.lists(_named(**MACHINE, state=STATES, host=st.sampled_from("ab")), max_size=3),
)


@st.composite
def _spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """Return the tables of a pool, one value of which may be anything."""
    tables: dict[str, Any] = draw(POOLS)
    places = [*_places(tables)]
    if places:
        table, key = draw(st.sampled_from(places))
        table[key] = draw(st.just(table[key]) | ANYTHING)
    return tables


def _places(tables: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(tables, list):
        for each in tables:
            yield from _places(each)
    if isinstance(tables, dict):
        for key, value in tables.items():
            yield tables, key
            yield from _places(value)


@settings(max_examples=300, deadline=None)
@given(_spoilt())
def test_a_pool_is_built_or_refused(tables: dict[str, Any]) -> None:
    """What is built can be written."""

    async def build() -> None:
        rng = random.Random(1)  # noqa: S311 - determinism is the point
        pool = Pool(Database(datamodel.load(), rng), Clock(), rng)
        try:
            inventory.build(pool, files.plan_of(tables))
        except ValueError as refusal:
            reported.append(str(refusal))
            return
        for table in pool.db.tables.values():
            assert all(jsonrpc.encode(row) for row in table.rows.values())

    reported: list[str] = []
    asyncio.run(build())
    assert all(reported)
