"""The power of VMs: start, shutdown, reboot, pause, suspend."""

from tasks.frame.answers import Done, done
from tasks.frame.operation import Steps, operation
from tasks.frame.vocabulary import VmName
from xenserver.gate import Xen


@operation()
def start(xen: Xen, *, vm: VmName, paused: bool = False, force: bool = False) -> Steps[Done]:
    """Boot a halted VM."""
    machine = xen.find.vm(vm)
    yield xen.later.VM.start(machine, paused, force)
    return done("VM started", machine, power_state="Paused" if paused else "Running")
