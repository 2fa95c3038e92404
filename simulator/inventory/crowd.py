"""A crowd of hosts and VMs that nobody wants to write into a file; the seed varies them."""

import random

from simulator.inventory.plan import CdDrive, Disk, Host, Interface, Pool, Vm

_STATES = (*["Running"] * 6, *["Halted"] * 3, "Suspended")
_TOOLS = (True, True, True, True, False)
_MEMORY = tuple(size << 20 for size in (256, 512, 1024))


def grown(plan: Pool, *, hosts: int, vms: int, seed: int) -> Pool:
    """Return the plan with at least so many hosts, and so many VMs more."""
    rng = random.Random(seed)  # noqa: S311 - determinism is the point
    width = len(str(vms))
    crowd = [_vm(rng, f"vm{number:0{width}}") for number in range(1, vms + 1)]
    return plan.model_copy(
        update={"hosts": (*plan.hosts, *_hosts(plan, hosts)), "vms": (*plan.vms, *crowd)}
    )


def _hosts(plan: Pool, wanted: int) -> list[Host]:
    taken = {host.name for host in plan.hosts}
    names = (f"xs{number}" for number in range(1, wanted + len(taken) + 1))
    free = [name for name in names if name not in taken]
    return [Host(name=name) for name in free[: max(0, wanted - len(taken))]]


def _vm(rng: random.Random, name: str) -> Vm:
    state, kind = rng.choice(_STATES), rng.choice(("hvm", "pvh"))
    return Vm.model_validate(
        {
            "name": name,
            "kind": kind,
            "state": state,
            "tools": kind == "pvh" or rng.choice(_TOOLS),
            "memory": rng.choice(_MEMORY),
            "vcpus": rng.randint(1, 4),
            "disks": [Disk(size=8 << 30) for _ in range(rng.randint(1, 2))],
            "drives": [CdDrive()] if kind == "hvm" else [],
            "interfaces": [Interface()],
        }
    )
