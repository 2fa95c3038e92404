"""Random commands at the control API: done, or refused in words, never a defect."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from simulator import jsonrpc
from simulator.conditions import CONDITIONS
from simulator.server import Options, Simulator

FIELDS = (
    *("what", "method", "object", "count", "probability", "when", "seconds", "code", "params"),
    *("vm", "boot", "address", "link_local", "shutdown", "suspend", "set", "after", "finish", "to"),
    *("sr", "free", "failing", "plugged", "host", "state", "enabled", "failures", "overcommitted"),
    *("user", "originator", "user_agent", "burst", "rate", "waiting", "tasks", "effects"),
    *("connections", "header_read", "header_total", "colour"),
)
NAMES = (
    *("stats", "reset", "hold", "release", "advance", "durations", "fault", "clear", "journal"),
    *("sweep", "restart_toolstack", "restart_member", "move_coordinator", "dance", *CONDITIONS),
)
WORDS = st.sampled_from(
    (
        *("xs1", "xs2", "NFS virtual disk storage", "127.0.0.2", "web*", "VM.start", "refuse"),
        *("stall", "never", "dead", "alive", "enabled", "before", "1 GiB", "", "\x00", "é"),
        "unacknowledged",
    )
)
NUMBERS = st.integers(-2, 50) | st.floats(-2, 50) | st.sampled_from([1e300, 10**30])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=4,
)
ORDERS = st.builds(
    lambda name, fields: {**fields, "do": name},
    st.sampled_from(NAMES) | VALUES,
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=5),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(ORDERS | VALUES, min_size=1, max_size=20))
def test_a_command_is_done_or_refused(orders: list[Any]) -> None:
    """Whatever was done before; every record can be written afterwards."""

    async def execute() -> None:
        simulator = Simulator(Options(seed=1))
        for order in orders:
            try:
                assert isinstance(await simulator.control.execute(order), dict)
            except ValueError:
                continue

        for table in simulator.pool.db.tables.values():
            assert all(jsonrpc.encode(row) for row in table.rows.values())

    asyncio.run(execute())
