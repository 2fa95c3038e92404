"""Work per call: as much in a large pool as in a small one."""

import asyncio
import sys
from typing import Any

import pytest

from simulator import housekeeping
from simulator.rpc import Request
from simulator.server import Options, Simulator

CALLS: dict[str, list[tuple[str, ...]]] = {
    "read": [("VM.get_record", "vm"), ("VM.get_power_state", "vm"), ("VM.get_VBDs", "vm")],
    "find": [("VM.get_by_name_label", "=web02"), ("VM.get_by_uuid", "uuid")],
    "write": [("VM.set_name_description", "vm", "=x"), ("VM.add_tags", "vm", "=x")],
    "start": [("VM.start", "vm", "no", "no"), ("VM.hard_shutdown", "vm")],
    "clone": [("VM.clone", "vm", "=twin")],
    "disk": [("VDI.snapshot", "disk"), ("VDI.destroy", "result")],
    "events": [("event.from", "tasks", "=", "zero"), ("event.from", "one", "=", "zero")],
}


def _work(vms: int, names: list[str]) -> dict[str, int]:
    """Count the functions of the simulator that each group of calls runs."""

    async def count() -> dict[str, int]:
        # Time goes slowly: no guest makes its first report meanwhile.
        simulator = Simulator(Options(seed=1, vms=vms, speed=0.001))
        simulator.pool.durations = {"*": 0.0}
        client = await _Client.connected(simulator)
        return {name: await client.counted(CALLS[name]) for name in names}

    return asyncio.run(count())


class _Client:
    """A session, and what the words in `CALLS` stand for."""

    def __init__(self, simulator: Simulator) -> None:
        self.dispatcher = simulator.dispatcher
        self.values: dict[str, Any] = {"no": False, "zero": 0.0, "tasks": ["task"]}

    @classmethod
    async def connected(cls, simulator: Simulator) -> "_Client":
        """Log in and find a halted VM and its disk."""
        client, db = cls(simulator), simulator.pool.db
        request = Request("session.login_with_password", ["root", "xenflow"])
        client.values["session"] = (await client.dispatcher.answer(request)).value
        (vm,) = db.where("VM", name_label="web02")
        record = db.get("VM", vm)
        disk = db.get("VBD", record["VBDs"][0])["VDI"]
        client.values |= {"one": [f"vm/{vm}"], "vm": vm, "uuid": record["uuid"], "disk": disk}
        return client

    async def counted(self, calls: list[tuple[str, ...]]) -> int:
        """Make calls; return how many functions of the simulator ran."""
        counter = _Counter()
        for method, *words in calls:
            params = [self._value(word) for word in ("session", *words)]
            with counter:
                answer = await self.dispatcher.answer(Request(method, params))
            self.values["result"] = answer.value
        return counter.calls

    def _value(self, word: str) -> Any:
        return word.removeprefix("=") if word.startswith("=") else self.values[word]


class _Counter:
    """Counts calls of functions of the simulator while it is entered."""

    def __init__(self) -> None:
        self.calls = 0

    def __enter__(self) -> None:
        sys.setprofile(self._profile)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: Any, event: str, _argument: object) -> None:
        if event == "call" and "/simulator/" in frame.f_code.co_filename:
            self.calls += 1


@pytest.mark.parametrize("name", CALLS)
def test_a_call_costs_as_much_in_a_large_pool(name: str) -> None:
    """The same functions run, but for a few steps of a search."""
    few, many = _work(10, [name]), _work(1000, [name])

    assert many[name] <= few[name] * 1.1 + 20


def test_a_sweep_looks_at_what_was_lost_only() -> None:
    async def count(vms: int) -> int:
        simulator, counter = Simulator(Options(seed=1, vms=vms)), _Counter()
        housekeeping.sweep(simulator.pool)
        with counter:
            housekeeping.sweep(simulator.pool)
        return counter.calls

    assert asyncio.run(count(500)) == asyncio.run(count(5))


def test_the_record_of_effects_is_bounded(xen: Any, control: Any, halted: str) -> None:
    """The latest stay, under the numbers that they had."""
    control("limits", effects=3)
    for number in range(5):
        xen("VM.set_name_description", halted, str(number))

    effects = control("journal")["effects"]

    assert [effect["order"] for effect in effects] == [3, 4, 5]
    assert control("journal", after=4)["effects"] == effects[2:]


class TestWithoutTheControlApi:
    """A pool without the control API keeps no effects."""

    @pytest.fixture
    def options(self) -> Options:
        """Start without the control API."""
        return Options()

    def test_no_effect_is_recorded(self, xen: Any, served: Any, halted: str) -> None:
        xen("VM.set_name_description", halted, "x")

        assert served.pool.effects.after(0) == []
