"""A script that fails half-way loses no message."""

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from workers.broker import scripts


@pytest.mark.parametrize("broken", ["index", "unacked"])
def test_a_message_that_cannot_be_noted_stays_in_its_list(redis: Redis, broken: str) -> None:
    """Somebody has written another type of value under a key of kombu's."""
    redis.set(broken, "x")
    redis.lpush("change", "message")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        scripts.script(redis, "take")(
            keys=["index", "unacked", "change"], args=["tag", 0, '"change"', 100, 10, 10, 0]
        )

    assert redis.lrange("change", 0, -1) == [b"message"]


def test_a_message_that_cannot_be_parked_stays_unacknowledged(redis: Redis) -> None:
    redis.set("delayed", "x")
    redis.hset("unacked", "tag", "entry")
    redis.zadd("index", {"tag": 1})

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        scripts.script(redis, "delay")(
            keys=["index", "unacked", "delayed"], args=["tag", 1, "parked"]
        )

    assert (redis.hlen("unacked"), redis.zcard("index")) == (1, 1)
