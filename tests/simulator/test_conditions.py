"""Conditions that last: storage that fails, hosts that die, callers over budget."""

import http.client
import json
from typing import Any

import pytest

NFS = "NFS virtual disk storage"
UNAVAILABLE = "SR_BACKEND_FAILURE_47"


class TestStorage:
    """Repositories that fill, fail, or are lost to their hosts."""

    def test_a_full_repository_takes_no_disk(
        self, xen: Any, control: Any, disk_record: Any
    ) -> None:
        assert control("storage", sr=NFS, free="1 GiB") == {"free": 1 << 30}
        too_large, fits = (disk_record(virtual_size=size << 20) for size in (1026, 1024))

        assert xen.refusal("VDI.create", too_large)[0] == "SR_BACKEND_FAILURE_44"
        assert xen("VDI.create", fits)

    def test_a_failing_back_end_fails_what_needs_it(
        self, xen: Any, control: Any, disk_record: Any, halted: str, running: str
    ) -> None:
        """Disks, starts, plugs and scans; afterwards all works again."""
        control("storage", sr=NFS, failing=True)
        (vbd,) = xen("VM.get_VBDs", halted)
        disk = xen("VBD.get_VDI", vbd)

        for call in (
            ("VDI.create", disk_record()),
            ("VDI.snapshot", disk),
            ("VDI.destroy", disk),
            ("SR.scan", xen.find("SR", NFS)),
            ("VM.start", halted, False, False),
            ("VM.clone", halted, "twin"),
        ):
            assert xen.refusal(*call)[0] == UNAVAILABLE
        assert xen("VM.hard_shutdown", running) == ""
        assert xen("VM.get_by_name_label", "twin") == []

        control("storage", sr=NFS, failing=False)
        assert xen("VM.start", halted, False, False) == ""

    def test_a_copy_reads_from_the_failing_back_end(
        self, xen: Any, control: Any, halted: str
    ) -> None:
        control("storage", sr=NFS, failing=True)
        local = xen.find("SR", "Local storage xs1")

        assert xen.refusal("VM.copy", halted, "twin", local)[0] == UNAVAILABLE

    def test_a_repository_may_be_lost_to_all_hosts(
        self, xen: Any, control: Any, halted: str, disk_record: Any
    ) -> None:
        """Then it has no plugs."""
        control("storage", sr=NFS, plugged=False)

        sr = xen.find("SR", NFS)
        assert xen.refusal("VDI.create", disk_record()) == ["SR_HAS_NO_PBDS", sr]
        assert xen.refusal("VM.start", halted, False, False) == ["NO_HOSTS_AVAILABLE"]

    @pytest.mark.parametrize("method", ["VM.hard_shutdown", "VM.clean_shutdown"])
    def test_a_disk_stays_in_use_after_a_shutdown(
        self, xen: Any, control: Any, running: str, held: Any, method: str
    ) -> None:
        control("detach", seconds=30)
        disk = xen("VBD.get_VDI", xen("VM.get_VBDs", running)[0])
        task = xen(f"Async.{method}", running)
        held(6)
        assert xen("task.get_status", task) == "success"

        assert xen.refusal("VDI.destroy", disk) == ["VDI_IN_USE", disk, "destroy"]
        assert "destroy" not in xen("VDI.get_allowed_operations", disk)
        assert xen.refusal("VM.start", running, False, False) == ["VDI_IN_USE", disk]
        held(30)
        assert "destroy" in xen("VDI.get_allowed_operations", disk)
        task = xen("Async.VDI.destroy", disk)
        held(2)
        assert xen("task.get_status", task) == "success"

    def test_a_disk_stays_in_use_after_an_unplug(
        self, xen: Any, control: Any, running: str, held: Any
    ) -> None:
        control("detach", seconds=30)
        (vbd,) = xen("VM.get_VBDs", running)
        disk = xen("VBD.get_VDI", vbd)
        xen("Async.VBD.unplug", vbd)
        held(2)

        assert xen("VBD.get_currently_attached", vbd) is False
        assert xen.refusal("VDI.destroy", disk) == ["VDI_IN_USE", disk, "destroy"]


class TestHosts:
    """Hosts that are disabled, die and come back."""

    @pytest.fixture
    def member(self, xen: Any, running: str) -> str:
        """Return a member that runs a VM of its own and one that moved there."""
        host = str(xen.find("host", "xs2"))
        xen("VM.pool_migrate", running, host, {})
        return host

    def test_a_host_is_disabled_and_enabled(self, xen: Any, control: Any) -> None:
        host = xen.find("host", "xs2")

        control("host", host="xs2", state="disabled")
        assert xen("host.get_enabled", host) is False
        control("host", host=xen("host.get_uuid", host), state="enabled")
        assert xen("host.get_enabled", host) is True

    def test_a_dead_host_answers_nothing(
        self, xen: Any, control: Any, member: str, running: str
    ) -> None:
        """Its VMs show as running; what is asked of them fails."""
        control("host", host="xs2", state="dead")

        assert xen("VM.get_power_state", running) == "Running"
        assert xen.refusal("VM.clean_shutdown", running) == ["HOST_OFFLINE", member]
        (vbd,) = xen("VM.get_VBDs", running)
        assert xen.refusal("VBD.unplug", vbd) == ["HOST_OFFLINE", member]
        assert xen("VM.power_state_reset", running) == ""
        assert xen("VM.get_power_state", running) == "Halted"

    def test_operations_of_a_dying_host_fail(
        self, xen: Any, control: Any, member: str, running: str, held: Any
    ) -> None:
        """Those that cannot be cancelled too; no image of a suspend stays behind."""
        disks = set(xen("VDI.get_all"))
        tasks = [xen("Async.VM.suspend", running), xen("Async.VM.pause", xen.find("VM", "db01"))]
        assert xen("task.get_resident_on", tasks[0]) == member

        control("host", host="xs2", state="dead")
        held(0.1)

        for task in tasks:
            assert xen("task.get_error_info", task) == ["CANNOT_CONTACT_HOST", member]
        assert set(xen("VDI.get_all")) == disks
        assert xen("VM.get_current_operations", running) == {}

    def test_a_host_comes_back_without_its_vms(
        self, xen: Any, control: Any, member: str, running: str
    ) -> None:
        """They are halted then and can be started."""
        control("host", host="xs2", state="dead")
        control("host", host="xs2", state="alive")

        assert xen("VM.get_power_state", running) == "Halted"
        assert xen("host.get_enabled", member) is True
        assert xen("VM.start_on", running, member, False, False) == ""

    def test_high_availability_restarts_protected_vms(
        self, xen: Any, control: Any, member: str, running: str, held: Any
    ) -> None:
        """On other hosts, a while after the death; the others are halted."""
        control("ha", enabled=True)
        xen("VM.set_ha_restart_priority", running, "restart")
        control("host", host="xs2", state="dead")
        held(30)
        assert xen("VM.get_resident_on", running) == member

        held(31)

        assert xen("VM.get_power_state", running) == "Running"
        assert xen("VM.get_resident_on", running) != member
        assert xen("VM.get_power_state", xen.find("VM", "db01")) == "Halted"

    def test_a_vm_that_waits_for_its_restart_is_protected(
        self, xen: Any, control: Any, member: str, running: str, held: Any
    ) -> None:
        """No host has room for it, so it is halted, but it is to run always."""
        control("ha", enabled=True)
        xen("VM.set_ha_restart_priority", running, "restart")
        for host in ("xs1", "xs3"):
            control("host", host=host, state="disabled")
        control("host", host="xs2", state="dead")
        assert member

        held(61)

        assert xen("VM.get_power_state", running) == "Halted"
        assert xen("VM.get_ha_always_run", running) is True
        assert xen.refusal("VM.set_is_a_template", running, True) == ["VM_IS_PROTECTED", running]

    def test_a_vm_that_is_shut_down_is_not_restarted(
        self, xen: Any, control: Any, running: str
    ) -> None:
        """It was protected from its start."""
        control("ha", enabled=True)
        xen("VM.set_ha_restart_priority", running, "restart")
        assert xen("VM.get_ha_always_run", running) is True

        xen("VM.hard_shutdown", running)

        assert xen("VM.get_ha_always_run", running) is False
        xen("VM.start", running, False, False)
        assert xen("VM.get_ha_always_run", running) is True

    def test_an_overcommitted_pool_starts_no_protected_vm(
        self, xen: Any, control: Any, halted: str
    ) -> None:
        """Others start; no host may be disabled."""
        control("ha", enabled=True, overcommitted=True)
        broken = ["HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN"]
        assert xen.refusal("host.disable", xen.find("host", "xs2")) == broken
        xen("VM.set_ha_restart_priority", halted, "restart")
        assert xen.refusal("VM.start", halted, False, False) == broken

        xen("VM.set_ha_restart_priority", halted, "")
        assert xen("VM.start", halted, False, False) == ""

    def test_a_restarted_member_loses_its_tasks(
        self, xen: Any, control: Any, member: str, running: str, held: Any
    ) -> None:
        """They vanish at once, and nothing shows as under way."""
        task = xen("Async.VM.clean_reboot", running)
        assert xen("task.get_resident_on", task) == member

        control("restart_member", host="xs2")

        assert xen.refusal("task.get_status", task) == ["HANDLE_INVALID", "task", task]
        assert xen("VM.get_current_operations", running) == {}
        before = xen("VM.get_domid", running)
        held(60)
        assert xen("VM.get_domid", running) == before

    def test_operations_of_a_restarted_member_may_finish(
        self, xen: Any, control: Any, member: str, running: str, held: Any
    ) -> None:
        assert member
        before = xen("VM.get_domid", running)
        xen("Async.VM.clean_reboot", running)

        control("restart_member", host="xs2", finish=True)
        held(60)

        assert xen("VM.get_domid", running) != before


def test_clear_ends_what_disturbs_calls(xen: Any, control: Any, halted: str) -> None:
    control("storage", sr=NFS, failing=True)
    control("meter", burst=1, rate=0.000001)
    control("fault", what="refuse", count=-1)

    control("clear")

    assert xen("VM.start", halted, False, False) == ""


def test_a_live_host_cannot_come_back(xen: Any, control: Any, running: str) -> None:
    """Its VMs run on."""
    control("host", host="xs1", state="alive")

    assert xen("VM.get_power_state", running) == "Running"


class TestMetering:
    """Callers over budget."""

    def test_a_call_over_budget_comes_late(
        self, xen: Any, control: Any, halted: str, held: Any
    ) -> None:
        """The task reference comes at once, the work begins when the tokens are there."""
        control("meter", originator="tests", user_agent="greedy/*", burst=10, rate=1)
        greedy = {"User-Agent": "greedy/1.0"}
        task = xen("Async.VM.start", halted, False, False, headers=greedy)
        held(5)
        assert xen("task.get_status", task) == "pending"
        assert xen("VM.get_current_operations", halted) == {}

        held(60)

        assert xen("task.get_status", task) == "success"

    def test_others_are_not_metered(self, xen: Any, control: Any, halted: str) -> None:
        """A budget is for those whose names match."""
        control("meter", originator="somebody else", burst=1, rate=0.000001)
        control("meter", user="reader", burst=1, rate=0.000001)
        control("meter", user_agent="curl/*", burst=1, rate=0.000001)

        assert xen("VM.start", halted, False, False) == ""

    def test_a_budget_ends_with_clear(self, xen: Any, control: Any, halted: str) -> None:
        control("meter", burst=1, rate=0.000001)
        control("clear")

        assert xen("VM.start", halted, False, False) == ""


@pytest.mark.parametrize(
    ("order", "reported"),
    [
        ({"do": "storage", "sr": "none"}, 'named "none"'),
        ({"do": "storage", "sr": NFS, "free": "much"}, "free: "),
        ({"do": "storage", "free": 1}, "sr: "),
        ({"do": "host", "host": "xs1", "state": "dead"}, "coordinator"),
        ({"do": "host", "host": "xs9", "state": "dead"}, "xs9"),
        ({"do": "host", "host": "xs2", "state": "tired"}, "state: "),
        ({"do": "restart_member", "host": "xs1"}, "coordinator"),
        ({"do": "meter", "burst": 0, "rate": 1}, "burst: "),
        ({"do": "detach", "seconds": -1}, "seconds: "),
        ({"do": "advance", "seconds": -1}, "seconds: "),
        ({"do": "advance", "seconds": 1e300}, "seconds: "),
        ({"do": "advance"}, "seconds: "),
        ({"do": "durations", "set": {"VM.start": "long"}}, "set.VM.start: "),
        ({"do": "journal", "after": []}, "after: "),
        ({"do": "restart_toolstack", "finish": "perhaps"}, "finish: "),
        ({"do": "move_coordinator", "to": "10.0.0.1"}, "10.0.0.1"),
        ({"do": ["hold"]}, "`do`"),
        ({"do": "hold", "x": 1}, "x"),
        ({"do": "limits", "waiting": "few"}, "waiting: "),
        ({"do": "fault", "what": "sneeze"}, "what: "),
        ({"do": "fault", "what": "stall", "when": "never"}, "when: "),
    ],
)
def test_a_wrong_condition_is_reported(http_request: Any, order: Any, reported: str) -> None:
    http_answer = http_request("POST", "/control", json.dumps(order).encode())

    assert http_answer.status == http.client.BAD_REQUEST
    assert reported in json.loads(http_answer.body)["error"]
