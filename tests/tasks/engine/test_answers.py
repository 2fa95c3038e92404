"""Answers: what was found is bounded, and says where it goes on."""

from pydantic import JsonValue

from tasks.engine.declaration import answers


def _records(count: int, *, size: int) -> list[dict[str, JsonValue]]:
    return [{"uuid": f"u-{number:06}", "text": "x" * size} for number in range(count)]


def test_what_an_answer_holds_is_answered_whole() -> None:
    reply = answers.found(_records(5_000, size=500), "VM")

    assert (reply.count, reply.after, reply.return_result) == (5_000, None, "5000 VMs")


def test_more_than_an_answer_holds_is_answered_in_pages() -> None:
    """The first page says so, and where the next one begins."""
    reply = answers.found(_records(5_000, size=2_600), "VM")

    assert 1_000 < reply.count < 2_000
    assert len(reply.model_dump_json()) <= answers.LARGEST * 1.05
    assert reply.after == reply.records[-1]["uuid"] == f"u-{reply.count - 1:06}"
    assert reply.return_result.startswith(f"the first {reply.count} of 5000 VMs")
    assert f"go on with after={reply.after}" in reply.return_result


def test_one_record_is_always_answered_with() -> None:
    """Nobody could read it otherwise."""
    reply = answers.found(_records(2, size=answers.LARGEST), "VM")

    assert reply.count == 1


def test_a_page_that_was_asked_for_says_where_the_next_begins() -> None:
    full = answers.found(_records(3, size=1), "VM", 3)
    last = answers.found(_records(2, size=1), "VM", 3)

    assert (full.after, last.after) == ("u-000002", None)


def test_a_value_that_is_larger_than_an_answer_says_so() -> None:
    """It would lie in Redis, and in the message of the next step."""
    reply = answers.returned(["x" * 1024] * 5_000)

    assert reply.value is None
    assert reply.return_result == "XenServer's answer is too large: 5140000 characters"
