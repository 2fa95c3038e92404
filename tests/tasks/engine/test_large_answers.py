"""The journal keeps no second copy of a large answer, and loses none."""

import json
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis

from tasks.engine.execution.execution import Answered, End, Failed, Ignored
from tasks.engine.journal import excerpts, record_hash
from tasks.engine.journal.entry import Entry, Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Outcome, OutcomeStatus, Record
from tests.tasks.engine.deliveries import Engine, Worker

EXCERPT = {"return_result": "200 VMs", "count": 200, "after": "u199"}
RECORDS = [{"uuid": f"u{number}", "name_label": "x" * 100} for number in range(200)]
ANSWER: dict[str, Any] = {**EXCERPT, "records": RECORDS}
RESULT = "celery-task-meta-op"


@pytest.fixture
def journal(redis: Redis) -> Journal:
    return Journal(redis, Keys(), lease=30, keep=600)


def claim(journal: Journal, **fields: Any) -> Entry:
    first = Record(name="xenserver.vm.find", message="message", queue="find")
    return journal.claim("op", Place(root="op"), replace(first, **fields), timeout=600)


def end(journal: Journal, answer: dict[str, Any], *, stored: bool = True) -> Record:
    """End an operation, and say that its end was passed on; return its record."""
    journal.finish(claim(journal), Place(root="op"), answer)
    if stored:
        journal.redis.set(RESULT, json.dumps({"status": "SUCCESS", "result": answer}), ex=60)
    journal.mark_published("op", result=RESULT, answer=answer)
    return known(journal)


def known(journal: Journal) -> Record:
    found = journal.read("op")
    assert found is not None
    return found


def test_a_large_answer_is_kept_once(journal: Journal) -> None:
    """The record has an excerpt of it and refers to the result, which has it whole."""
    ended = end(journal, ANSWER)

    assert ended.answer == EXCERPT
    assert journal.answer(ended) == ANSWER
    assert int(journal.redis.memory_usage(journal.keys.entry("op")) or 0) < excerpts.LARGE


def test_a_result_that_a_record_refers_to_lives_as_long(journal: Journal) -> None:
    end(journal, ANSWER)

    assert journal.redis.ttl(RESULT) >= journal.redis.ttl(journal.keys.entry("op")) > 600


def test_a_large_answer_that_is_stored_nowhere_else_stays(journal: Journal) -> None:
    """Its worker died before Celery stored it, or its sender wants none."""
    ended = end(journal, ANSWER, stored=False)

    assert (ended.answer, ended.answer_key) == (ANSWER, "")


def test_a_small_answer_stays(journal: Journal) -> None:
    """A record tells how its operation ended when Celery has forgotten that."""
    ended = end(journal, EXCERPT)

    assert (ended.answer, ended.answer_key) == (EXCERPT, "")


def test_long_words_are_cut(journal: Journal) -> None:
    """A table of thousands of VMs is the words of an answer."""
    ended = end(journal, {"return_result": "UUID  NAME\n" * 5_000})

    assert ended.answer
    assert str(ended.answer["return_result"]).startswith("UUID  NAME\n")
    assert len(str(ended.answer["return_result"])) < 1_100


@pytest.mark.parametrize("result", [None, {"status": "FAILURE", "result": {"exc_type": "X"}}])
def test_an_answer_that_was_deleted_differs_from_an_empty_one(
    journal: Journal, result: dict[str, Any] | None
) -> None:
    """Whoever deletes the result deletes the answer; another end in its place is none."""
    ended = end(journal, ANSWER)
    journal.redis.set(RESULT, json.dumps(result)) if result else journal.redis.delete(RESULT)

    assert journal.answer(ended) is None


@pytest.mark.parametrize("other", ["", '{"status": "FAILURE"}'])
def test_a_large_answer_stays_where_something_else_is_its_result(
    journal: Journal, other: str
) -> None:
    """Its worker says that it is stored when another program has deleted or replaced it."""
    journal.finish(claim(journal), Place(root="op"), ANSWER)
    journal.redis.set(RESULT, other) if other else journal.redis.hset(RESULT, "a", "1")
    journal.mark_published("op", result=RESULT, answer=ANSWER)

    assert journal.answer(known(journal)) == ANSWER


def test_what_an_ended_operation_needs_no_more_is_dropped(journal: Journal) -> None:
    """The answer of the step before, in its message and as what its suspension point gave."""
    entry = claim(journal, message=json.dumps(ANSWER))
    journal.complete("op", "0", Outcome(OutcomeStatus.SUCCESS, ANSWER))
    journal.complete("op", "1", Outcome(OutcomeStatus.SUCCESS, "OpaqueRef:small"))
    journal.redis.hset(journal.keys.entry("op"), "held_until", "1")
    entry = claim(journal)

    journal.finish(entry, Place(root="op"), {"return_result": "done"})

    ended = known(journal)
    assert ended.message == ""
    assert ended.point("0").outcome == Outcome(OutcomeStatus.SUCCESS)
    assert ended.point("1").outcome == Outcome(OutcomeStatus.SUCCESS, "OpaqueRef:small")
    assert record_hash.text(ended.answer) == '{"return_result":"done"}'


def ask(worker: Worker, tag: str) -> End:
    """Deliver a message whose answer is large."""
    return worker.deliver("xenserver.vm.find", "op", tag=tag, fields=["*"])


def test_a_large_answer_is_given_again_until_it_is_deleted(engine: Engine) -> None:
    """A delivery that comes again then does nothing, and a new one finds no answer."""
    worker = engine.worker()
    first = ask(worker, "first")
    assert isinstance(first, Answered)
    engine.redis.set(RESULT, json.dumps({"status": "SUCCESS", "result": first.answer}))
    worker.runtime.journal.mark_published("op", result=RESULT, answer=first.answer)
    assert engine.record("op").answer != first.answer

    assert ask(worker, "second") == first
    engine.redis.delete(RESULT)
    assert isinstance(ask(worker, "first"), Ignored)
    deleted = ask(worker, "second")
    assert isinstance(deleted, Failed)
    assert deleted.error.code == "XENFLOW_ANSWER_DELETED"


def test_an_end_whose_caller_was_answered_early_is_given_again(engine: Engine) -> None:
    """Where Celery does not keep it: a refusal may have replaced it."""
    worker = engine.worker()
    first = worker.deliver("xenserver.vm.start", "op", vm="nosuch")
    assert isinstance(first, Failed)
    worker.runtime.journal.mark_answered("op")

    again = worker.deliver("xenserver.vm.start", "op", tag="second", vm="nosuch")
    assert isinstance(again, Failed)
    assert again.error.code == first.error.code
    worker.is_kept = lambda _: True
    assert isinstance(worker.deliver("xenserver.vm.start", "op", vm="nosuch"), Ignored)
