"""Readings: the samples of all metrics, read from Redis in a few round trips."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery
from redis import Redis

from config import queues, redis_replies
from config.targets import Target
from tasks.engine.journal import counters, scripts
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.parked import HEALTH_FOR, ParkedOperations
from workers.broker import dead_letters
from workers.metrics import families
from workers.metrics.families import Family, Sample
from workers.process_records import ProcessRecords

MOST_OPEN = 10_000  # open operations whose phase is read
HEADS_KEPT = 3600  # seconds for which the next message of a queue is remembered

Samples = Mapping[str, Sequence[Sample]]
_Reading = Iterator[tuple[Family, Sample]]


@dataclass(frozen=True)
class Source:
    """What is read: the journal, the messages, the connection profiles."""

    app: Celery
    journal: Journal
    targets: Mapping[str, Target]
    lease_ms: int

    @property
    def redis(self) -> Redis:
        """The Redis of the journal."""
        return self.journal.redis


def read(source: Source) -> Samples:
    """Return the samples of all metrics by their names; raise RedisError when it is away."""
    found: dict[str, list[Sample]] = defaultdict(list)
    source.redis.ping()
    parts = (_processes, _open, _ended, _targets, _messages, _landings)
    for part in parts:
        for family, sample in part(source):
            found[family.name].append(sample)
    found[families.UP.name].append(((), 1.0))
    return found


def _processes(source: Source) -> _Reading:
    records = ProcessRecords(source.redis, source.journal.keys.prefix).all()
    for version, number in Counter(one.version for one in records).items():
        yield families.PROCESSES, ((version,), number)
    for one in records:
        yield families.CLOCK_AHEAD, ((one.node,), one.clock_ahead)


def _open(source: Source) -> _Reading:
    """Count what is under way; a run is open while one of its operations is that is not a step."""
    journal = source.journal
    known = journal.open_operations(most=MOST_OPEN)
    pipe = source.redis.pipeline(transaction=False)
    for operation in known:
        pipe.hmget(journal.keys.entry(operation), "phase", "path", "root")
    replies = [fields for fields in redis_replies.executed(pipe) if fields]
    found = [[scripts.text(one or "") for one in fields] for fields in replies]
    yield families.RUNS_OPEN, ((), len({root for phase, path, root in found if phase and not path}))
    for phase, number in Counter(phase for phase, *_ in found if phase).items():
        yield families.OPERATIONS_OPEN, ((phase,), number)


def _ended(source: Source) -> _Reading:
    runs: Counter[str] = Counter()
    ended: dict[Sequence[str], float] = defaultdict(float)
    seconds: dict[Sequence[str], float] = defaultdict(float)
    known = counters.read(source.redis, source.journal.keys.counters)
    for words, value in known.items():
        match words:
            case ("ended", part, *labels):
                ended[tuple(labels)] += value
                runs[labels[-1]] += int(value) if part == "run" else 0
            case ("seconds", _, *labels):
                seconds[tuple(labels)] += value
    yield from ((families.OPERATIONS_ENDED, sample) for sample in ended.items())
    yield from ((families.OPERATION_SECONDS, sample) for sample in seconds.items())
    yield from ((families.RUNS_ENDED, ((outcome,), n)) for outcome, n in runs.items() if n)
    yield families.LANDINGS_RESENT, ((), known.get((counters.RESENT,), 0.0))
    for kind in (counters.STALLED, counters.ORPHAN):
        words = tuple(kind.split("\n"))
        yield families.RECONCILER_FINDS, (words[1:], known.get(words, 0.0))


def _targets(source: Source) -> _Reading:
    parked, calls = ParkedOperations(source.journal), CallLimit(source.journal)
    for name in dict.fromkeys([*source.targets, *parked.targets()]):
        count = parked.count(name)
        yield families.PARKED, ((name,), count)
        yield families.POLLER_FAILING, ((name,), float(bool(parked.health(name))))
        yield from _poller(source, name, is_wanted=count > 0)
    for name, target in source.targets.items():
        usage = calls.usage(name, target.max_calls)
        yield families.CALLS_IN_FLIGHT, ((name,), usage.in_flight)
        yield families.CALLS_WAITING, ((name,), usage.waiting)
        yield families.CALLS_LIMIT, ((name,), int(usage.limit))


def _poller(source: Source, name: str, *, is_wanted: bool) -> _Reading:
    keys = source.journal.keys
    lease, polled = source.redis.pttl(keys.lease(name)), source.redis.pttl(keys.polled(name))
    yield families.POLLER_RUNNING, ((name,), float(lease > 0))
    if lease > 0:
        yield families.POLLER_AGE, ((name,), max(source.lease_ms - lease, 0) / 1000)
    if is_wanted and polled > 0:
        yield families.POLLER_LAG, ((name,), HEALTH_FOR - polled / 1000)


def _messages(source: Source) -> _Reading:
    with source.app.connection_for_write() as connection:
        channel: Any = connection.default_channel  # the stubs know no Redis
        client = redis_replies.NamingRedis(connection_pool=channel.pool)
        run = scripts.Scripts(client)
        prefix = getattr(channel, "global_keyprefix", "")
        heads = source.journal.keys.queue_heads
        for queue in queues.ALL:
            lists = [f"{prefix}{channel._q_for_pri(queue, n)}" for n in channel.priority_steps]  # noqa: SLF001 - kombu's own names of lists
            seen = [_head(run, one, heads) for one in lists]
            yield families.QUEUE_MESSAGES, ((queue,), sum(length for length, _ in seen))
            yield families.QUEUE_HEAD, ((queue,), max(seconds for _, seconds in seen))
        taken = client.zcard(f"{prefix}{channel.unacked_index_key}")
        yield families.UNACKNOWLEDGED, ((), int(taken))
        yield families.DELAYED, ((), int(client.zcard(source.journal.keys.delayed)))
        yield from _dead_letters(client, source.journal.keys.dead_letters)
        client.close()


def _head(run: scripts.Scripts, name: str, heads: str) -> tuple[int, float]:
    length, seconds = run.run("queue_head", [name, heads], [HEADS_KEPT])
    return int(length), float(seconds)


def _dead_letters(client: Redis, key: str) -> _Reading:
    letters = dead_letters.DeadLetters(client, key)
    yield families.DEAD_LETTERS, ((), int(client.llen(key)))
    yield families.DEAD_LETTERS_ADDED, ((), letters.count())


def _landings(source: Source) -> _Reading:
    yield families.LANDINGS, ((), int(source.redis.zcard(source.journal.keys.landing)))
