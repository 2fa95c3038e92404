"""Releases: what a server of a certain age knows, and how it answers."""

import http.client
import json
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest

from simulator import datamodel
from simulator.datamodel import releases
from simulator.main import main
from simulator.server import Options

UNKNOWN = "MESSAGE_METHOD_UNKNOWN"


class OldClients:
    """Clients of what servers of any release understand."""

    @pytest.fixture(params=["xml"])
    def wire(self, served: Any, request: pytest.FixtureRequest, make_wire: Any) -> Any:
        """Return a client of the dialect that all of them have."""
        return make_wire(served.url, request.param)

    @pytest.fixture
    def xen(self, wire: Any, threads: Any, make_xen: Any) -> Any:
        """Return a client that gives no originator."""
        return make_xen(wire, threads, originator=None)


class TestOrlando(OldClients):
    """XenServer 5.0, of 2008."""

    @pytest.fixture
    def options(self) -> Options:
        """Start as 5.0."""
        return Options(seed=1, speed=200.0, control=True, release="5.0")

    def test_json_rpc_is_not_there(self, http_request: Any) -> None:
        """Its path serves XML-RPC, as any other."""
        call = {"jsonrpc": "2.0", "id": 1, "method": "system.listMethods", "params": []}
        http_answer = http_request("POST", "/jsonrpc", json.dumps(call).encode())

        assert http_answer.status == http.client.INTERNAL_SERVER_ERROR

    def test_a_login_takes_no_originator(self, wire: Any) -> None:
        login = "session.login_with_password"

        assert wire(login, "root", "xenflow")
        assert wire(login, "root", "xenflow", "1.3")
        assert wire.refusal(login, "root", "xenflow", "1.3", "me") == [
            "MESSAGE_PARAMETER_COUNT_MISMATCH", login, "2", "4",
        ]  # fmt: skip  # a table, read by its columns

    def test_there_is_but_the_superuser(self, wire: Any) -> None:
        refusal = wire.refusal("session.login_with_password", "reader", "xenflow")

        assert refusal[0] == "SESSION_AUTHENTICATION_FAILED"

    @pytest.mark.parametrize(
        "method",
        ["event.from", "VM.checkpoint", "VM.revert", "VM.set_memory",
         "VM.shutdown", "network.get_MTU", "VM.migrate_send", "VM.get_is_default_template",
         "VMSS.get_all", "VIF.move"],
    )  # fmt: skip  # a table, read by its columns
    def test_what_came_later_is_unknown(self, xen: Any, method: str) -> None:
        assert xen.refusal(method, "OpaqueRef:NULL") == [UNKNOWN, method]
        assert xen.refusal(f"Async.{method}", "OpaqueRef:NULL") == [UNKNOWN, method]

    def test_what_came_later_is_not_listed(self, http_request: Any) -> None:
        """What was there then is."""
        body = xmlrpc.client.dumps((), "system.listMethods").encode()
        (names,), _ = xmlrpc.client.loads(http_request("POST", "/", body).body)

        assert isinstance(names, list)
        assert {"VM.start", "event.next"} <= set(names)
        assert not {"event.from", "VM.checkpoint"} & set(names)

    def test_records_have_the_fields_of_their_time(self, xen: Any, halted: str) -> None:
        record = xen("VM.get_record", halted)

        assert "power_state" in record
        assert not {"domain_type", "is_default_template", "NVRAM", "children"} & set(record)
        assert record["HVM_boot_policy"] == ""
        xen("event.register", ["vm"])
        xen("VM.set_name_description", halted, "changed")
        (event,) = xen("event.next")
        assert set(event["snapshot"]) == set(record)

    def test_a_vm_is_made_of_the_fields_of_its_time(self, xen: Any, machine_record: Any) -> None:
        """What came later is ignored as any unknown member is."""
        vm = xen("VM.create", machine_record(domain_type="nonsense"))

        assert xen("VM.get_power_state", vm) == "Halted"

    def test_what_was_removed_later_still_works(self, xen: Any, halted: str) -> None:
        (vbd,) = xen("VM.get_VBDs", halted)

        assert xen("VBD.get_metrics", vbd) == xen("VBD.get_record", vbd)["metrics"]
        assert xen("VBD_metrics.get_record", xen("VBD.get_metrics", vbd))

    def test_fields_that_are_checked_later_can_be_set(self, xen: Any, halted: str) -> None:
        """By the message of any field, before one of the same name looks at the value."""
        for field in ("VCPUs_max", "memory_static_max"):
            value = str(2 * int(xen("VM.get_record", halted)[field]))
            xen(f"VM.set_{field}", halted, value)
            assert xen("VM.get_record", halted)[field] == value

    def test_operations_that_came_later_are_not_allowed(self, xen: Any, halted: str) -> None:
        """They have no name yet."""
        allowed = xen("VM.get_allowed_operations", halted)

        assert "start" in allowed
        assert not {"checkpoint", "migrate_send", "revert"} & set(allowed)

    def test_the_hosts_tell_their_age(self, xen: Any) -> None:
        host = xen("host.get_record", xen.find("host", "xs1"))

        assert host["software_version"]["product_version"] == "5.0.0"
        assert (host["API_version_major"], host["API_version_minor"]) == ("1", "3")

    def test_tasks_run_as_ever(self, xen: Any, halted: str, held: Any) -> None:
        task = xen("Async.VM.start", halted, False, False)
        assert xen("task.get_all_records")[task]["status"] == "pending"

        held(60)

        assert xen("task.get_status", task) == "success"

    def test_a_busy_object_is_reported_in_the_old_form(
        self, xen: Any, halted: str, control: Any
    ) -> None:
        control("fault", what="busy", method="VM.start")

        refusal = xen.refusal("VM.start", halted, False, False)

        assert refusal == ["OTHER_OPERATION_IN_PROGRESS", "VM.start", halted]


class TestXenServer8:
    """The release of 2023 and 2024."""

    @pytest.fixture
    def options(self) -> Options:
        """Start as 8."""
        return Options(seed=1, speed=200.0, control=True, release="8")

    def test_it_has_nearly_everything(self, xen: Any, halted: str) -> None:
        """Both dialects, long polls, tags."""
        assert xen("event.from", ["vm"], "", 0.0)["events"]
        xen("VM.add_tags", halted, "a")
        assert xen("VM.get_record", halted)["tags"] == ["a"]

    def test_the_sweep_leaves_as_many_tasks_as_may_be(
        self, xen: Any, halted: str, control: Any
    ) -> None:
        """The oldest go."""
        tasks = [xen("Async.VM.assert_agile", halted) for _ in range(5)]
        for task in tasks:
            xen.ended(task)

        control("limits", tasks=3)
        control("sweep")

        assert len(xen("task.get_all")) == 3


_NO_DRIVERS = {
    "6.0": ("VM_MISSING_PV_DRIVERS", "VM_MISSING_PV_DRIVERS"),
    "6.2": ("VM_MISSING_PV_DRIVERS", None),
    "6.5": ("VM_LACKS_FEATURE_SHUTDOWN", "VM_LACKS_FEATURE_SUSPEND"),
    "7.1": ("VM_LACKS_FEATURE", "VM_LACKS_FEATURE"),
}
"""Release to the refusals of a clean shutdown and of a suspension."""


@pytest.mark.parametrize("release", _NO_DRIVERS)
class TestOlderRefusals(OldClients):
    """What a release names otherwise than those after it, or refuses where they do not."""

    @pytest.fixture
    def options(self, release: str) -> Options:
        """Start as that release."""
        return Options(seed=1, speed=200.0, control=True, release=release)

    def test_a_guest_without_drivers_is_refused(self, xen: Any, release: str) -> None:
        """The code names the drivers first, then the feature, then neither."""
        silent = xen.find("VM", "db01")
        shutdown, suspension = _NO_DRIVERS[release]

        assert xen.refusal("VM.clean_shutdown", silent) == [shutdown, silent]
        if suspension:
            assert xen.refusal("VM.suspend", silent) == [suspension, silent]
        else:
            xen("VM.suspend", silent)
            assert xen("VM.get_power_state", silent) == "Suspended"

    def test_only_newer_ones_move_a_halted_vm(self, xen: Any, release: str, halted: str) -> None:
        """Older ones do not know of virtual graphics at a migration either."""
        allowed = xen("VM.get_allowed_operations", halted)
        newer = release == "7.1"

        assert ("migrate_send" in allowed) is newer
        if release != "6.0":
            refusal = xen.refusal("VM.migrate_send", halted, {}, True, {}, {}, {}, {})
            assert refusal[0] == "MESSAGE_PARAMETER_COUNT_MISMATCH"


def test_every_origin_of_the_data_model_has_its_place() -> None:
    """Of classes, fields and messages; what is older has less."""
    sizes = [len(datamodel.load(releases.parse(name)).messages) for name in releases.NAMES]

    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] == len(datamodel.load().messages)


@pytest.mark.parametrize("name", ["4", "six", "8.9", "", "1.2.3.x"])
def test_an_unknown_release_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a pool file as on the command line, with those that there are."""
    file = tmp_path / "pool.toml"
    file.write_text(f"release = '{name}'")

    assert main(["--pool", str(file)]) == 2
    reported = capsys.readouterr().err
    assert "release: " in reported
    assert "6.5" in reported


def test_a_version_of_the_toolstack_is_a_release() -> None:
    assert releases.parse("24.3.0").has("24.3.0")
    assert not releases.parse("24.3.0").has("24.10.0")
    assert releases.parse("orlando").name == "5.0"
