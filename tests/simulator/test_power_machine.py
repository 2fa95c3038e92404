"""Random methods against the simulator and against a model that knows only the table of states."""

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from simulator import datamodel, inventory, memory, methods
from simulator.call import Call
from simulator.clock import Clock
from simulator.errors import Failure
from simulator.pool import Pool
from simulator.tables import NULL, Database

HALTED, PAUSED, RUNNING, SUSPENDED = "Halted", "Paused", "Running", "Suspended"
LIVE = {PAUSED, RUNNING}
MODEL: dict[str, tuple[tuple[str, ...], str | None]] = {
    "start": ((HALTED,), RUNNING),
    "clean_shutdown": ((RUNNING,), HALTED),
    "hard_shutdown": ((PAUSED, SUSPENDED, RUNNING), HALTED),
    "shutdown": ((PAUSED, SUSPENDED, RUNNING), HALTED),
    "clean_reboot": ((RUNNING,), RUNNING),
    "hard_reboot": ((PAUSED, RUNNING), RUNNING),
    "pause": ((RUNNING,), PAUSED),
    "unpause": ((PAUSED,), RUNNING),
    "suspend": ((RUNNING,), SUSPENDED),
    "resume": ((SUSPENDED,), RUNNING),
    "clone": ((HALTED,), None),
    "destroy": ((HALTED, SUSPENDED), None),
}
"""Method to the states it is admitted in, as a refusal names them, and the state it ends in."""

PARAMETERS: dict[str, list[Any]] = {
    "start": [False, False],
    "resume": [False, False],
    "clone": ["twin"],
}
CHANGES = sorted(operation for operation, (_, end) in MODEL.items() if end)


@dataclass
class Machine:
    """What the model knows of a VM."""

    ref: str
    state: str = HALTED
    template: bool = False
    blocked: set[str] = field(default_factory=set)

    def refusal(self, operation: str) -> list[str] | None:
        """Return the error by which an operation is refused, if it is."""
        expected, _ = MODEL[operation]
        if operation in self.blocked:
            return ["OPERATION_BLOCKED", self.ref, "blocked"]
        if self.state not in expected:
            wanted = ", ".join(state.lower() for state in expected)
            return ["VM_BAD_POWER_STATE", self.ref, wanted, self.state.lower()]
        if self.template and operation not in {"clone", "destroy"}:
            return ["VM_IS_TEMPLATE", self.ref, operation]
        return None


class Power(RuleBasedStateMachine):
    """Lets VMs of one pool go through their stack."""

    machines = Bundle("machines")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.known: dict[str, Machine] = {}

    @initialize(target=machines, seed=st.integers(0, 9))
    def build(self, seed: int) -> Machine:
        """Begin with the pool that every simulator begins with."""
        rng = random.Random(seed)  # noqa: S311 - a seed is a seed
        self.pool = Pool(Database(datamodel.load(), rng), Clock(speed=1e6), rng)
        self.db = self.pool.db
        self.loop.run_until_complete(self._inventory())
        self.free = self._free_memory()
        return self._meet(self.db.where("VM", name_label="web02")[0])

    @rule(machine=machines, operation=st.sampled_from(CHANGES))
    def change(self, machine: Machine, operation: str) -> None:
        """Change a VM's state, or be refused as the model says."""
        if self._do(machine, operation) is not None:
            machine.state = MODEL[operation][1] or machine.state

    @rule(target=machines)
    def install(self) -> Machine:
        """Make a VM from a template."""
        template = self.db.where("VM", name_label="deb12")[0]
        twin = self._call("VM.clone", template, "new")
        self._call("VM.provision", twin)
        return self._meet(twin)

    @rule(target=machines, machine=machines)
    def clone(self, machine: Machine) -> Any:
        """Make another VM, a template's being a template."""
        twin = self._do(machine, "clone")
        return multiple() if twin is None else self._meet(twin, template=machine.template)

    @rule(target=machines, machine=consumes(machines))
    def destroy(self, machine: Machine) -> Any:
        """Delete a VM, which then is unknown."""
        if self._do(machine, "destroy") is None:
            return machine
        del self.known[machine.ref]
        assert self._call("VM.start", machine.ref, False, False) == (
            ["HANDLE_INVALID", "VM", machine.ref]
        )
        return multiple()

    @rule(machine=machines, operation=st.sampled_from(sorted(MODEL)))
    def block(self, machine: Machine, operation: str) -> None:
        """Forbid an operation, or allow it again."""
        machine.blocked ^= {operation}
        blocked = dict.fromkeys(machine.blocked, "blocked")
        self.db.put("VM", machine.ref, blocked_operations=blocked)

    @rule(machine=machines)
    def turn_template(self, machine: Machine) -> None:
        """Waiter a halted VM into a template, a template into a VM."""
        wanted = not machine.template
        refused = self._call("VM.set_is_a_template", machine.ref, wanted)
        if wanted and machine.state != HALTED:
            assert refused[0] == "VM_BAD_POWER_STATE"
        else:
            machine.template = wanted

    @invariant()
    def records_tell_what_the_model_knows(self) -> None:
        """Compare state, host, domain, image and attachments of every VM."""
        for machine in self.known.values():
            vm, live = self.db.get("VM", machine.ref), machine.state in LIVE
            assert vm["power_state"] == machine.state
            assert (vm["resident_on"] != NULL, vm["domid"] > 0, bool(vm["consoles"])) == (live,) * 3
            assert (vm["suspend_VDI"] != NULL) == (machine.state == SUSPENDED)
            assert vm["current_operations"] == {}
            assert {self.db.get("VBD", drive)["currently_attached"] for drive in vm["VBDs"]} == {
                machine.state != HALTED
            }

    @invariant()
    def memory_is_accounted_for(self) -> None:
        """Compare what hosts have lost with what live VMs hold."""
        if self.known:
            live = [self.db.get("VM", m.ref) for m in self.known.values() if m.state in LIVE]
            assert self.free - self._free_memory() == sum(memory.needed(vm) for vm in live)

    def teardown(self) -> None:
        """Close what was opened."""
        self.loop.close()

    async def _inventory(self) -> None:
        inventory.build(self.pool)

    def _meet(self, ref: str, *, template: bool = False) -> Machine:
        self.known[ref] = Machine(ref, template=template)
        return self.known[ref]

    def _do(self, machine: Machine, operation: str) -> Any:
        """Run an operation and compare; return its value, or nothing where it was refused."""
        refusal = machine.refusal(operation)
        answer = self._call(f"VM.{operation}", machine.ref, *PARAMETERS.get(operation, []))
        if refusal is None:
            assert not isinstance(answer, list), answer
            return answer
        assert answer == refusal
        return None

    def _call(self, method: str, *params: Any) -> Any:
        """Return an operation's value ("" for none), or the words of its refusal."""
        return self.loop.run_until_complete(self._perform(method, *params))

    async def _perform(self, method: str, *params: Any) -> Any:
        call = Call(self.pool, self.pool.tasks.nameless(method, ""), method=method)
        try:
            return await methods.load()[method](call, *params) or ""
        except Failure as failure:
            return failure.description()

    def _free_memory(self) -> int:
        return sum(memory.free(self.db, host) for host in self.db.refs("host"))


Power.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestPower = Power.TestCase
