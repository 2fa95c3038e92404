"""The power of VMs: what each verb brings about, and what it says when it may not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.engine.declaration.operation import Operation
from tasks.vm import migration, pausing, power
from tests.tasks.harness import Harness
from xenserver import errors


def test_start_boots_a_halted_vm(harness: Harness) -> None:
    """It runs on some host, and the answer says which VM."""
    answer = harness.do(power.start, vm="web02")

    assert harness.state("web02") == "Running"
    assert answer == {
        "return_result": "VM started",
        "uuid": harness.uuid("VM", "web02"),
        "name_label": "web02",
        "power_state": "Running",
    }


def test_start_leaves_a_vm_paused_on_request(harness: Harness) -> None:
    """Its domain is there, and does not run."""
    answer = harness.do(power.start, vm="web02", paused=True)

    assert harness.state("web02") == "Paused"
    assert answer["power_state"] == "Paused"


def test_start_takes_the_host_that_is_given(harness: Harness) -> None:
    harness.do(power.start, vm="web02", host="xs3")

    assert harness.record("VM", "web02")["resident_on"] == harness.ref("host", "xs3")


def test_start_refuses_a_running_vm(harness: Harness) -> None:
    with pytest.raises(errors.Refused) as refused:
        harness.do(power.start, vm="web01")

    assert refused.value.code == "VM_BAD_POWER_STATE"
    assert refused.value.params == [harness.ref("VM", "web01"), "halted", "running"]
    assert "is running; it must be halted" in refused.value.message
    assert "; ensure=true accepts that (VM_BAD_POWER_STATE)" in refused.value.message


def test_ensure_is_no_remedy_for_another_state(harness: Harness) -> None:
    """A suspended VM is not running, and is not started by asking for it."""
    harness.do(pausing.suspend, vm="web01")

    with pytest.raises(errors.Refused) as refused:
        harness.do(power.start, vm="web01")
    assert "ensure" not in refused.value.message


@pytest.mark.parametrize(
    ("verb", "vm", "words", "state"),
    [
        (power.start, "web01", "VM already running", "Running"),
        (power.shutdown, "web02", "VM already halted", "Halted"),
        (pausing.suspend, "batch01", "VM already suspended", "Suspended"),
        (pausing.resume, "web01", "VM already running", "Running"),
        (pausing.unpause, "web01", "VM already running", "Running"),
    ],
)
def test_ensure_makes_being_there_already_a_success(
    harness: Harness, verb: object, vm: str, words: str, state: str
) -> None:
    """The answer says that nothing was done."""
    answer = harness.do(verb, vm=vm, ensure=True)  # type: ignore[arg-type]  # an operation of the table

    assert answer["return_result"] == words
    assert answer["power_state"] == state
    assert harness.state(vm) == state


def test_ensure_counts_a_paused_vm_as_paused(harness: Harness) -> None:
    """Pausing it once more is no mistake then."""
    harness.see("VM.pause", harness.ref("VM", "web01"))

    assert (
        harness.do(pausing.pause, vm="web01", ensure=True)["return_result"] == "VM already paused"
    )


@pytest.mark.parametrize(
    ("verb", "vm", "fields", "params"),
    [
        (power.start, "web02", {}, [False, False]),
        (power.start, "web02", {"paused": True, "force": True}, [True, True]),
        (power.start, "web02", {"host": "xs2", "force": True}, ["xs2", False, True]),
        (pausing.resume, "batch01", {}, [False, False]),
        (pausing.resume, "batch01", {"paused": True, "force": True}, [True, True]),
        (pausing.resume, "batch01", {"host": "xs2", "force": True}, ["xs2", False, True]),
        (migration.migrate, "web01", {"host": "xs2"}, ["xs2", {"live": "true", "force": "false"}]),
        (
            migration.migrate,
            "web01",
            {"host": "xs2", "live": False, "force": True},
            ["xs2", {"live": "false", "force": "true"}],
        ),
        (migration.migrate, "web02", {"host": "xs2", "force": True}, ["xs2", False, True]),
        (migration.migrate, "batch01", {"host": "xs2", "force": True}, ["xs2", False, True]),
    ],
)
def test_what_is_said_reaches_xenserver(
    harness: Harness, verb: Operation, vm: str, fields: dict[str, object], params: list[object]
) -> None:
    machine = harness.ref("VM", vm)

    harness.do(verb, vm=vm, **fields)

    text = harness.pool.do("journal")["effects"][-1]["params"]
    there = harness.ref("host", "xs2")
    assert text == [machine, *(there if one == "xs2" else one for one in params)]


def test_ensure_still_refuses_what_is_in_another_state(harness: Harness) -> None:
    """A suspended VM is not running, and cannot be started."""
    with pytest.raises(errors.Refused, match="is suspended; it must be halted"):
        harness.do(power.start, vm="batch01", ensure=True)


def test_ten_at_once_that_ensure_a_start_all_succeed(harness: Harness) -> None:
    """Nobody looks beforehand, so nobody is overtaken: one starts it, nine hear that it runs."""
    with ThreadPoolExecutor(10) as client:
        answers = list(
            client.map(lambda _: harness.do(power.start, vm="web02", ensure=True), range(10))
        )

    reply = sorted(answer["return_result"] for answer in answers)
    assert reply == ["VM already running"] * 9 + ["VM started"]


def test_shutdown_asks_the_guest(harness: Harness) -> None:
    """A clean one leaves the VM halted."""
    answer = harness.do(power.shutdown, vm="web01")

    assert harness.state("web01") == "Halted"
    assert answer["return_result"] == "Shutdown completed"
    assert "Async.VM.clean_shutdown" in harness.client.heard


def test_shutdown_refuses_a_halted_vm(harness: Harness) -> None:
    """A clean one needs a running VM."""
    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        harness.do(power.shutdown, vm="web02")


def test_shutdown_says_what_helps_where_the_guest_cannot(harness: Harness) -> None:
    """A guest without tools cannot be asked; force cuts its power."""
    with pytest.raises(errors.Refused, match="use force") as refused:
        harness.do(power.shutdown, vm="db01")

    assert refused.value.code == "VM_LACKS_FEATURE"
    harness.do(power.shutdown, vm="db01", force=True)
    assert harness.state("db01") == "Halted"


def test_a_guest_that_cannot_be_asked_falls_back_at_once(harness: Harness) -> None:
    """Not only one that takes too long: without tools, the clean shutdown is refused."""
    answer = harness.do(power.shutdown, vm="db01", fall_back_after="1h")

    assert answer["return_result"] == "Shutdown completed"
    assert harness.state("db01") == "Halted"


@pytest.mark.parametrize(
    "code",
    [
        "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT",
        "VM_LACKS_FEATURE",
        "VM_LACKS_FEATURE_SHUTDOWN",
        "VM_MISSING_PV_DRIVERS",
        "VM_OLD_PV_DRIVERS",
        "VM_SHUTDOWN_TIMEOUT",
    ],
)
def test_a_guest_that_refuses_or_does_not_answer_falls_back(harness: Harness, code: str) -> None:
    fault = {"what": "refuse", "method": "Async.VM.clean_shutdown", "code": code}
    harness.pool.do("fault", **fault, params=[harness.ref("VM", "web01")])

    harness.do(power.shutdown, vm="web01", fall_back_after="1h")

    assert harness.state("web01") == "Halted"


def test_a_guest_that_does_not_acknowledge_falls_back(harness: Harness) -> None:
    harness.pool.do("guest", vm="web01", shutdown="unacknowledged")

    harness.do(power.shutdown, vm="web01", fall_back_after="1h")

    assert harness.state("web01") == "Halted"


def test_what_is_no_fault_of_the_guest_does_not_cut_the_power(harness: Harness) -> None:
    """A paused VM, or one that nobody may shut down, stays as it is."""
    harness.see("VM.pause", harness.ref("VM", "web01"))

    with pytest.raises(errors.Refused, match="VM_BAD_POWER_STATE"):
        harness.do(power.shutdown, vm="web01", fall_back_after="1h")
    assert harness.state("web01") == "Paused"


def test_a_forced_shutdown_ends_a_suspended_vm(harness: Harness) -> None:
    """Its memory is thrown away."""
    harness.do(power.shutdown, vm="batch01", force=True)

    assert harness.state("batch01") == "Halted"


def test_reboot_keeps_a_vm_running(harness: Harness) -> None:
    """It is another domain afterwards."""
    before = harness.record("VM", "web01")["domid"]

    answer = harness.do(power.reboot, vm="web01")

    assert answer["return_result"] == "Reboot completed"
    assert harness.state("web01") == "Running"
    assert harness.record("VM", "web01")["domid"] != before


def test_a_forced_reboot_needs_no_guest_tools(harness: Harness) -> None:
    harness.do(power.reboot, vm="db01", force=True)

    assert harness.state("db01") == "Running"


def test_reboot_refuses_a_halted_vm(harness: Harness) -> None:
    """There is nothing to reboot."""
    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        harness.do(power.reboot, vm="web02")


def test_pause_and_unpause_stop_a_vm_and_let_it_go(harness: Harness) -> None:
    """It keeps its host meanwhile."""
    paused = harness.do(pausing.pause, vm="web01")
    seen = harness.state("web01")
    unpaused = harness.do(pausing.unpause, vm="web01")

    assert (paused["return_result"], seen) == ("VM paused", "Paused")
    assert (unpaused["return_result"], harness.state("web01")) == ("VM unpaused", "Running")


def test_pause_refuses_a_halted_vm(harness: Harness) -> None:
    """Only what runs can be paused."""
    with pytest.raises(errors.Refused, match="is halted; it must be running"):
        harness.do(pausing.pause, vm="web02")


def test_suspend_and_resume_carry_a_vm_over(harness: Harness) -> None:
    """Its memory lies on disk in between."""
    suspended = harness.do(pausing.suspend, vm="web01")
    seen = harness.state("web01")
    resumed = harness.do(pausing.resume, vm="web01")

    assert (suspended["return_result"], seen) == ("VM suspended", "Suspended")
    assert (resumed["return_result"], harness.state("web01")) == ("VM resumed", "Running")


def test_resume_takes_the_host_that_is_given(harness: Harness) -> None:
    harness.do(pausing.resume, vm="batch01", host="xs2", paused=True)

    assert harness.record("VM", "batch01")["resident_on"] == harness.ref("host", "xs2")
    assert harness.state("batch01") == "Paused"


def test_resume_refuses_a_halted_vm(harness: Harness) -> None:
    """There is no memory to go on from."""
    with pytest.raises(errors.Refused, match="is halted; it must be suspended"):
        harness.do(pausing.resume, vm="web02")


@pytest.mark.parametrize(
    ("vm", "call"),
    [
        ("web01", "Async.VM.pool_migrate"),
        ("web02", "Async.VM.start_on"),
        ("batch01", "Async.VM.resume_on"),
    ],
)
def test_migrate_brings_a_vm_to_a_host_from_any_state(harness: Harness, vm: str, call: str) -> None:
    """Running it moves, halted it starts there, suspended it resumes there."""
    answer = harness.do(migration.migrate, vm=vm, host="xs2")

    assert answer["return_result"] == "VM migrated"
    assert harness.state(vm) == "Running"
    assert harness.record("VM", vm)["resident_on"] == harness.ref("host", "xs2")
    assert call in harness.client.heard


def test_migrate_refuses_a_paused_vm(harness: Harness) -> None:
    """XenServer moves what runs."""
    harness.see("VM.pause", harness.ref("VM", "web01"))

    with pytest.raises(errors.Refused, match="is paused; it must be running"):
        harness.do(migration.migrate, vm="web01", host="xs2")


def test_migrate_leaves_a_vm_where_it_is_when_that_is_enough(harness: Harness) -> None:
    """With `ensure`, nothing is moved to the host it is on."""
    answer = harness.do(migration.migrate, vm="web01", host="xs1", ensure=True)

    assert answer["return_result"] == "VM already on xs1"
    assert "Async.VM.pool_migrate" not in harness.client.heard


@pytest.mark.parametrize(
    ("operation", "vm", "blocked", "state"),
    [
        (power.start, "web01", "start", "Running"),
        (power.shutdown, "web02", "clean_shutdown", "Halted"),
        (pausing.suspend, "batch01", "suspend", "Suspended"),
        (pausing.resume, "web01", "resume", "Running"),
    ],
)
def test_what_is_so_already_need_not_be_allowed(
    harness: Harness, operation: Operation, vm: str, blocked: str, state: str
) -> None:
    """XenServer refuses what a VM blocks before it looks at its state."""
    harness.see("VM.add_to_blocked_operations", harness.ref("VM", vm), blocked, "audit")

    answer = harness.do(operation, vm=vm, ensure=True)

    assert answer["return_result"] == f"VM already {state.lower()}"
    with pytest.raises(errors.Refused, match="OPERATION_BLOCKED"):
        harness.do(operation, vm=vm)


def test_what_is_blocked_and_not_so_is_refused(harness: Harness) -> None:
    """It is refused with `ensure` too."""
    harness.see("VM.add_to_blocked_operations", harness.ref("VM", "web02"), "start", "audit")

    with pytest.raises(errors.Refused, match="OPERATION_BLOCKED"):
        harness.do(power.start, vm="web02", ensure=True)
