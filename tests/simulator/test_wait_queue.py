"""How calls wait for what others hold, and for how long."""

from typing import Any

LIMIT = 100


def test_a_call_that_waits_is_pending_and_can_be_cancelled(
    xen: Any, halted: str, held: Any
) -> None:
    """It does not show on the object; the one it waited for goes on."""
    first = xen("Async.VM.start", halted, False, False)
    second = xen("Async.VM.clone", halted, "twin")
    record = xen("task.get_record", second)
    assert (record["status"], record["allowed_operations"]) == ("pending", ["cancel"])
    assert list(xen("VM.get_current_operations", halted)) == [first]

    xen("task.cancel", second)
    held(10)

    assert xen("task.get_status", second) == "cancelled"
    assert xen("task.get_status", first) == "success"


def test_who_waits_gets_through_in_turn(xen: Any, held: Any) -> None:
    """A cancelled one in the middle does not stop those behind it."""
    sr = xen.find("SR", "NFS virtual disk storage")
    disk = next(d for d in xen("SR.get_VDIs", sr) if xen("VDI.get_type", d) != "suspend")
    tasks = [xen("Async.VDI.snapshot", disk) for _ in range(5)]
    xen("task.cancel", tasks[2])

    held(10)

    ends = [xen("task.get_status", task) for task in tasks]
    assert ends == ["success", "success", "cancelled", "success", "success"]


def test_a_second_destroy_finds_nothing(xen: Any, halted: str, held: Any) -> None:
    tasks = [xen("Async.VM.destroy", halted) for _ in range(2)]

    held(10)

    assert xen("task.get_status", tasks[0]) == "success"
    assert xen("task.get_error_info", tasks[1]) == ["HANDLE_INVALID", "VM", halted]


def test_not_more_than_a_hundred_calls_wait(xen: Any, halted: str, held: Any) -> None:
    """The next is refused; when the line is gone, calls may wait again."""
    xen("Async.VM.start", halted, False, False)
    waiting = [xen("Async.VM.destroy", halted) for _ in range(LIMIT)]

    one_more = xen("Async.VM.destroy", halted)

    assert xen("task.get_error_info", one_more) == ["TOO_MANY_PENDING_TASKS"]
    held(10)
    assert {xen("task.get_status", task) for task in waiting} == {"failure"}


def test_a_wait_ends_after_two_hours(xen: Any, running: str, held: Any, control: Any) -> None:
    """Then the caller hears what stood in its way."""
    control("durations", set={"VM.suspend": 10000})
    suspend = xen("Async.VM.suspend", running)
    clone = xen("Async.VM.pause", running)

    held(7300)

    refusal = xen("task.get_error_info", clone)
    assert refusal == ["OTHER_OPERATION_IN_PROGRESS", "VM", running, "suspend", suspend]
    held(10000)


def test_disks_of_many_clones_count_towards_the_limit(xen: Any, halted: str, held: Any) -> None:
    """A repository clones one disk at a time; of more, all but the first may not even wait."""
    tasks = [xen("Async.VM.clone", halted, f"twin {number}") for number in range(LIMIT + 20)]

    held(60)

    ends = [xen("task.get_record", task) for task in tasks]
    assert [end["status"] for end in ends].count("success") == LIMIT + 1
    refused = [end["error_info"] for end in ends if end["status"] == "failure"]
    assert refused == [["TOO_MANY_PENDING_TASKS"]] * 19
    assert len(xen("VM.get_by_name_label", "twin 0")) == 1


def test_the_limit_can_be_set(xen: Any, halted: str, held: Any, control: Any) -> None:
    """Lower, to meet it with a few calls; the others stay."""
    before = control("limits")
    assert control("limits", waiting=1) == {**before, "waiting": 1}
    tasks = [xen("Async.VM.clone", halted, f"twin {number}") for number in range(3)]

    held(60)

    assert [xen("task.get_status", task) for task in tasks] == ["success", "success", "failure"]


def test_who_waits_for_a_disk_looks_again_when_its_drive_is_done(
    xen: Any, running: str, halted: str, drive_record: Any, held: Any
) -> None:
    """At once: by then the disk is attached."""
    disk = xen("VBD.get_VDI", xen("VM.get_VBDs", halted)[0])
    plug = xen("Async.VBD.plug", xen("VBD.create", drive_record(running, VDI=disk)))
    destroy = xen("Async.VDI.destroy", disk)
    assert xen("task.get_status", destroy) == "pending"

    held(1.5)

    assert xen("task.get_status", plug) == "success"
    assert xen("task.get_error_info", destroy) == ["VDI_IN_USE", disk, "destroy"]
