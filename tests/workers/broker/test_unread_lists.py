"""A message of a priority that no worker has a list for is found, and moved to one that has."""

from redis import Redis

from tasks.engine.messages import publisher
from workers.app import Xenflow
from workers.broker import unread_lists
from workers.doctor import operations
from workers.doctor.context import Context

FIFTH, THIRD, FIRST = "change\x06\x165", "change\x06\x163", "find\x06\x161"


def test_messages_are_moved_in_their_order(redis: Redis) -> None:
    """The oldest stands at the right of a list, as producers write it."""
    redis.lpush(THIRD, "before")
    redis.lpush(FIFTH, "first", "second")
    redis.lpush(FIRST, "other")

    unread_lists.rescue(redis)

    assert redis.lrange(THIRD, 0, -1) == [b"second", b"first", b"before"]
    assert redis.lrange("find", 0, -1) == [b"other"]
    assert not redis.exists(FIFTH, FIRST)


def test_lists_that_are_read_stay(redis: Redis) -> None:
    """Theirs are the steps of kombu that a worker has."""
    redis.lpush(THIRD, "a")
    redis.lpush("change", "b")

    assert unread_lists.rescue(redis) == []


def test_keys_with_a_prefix_are_found(redis: Redis) -> None:
    """The prefix stands before the name of the queue."""
    redis.lpush(f"mine:{FIFTH}", "a")

    [found] = unread_lists.find(redis, "mine:")

    assert (found.queue, found.priority, found.read) == ("change", 5, f"mine:{THIRD}")


def test_a_key_of_another_type_is_passed_over(redis: Redis) -> None:
    """The doctor names it by another check."""
    redis.set(FIFTH, "x")

    assert unread_lists.find(redis) == []


def test_the_reconciler_moves_them_and_the_doctor_names_them(worker: Xenflow, redis: Redis) -> None:
    """The producer waits a minute at most, and its operator reads why."""
    redis.lpush(FIFTH, "a", "b")
    context = Context(worker.runtime.settings, worker, worker.runtime.journal)

    [finding] = [one for one in operations.check(context) if one.about == "queue change"]
    worker.tasks[publisher.RECONCILE].run()

    assert finding.text.startswith("2 messages wait with the priority 5")
    assert "priority_steps" in finding.cure
    assert redis.llen(THIRD) == 2
