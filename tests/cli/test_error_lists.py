"""An operation lists every error that it may fail with: here it fails in all ways at hand."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cli.generators.pages import calls, error_pages, toolstack
from simulator import server
from tasks.vm import guest
from tests.cli import schemas
from tests.tasks.fixtures import ISO, LIBRARY, Maker
from tests.tasks.harness import Harness
from tests.tasks.table import TABLE, Case
from tests.xenserver.pools import Pool
from xenserver import errors

BY_NAME = {operation.name: operation for operation in schemas.operations()}
EVERY_VERB = (
    *("start", "start_on", "clean_shutdown", "hard_shutdown", "clean_reboot", "hard_reboot"),
    *("suspend", "resume", "resume_on", "pause", "unpause", "pool_migrate", "clone", "copy"),
    *("snapshot", "checkpoint", "destroy", "migrate_send", "changing_memory_limits"),
    *("changing_VCPUs", "create_vtpm", "revert", "provision"),
)


def _control_domain(maker: Maker) -> str:
    records = maker.call("VM.get_all_records").values()
    return next(str(vm["uuid"]) for vm in records if vm["is_control_domain"])


def _default_template(maker: Maker) -> str:
    return maker.named("VM", "Debian Bookworm 12")


def _attached(maker: Maker) -> str:
    """Return a disk that a VM that runs holds."""
    return maker.uuid("VDI", maker.record("VBD", maker.plugged())["VDI"])


def _read_only(maker: Maker) -> str:
    disk = maker.disk()
    maker.call("VDI.set_read_only", maker.ref("VDI", disk), True)  # noqa: FBT003 - in wire order
    return disk


def _reset_at_boot(maker: Maker) -> str:
    disk = maker.disk()
    maker.call("VDI.set_on_boot", maker.ref("VDI", disk), "reset")
    return disk


OTHERS: dict[str, tuple[Callable[[Maker], str], ...]] = {
    "vm": (
        *(Maker.running, Maker.paused, Maker.suspended, Maker.vm, Maker.template, Maker.snapshot),
        *(_control_domain, _default_template, lambda maker: maker.blocked(*EVERY_VERB)),
    ),
    "template": (Maker.template, Maker.snapshot, Maker.vm, _default_template),
    "snapshot": (Maker.snapshot, lambda maker: _blocked_snapshot(maker)),  # noqa: PLW0108 - below
    "vdi": (
        *(Maker.disk, _attached, _read_only, _reset_at_boot, Maker.disk_snapshot),
        lambda maker: maker.named("VDI", ISO),
    ),
    "sr": (lambda _: LIBRARY, lambda _: "none", lambda _: "XenServer Tools"),
    "vbd": (Maker.plugged, Maker.cd, lambda m: m.cd(iso=ISO), lambda m: m.drive(m.vm())),
    "vif": (Maker.unplugged, lambda m: m.interface(m.running()), lambda m: m.interface(m.vm())),
    "network": (lambda _: "lab", lambda _: "Pool-wide network associated with eth0"),
    "host": (lambda _: "xs1", lambda _: "xs3", lambda _: "none"),
}
"""Fields of messages, and objects that most operations refuse in some way."""


def _blocked_snapshot(maker: Maker) -> str:
    snapshot = maker.snapshot()
    ref = maker.ref("VM", snapshot)
    maker.call("VM.set_blocked_operations", ref, dict.fromkeys(EVERY_VERB, "by order"))
    return snapshot


@pytest.fixture(scope="module")
def pool() -> Iterator[Harness]:
    """Serve one pool to all tests of this file."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        harness = Harness(Pool(served.url))
        yield harness
        harness.close()


def _messages(case: Case, maker: Maker) -> Iterator[dict[str, Any]]:
    """Yield the message of the table with each of its objects exchanged in turn."""
    yield case.wrong(maker)
    if case.operation is guest.wait_for_address:
        return  # which has no end for a VM that gets none
    for field in case.ready(maker):
        for other in OTHERS.get(field, ()):
            yield {**case.ready(maker), field: other(maker)}


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_an_operation_lists_every_code_with_which_it_fails(pool: Harness, case: Case) -> None:
    maker = Maker(pool.see, pool.pool.do)
    listed = {error.code for error in error_pages.of(BY_NAME[case.name])}
    seen = set()

    for fields in _messages(case, maker):
        try:
            pool.do(case.operation, **fields)
        except errors.XenflowError as error:
            seen.add(error.code)

    assert seen
    assert seen <= listed


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("xenserver.vm.configure", "VM_BAD_POWER_STATE"),
        ("xenserver.vdi.resize", "VDI_IN_USE"),
        ("xenserver.vdi.resize", "SR_OPERATION_NOT_SUPPORTED"),
        ("xenserver.vm.start", "OPERATION_BLOCKED"),
        ("xenserver.vm.start", "XENFLOW_GUEST_STOPPED"),
        ("xenserver.vm.wait_for_address", "XENFLOW_GUEST_SILENT"),
        ("flow.start_vms", "XENFLOW_GUEST_NO_ADDRESS"),
        ("flow.create_vm_from_unconfigured_template", "SR_HAS_NO_PBDS"),
        ("xenserver.vm.suspend", "VM_NON_SUSPENDABLE"),
    ],
)
def test_an_error_is_listed_where_it_is_possible(name: str, code: str) -> None:
    assert code in {error.code for error in error_pages.of(BY_NAME[name])}


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("VM.pause", "VM_NON_SUSPENDABLE"),
        ("VM.pause", "PROVISION_ONLY_ALLOWED_ON_TEMPLATE"),
        ("VM.clone", "VM_IS_TEMPLATE"),
        ("VDI.resize", "VDI_IS_SHARABLE"),
        ("VBD.eject", "VBD_NOT_EMPTY"),
        ("VBD.plug", "VBD_NOT_UNPLUGGABLE"),
        ("VM.provision", "HOST_POWER_ON_MODE_DISABLED"),
        ("VDI.pool_migrate", "HOST_IS_LIVE"),
        ("VM.get_record", "VM_BAD_POWER_STATE"),
    ],
)
def test_an_error_of_other_operations_is_not_listed(method: str, code: str) -> None:
    """The rules of a class are read for one operation of it."""
    assert code not in toolstack.codes(method)


def test_a_flow_lists_no_calls_of_its_own() -> None:
    """Its steps have them."""
    assert calls.methods(BY_NAME["flow.start_vms"]) == []
