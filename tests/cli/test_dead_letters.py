"""`xenflow dead-letters` lists what was put aside, puts it back into its queue, or drops it."""

import json
import uuid
from typing import Any

from tests.cli.conftest import Run
from tests.end_to_end.hostile_messages import FIND, Hostile
from tests.stack import TIMEOUT, StackHarness
from workers.broker.dead_letters import LONGEST, DeadLetters


def put_aside(stack: StackHarness, *items: bytes) -> None:
    """Write messages that no worker can answer, and wait until they are put aside."""
    letters = DeadLetters(stack.redis, stack.runtime.journal.keys.dead_letters)
    letters.drop(letters.letters())
    before = letters.count()
    for item in items:
        stack.redis.lpush("change", item)
    stack.until(lambda: letters.count() == before + len(items), "put aside")


def listed(run: Run, stack: StackHarness, *words: str) -> list[dict[str, Any]]:
    reply = run("dead-letters", *words, "--json", **stack.services.environment)
    assert reply.code == 0, reply.err
    return list(json.loads(reply.out)["letters"])


def test_letters_are_listed_the_newest_first(run: Run, stack: StackHarness) -> None:
    put_aside(stack, b"first \xff", b"second")

    letters = listed(run, stack)
    shown = listed(run, stack, "--messages")

    assert [letter["length"] for letter in letters] == [6, 7]
    assert {letter["queue"] for letter in letters} == {"change"}
    assert "is not JSON" in letters[0]["problem"]
    assert "message" not in letters[0]
    assert [letter["message"] for letter in shown] == ["second", "first \\xff"]


def test_a_letter_is_dropped(run: Run, stack: StackHarness) -> None:
    put_aside(stack, b"first", b"second")
    second, first = listed(run, stack)

    reply = run("dead-letters", second["id"][:12], "--drop", **stack.services.environment)

    assert (reply.code, reply.out) == (0, "1 of 1 dropped\n")
    assert listed(run, stack) == [first]


def test_a_letter_is_put_back_into_its_queue(run: Run, stack: StackHarness) -> None:
    """As it was: here it is put aside again, as another letter."""
    put_aside(stack, b"\xff as it was")
    [before] = listed(run, stack)

    reply = run("dead-letters", "--requeue", "--all", **stack.services.environment)

    assert (reply.code, reply.out) == (0, "1 of 1 put back into their queues\n")
    [after] = stack.until(lambda: listed(run, stack, "--messages"), "put aside again")
    assert after["id"] != before["id"]
    assert after["message"] == "\\xff as it was"


def test_a_letter_that_is_not_whole_stays(run: Run, stack: StackHarness) -> None:
    """A cut message would be another."""
    put_aside(stack, b"x" * (LONGEST + 1))

    reply = run("dead-letters", "--requeue", "--all", **stack.services.environment)

    assert (reply.code, reply.out) == (1, "0 of 1 put back into their queues\n")
    assert [letter["whole"] for letter in listed(run, stack)] == [False]


def test_nothing_is_done_to_all_letters_unless_all_is_said(run: Run, stack: StackHarness) -> None:
    """Ids and `--all` exclude each other."""
    put_aside(stack, b"first")

    for words in (["--drop"], ["--requeue"], ["--drop", "--all", "first"]):
        reply = run("dead-letters", *words, **stack.services.environment)

        assert reply.code == 2
        assert "needs either ids or --all" in reply.err
    assert len(listed(run, stack)) == 1


def test_an_id_that_no_letter_has_is_named(run: Run, stack: StackHarness) -> None:
    """Nothing is done."""
    put_aside(stack, b"first")

    reply = run("dead-letters", "nothing", "--drop", **stack.services.environment)

    assert reply.code == 1
    assert "there is no dead letter nothing" in reply.err
    assert len(listed(run, stack)) == 1


def test_no_letters_are_no_table(run: Run, stack: StackHarness) -> None:
    """One line says so; a message that is answered leaves none."""
    put_aside(stack)
    task_id = str(uuid.uuid4())
    stack.redis.lpush("change", Hostile(headers={"task": FIND}).item(task_id))
    stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)

    reply = run("dead-letters", **stack.services.environment)

    assert reply.code == 0
    assert reply.out.startswith("no dead letters")
