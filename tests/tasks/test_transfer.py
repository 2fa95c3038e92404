"""VMs in files: XenServer fetches them itself, and sends them to nobody."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulator import bundles
from tasks.vm import transfer
from tests.canvases.interference import refused
from tests.stack import StackHarness
from tests.tasks import files
from tests.tasks.fixtures import LOCAL, Maker, fresh
from tests.tasks.harness import Harness
from xenserver import errors


def test_an_import_makes_the_vm_of_the_file(harness: Harness, maker: Maker) -> None:
    """A copy of it, with its disk where it was asked for."""
    answer = harness.do(transfer.import_from_url, url=files.xva(maker), sr=LOCAL)

    machine = maker.record("VM", answer["uuid"])
    assert (answer["name_label"], answer["vms"]) == ("imported", [answer["uuid"]])
    assert machine["uuid"] != files.bundle(maker)["VM"]["uuid"]
    [drive] = [harness.see("VBD.get_record", ref) for ref in machine["VBDs"]]
    disk = harness.see("VDI.get_record", drive["VDI"])
    assert (disk["name_label"], disk["SR"]) == (
        "imported disk",
        maker.ref("SR", maker.named("SR", LOCAL)),
    )
    [port] = [harness.see("VIF.get_record", ref) for ref in machine["VIFs"]]
    assert port["network"] == maker.ref("network", maker.named("network", "lab"))


def test_a_full_restore_is_the_same_vm(harness: Harness, maker: Maker) -> None:
    """Which there is once: a second one is refused."""
    url, there = files.xva(maker), files.bundle(maker)

    answer = harness.do(transfer.import_from_url, url=url, full_restore=True)

    assert answer["uuid"] == there["VM"]["uuid"]
    [port] = maker.record("VM", answer["uuid"])["VIFs"]
    assert harness.see("VIF.get_MAC", port) == there["interfaces"][0]["device"]["MAC"]
    with pytest.raises(errors.Refused) as caught:
        harness.do(transfer.import_from_url, url=url, full_restore=True)
    assert caught.value.code == "DUPLICATE_VM"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ftp://files/vm.xva", "is not an http or https URL"),
        ("vm.xva", "is not an http or https URL"),
        ("https:///vm.xva", "is not an http or https URL"),
        ("https://root:secret@files/vm.xva", "has an account in it"),
        ("https://xs1/export?uuid=1&session_id=OpaqueRef:1", "has the secret session_id in it"),
        ("https://files/vm.xva?X-Amz-Signature=1", "has the secret X-Amz-Signature in it"),
    ],
)
def test_a_url_with_a_secret_is_refused(harness: Harness, url: str, problem: str) -> None:
    """One that XenServer could not fetch is refused too; what is secret is not repeated."""
    with pytest.raises(errors.Refused, match=problem) as caught:
        harness.do(transfer.import_from_url, url=url)

    assert "root:secret" not in caught.value.message
    assert "OpaqueRef:1" not in caught.value.message


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (lambda _: "http://127.0.0.1:1/vm.xva", "IMPORT_ERROR_GENERIC"),
        (lambda _: files.serve(b"") + "/missing", "IMPORT_ERROR_GENERIC"),
        (lambda _: files.serve(b"no archive"), "IMPORT_ERROR_GENERIC"),
    ],
)
def test_a_file_that_cannot_be_had_is_refused(
    harness: Harness, maker: Maker, url: Callable[[Maker], str], code: str
) -> None:
    before = harness.all("VM")

    with pytest.raises(errors.Refused) as caught:
        harness.do(transfer.import_from_url, url=url(maker))

    assert caught.value.code == code
    assert harness.all("VM") == before


def test_an_export_is_fetched_with_an_account_of_the_client(harness: Harness, maker: Maker) -> None:
    """The URL has no secret; XenServer asks for one."""
    answer = harness.do(transfer.export_url, vm="web02")
    parts = urlsplit(answer["url"])
    here = urlsplit(harness.pool.url).netloc  # the pool's own address is no address of a test
    request = urllib.request.Request(f"http://{here}{parts.path}?{parts.query}")

    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(request)
    account = base64.b64encode(b"root:xenflow").decode()
    request.add_header("Authorization", f"Basic {account}")
    with urllib.request.urlopen(request) as file:
        exported = bundles.read(file.read())

    assert exported["VM"]["uuid"] == harness.uuid("VM", "web02")
    assert "session" not in json.dumps(answer)
    imported = harness.do(transfer.import_from_url, url=files.serve(bundles.write(exported)))
    disks = [_disks(harness, uuid) for uuid in (answer["uuid"], imported["uuid"])]
    assert disks[0] == disks[1]


def _disks(harness: Harness, vm: str) -> list[Any]:
    drives = harness.devices("VBD", vm, type="Disk")
    return [harness.see("VDI.get_name_label", drive["VDI"]) for drive in drives]


def test_an_import_in_a_run_that_fails_is_undone_with_its_disks(stack: StackHarness) -> None:
    """They may not be marked as the VM's own."""
    maker = Maker(stack.xenserver, stack.xenserver.control)
    url, before = files.xva(maker, name=fresh()), stack.xenserver.inventory()

    with (
        refused(stack.xenserver, "VM.set_name_label"),
        pytest.raises(errors.XenflowError, match="undone: VM named"),
    ):
        stack.do("xenserver.vm.import_from_url", url=url, name="named")

    assert stack.xenserver.inventory() == before
