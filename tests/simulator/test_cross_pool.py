"""A VM goes to another pool, with its disks: two simulated pools in one process."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from simulator.server import Options, serve_in_thread
from tests.simulator.conftest import Wire, Xen, ask

NFS = "NFS virtual disk storage"


@pytest.fixture
def there(threads: ThreadPoolExecutor) -> Iterator[Xen]:
    """Serve another pool, of other references; return a client of it."""
    with serve_in_thread(Options(seed=2, speed=200.0)) as served:
        yield Xen(Wire(served.url, "json"), threads)


@pytest.fixture
def dest(there: Xen) -> dict[str, str]:
    """Return where the other pool takes VMs."""
    network = there.find("network", "Pool-wide network associated with eth0")
    return dict(there("host.migrate_receive", there.find("host", "xs1"), network, {}))


def maps(xen: Any, vm: str, there: Xen) -> tuple[dict[str, str], dict[str, str]]:
    """Return where disks and interfaces of a VM go."""
    drives = [ref for ref in xen("VM.get_VBDs", vm) if xen("VBD.get_type", ref) == "Disk"]
    disks = {xen("VBD.get_VDI", ref): there.find("SR", NFS) for ref in drives}
    return disks, {ref: there.find("network", "lab") for ref in xen("VM.get_VIFs", vm)}


def test_a_running_vm_runs_in_the_other_pool(
    xen: Any, running: str, there: Xen, dest: dict[str, str]
) -> None:
    """The same VM, with its UUID and MAC addresses; nothing of it is left."""
    before = xen("VM.get_record", running)
    [mac] = [xen("VIF.get_MAC", ref) for ref in before["VIFs"]]
    disks, networks = maps(xen, running, there)

    made = xen("VM.migrate_send", running, dest, True, disks, networks, {})

    after = there("VM.get_record", made)
    assert (after["uuid"], after["power_state"]) == (before["uuid"], "Running")
    assert after["resident_on"] == dest["host"]
    assert [there("VIF.get_MAC", ref) for ref in after["VIFs"]] == [mac]
    [drive] = [there("VBD.get_record", ref) for ref in after["VBDs"]]
    assert there("VDI.get_SR", drive["VDI"]) == there.find("SR", NFS)
    assert xen.refusal("VM.get_record", running) == ["HANDLE_INVALID", "VM", running]
    for disk in disks:
        assert xen.refusal("VDI.get_record", disk) == ["HANDLE_INVALID", "VDI", disk]


def test_a_copy_leaves_the_vm_where_it_is(xen: Any, there: Xen, dest: dict[str, str]) -> None:
    """It is another VM, with MAC addresses of its own; a live VM is not copied."""
    vm = xen.find("VM", "web02")
    disks, networks = maps(xen, vm, there)

    made = xen("VM.migrate_send", vm, dest, False, disks, networks, {"copy": "true"})

    assert there("VM.get_name_label", made) == "web02"
    assert there("VM.get_uuid", made) != xen("VM.get_uuid", vm)
    macs = [
        wire("VIF.get_MAC", wire("VM.get_VIFs", ref)[0]) for wire, ref in ((xen, vm), (there, made))
    ]
    assert macs[0] != macs[1]
    xen("VM.start", vm, False, False)
    refusal = xen.refusal("VM.migrate_send", vm, dest, True, disks, networks, {"copy": "true"})
    assert refusal == ["VM_BAD_POWER_STATE", vm, "halted", "running"]


def test_maps_are_whole(xen: Any, there: Xen, dest: dict[str, str]) -> None:
    """Each disk has a repository, each interface a network, which the other pool must have."""
    vm = xen.find("VM", "web02")
    disks, networks = maps(xen, vm, there)
    stranger = dict.fromkeys(disks, "OpaqueRef:gone")

    def refusal(disks: dict[str, str], networks: dict[str, str]) -> list[str]:
        return list(xen.refusal("VM.migrate_send", vm, dest, False, disks, networks, {}))

    assert refusal({}, networks) == ["VDI_NOT_IN_MAP", *disks]
    assert refusal(disks, {}) == ["VIF_NOT_IN_MAP", *networks]
    assert refusal(stranger, networks) == ["HANDLE_INVALID", "SR", "OpaqueRef:gone"]
    assert xen("VM.get_power_state", vm) == "Halted"


def test_the_other_pool_decides(xen: Any, there: Xen, dest: dict[str, str]) -> None:
    """A host that is disabled takes no VM; nor does who has no session."""
    vm = xen.find("VM", "web02")
    disks, networks = maps(xen, vm, there)
    there("host.disable", dest["host"])

    refused = xen.refusal("VM.migrate_send", vm, dest, False, disks, networks, {})
    assert refused == ["HOST_DISABLED", dest["host"]]
    there("session.logout")
    stranger = {**dest, "session_id": "OpaqueRef:none"}
    refused = xen.refusal("VM.migrate_send", vm, stranger, False, disks, networks, {})
    assert refused[0] == "CANNOT_CONTACT_HOST"


def test_a_vm_is_handed_out_as_a_file_to_who_has_a_session(xen: Any) -> None:
    """A running VM is not."""
    uuid = xen("VM.get_uuid", xen.find("VM", "web02"))
    running = xen("VM.get_uuid", xen.find("VM", "web01"))

    def status(query: str) -> int:
        return ask(xen.wire.url, "GET", f"/export?{query}").status

    assert status(f"uuid={uuid}&session_id={xen.session}") == 200
    stranger = ask(xen.wire.url, "GET", f"/export?uuid={uuid}")
    assert (stranger.status, stranger.headers["www-authenticate"]) == (
        *(401, 'Basic realm="VM.export"'),
    )
    assert status(f"uuid={running}&session_id={xen.session}") == 500
    assert status(f"uuid=none&session_id={xen.session}") == 500
