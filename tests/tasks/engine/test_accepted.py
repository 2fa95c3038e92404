"""A caller who does not wait gets the XenServer task."""

import pytest

from tasks.engine.execution.points import calls

RECORD = {
    "uuid": "7ccf0e4d-0000-4000-8000-000000000000",
    "name_label": "Async.VM.start",
    "status": "pending",
    "progress": 0.0,
    "created": "20260824T10:11:12Z",
    "finished": "19700101T00:00:00Z",
}
REFUSED = ["VM_BAD_POWER_STATE", "OpaqueRef:1", "halted", "running"]


@pytest.mark.parametrize(
    ("status", "info", "words"),
    [
        ("pending", [], "XenServer works on it: Async.VM.start"),
        ("success", [], "XenServer has done it already: Async.VM.start"),
        ("failure", REFUSED, "XenServer has refused it already: VM OpaqueRef:1 is running; it"),
        ("failure", [], "XenServer has ended it already, as failure: Async.VM.start"),
        ("cancelled", [], "XenServer has ended it already, as cancelled: Async.VM.start"),
    ],
)
def test_a_task_is_described_as_it_is_now(status: str, info: list[str], words: str) -> None:
    """Some have ended by the time they are read."""
    answer = calls.accepted({**RECORD, "status": status, "error_info": info})

    assert answer.return_result.startswith(words)
    assert answer.task.status == status
