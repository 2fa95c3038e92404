"""What is measured: the name of each metric, its kind, its labels, and what it says."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

Sample = tuple[Sequence[str], float]
"""The values of the labels, and that of the metric."""


class Kind(StrEnum):
    """How a metric goes: a gauge up and down, a counter up alone, until Redis forgets it."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True)
class Family:
    """One metric, for each combination of its labels."""

    name: str
    kind: Kind
    help: str
    labels: Sequence[str] = ()

    def metric(self, samples: Iterable[Sample]) -> Metric:
        """Return the metric with its samples."""
        kind = GaugeMetricFamily if self.kind is Kind.GAUGE else CounterMetricFamily
        made: GaugeMetricFamily | CounterMetricFamily = kind(
            self.name, self.help, labels=self.labels
        )
        for values, value in samples:
            made.add_metric(list(values), value)
        return made


def _gauge(name: str, help_: str, *labels: str) -> Family:
    return Family(f"xenflow_{name}", Kind.GAUGE, help_, labels)


def _counter(name: str, help_: str, *labels: str) -> Family:
    return Family(f"xenflow_{name}_total", Kind.COUNTER, help_, labels)


UP = _gauge("up", "1 if Redis answers, 0 if not; then there is no other metric")
PROCESSES = _gauge("processes", "Workers and pollers that are alive", "version")
CLOCK_AHEAD = _gauge(
    "clock_ahead_seconds", "How far a process is ahead of Redis's clock", "process"
)

RUNS_OPEN = _gauge("runs_open", "Runs that have begun and not ended")
RUNS_ENDED = _counter("runs_ended", "Operations and flows that ended and are not steps", "outcome")
OPERATIONS_OPEN = _gauge("operations_open", "Operations and flows in progress", "phase")
OPERATIONS_ENDED = _counter(
    "operations_ended",
    "Operations and flows that ended: succeeded, failed, cancelled, timed_out, undone, not_undone",
    *("operation", "target", "outcome"),
)
OPERATION_SECONDS = _counter(
    "operation_seconds",
    "Seconds from their beginning to their end, of operations that ended",
    *("operation", "target", "outcome"),
)

PARKED = _gauge("parked", "Operations that wait for XenServer, without a slot", "target")
CALLS_IN_FLIGHT = _gauge("calls_in_flight", "Calls that XenServer works on", "target")
CALLS_WAITING = _gauge("calls_waiting", "Operations that wait to make a call", "target")
CALLS_LIMIT = _gauge("calls_limit", "Calls that may be in flight now", "target")

POLLER_RUNNING = _gauge("poller_running", "1 if a poller follows the target", "target")
POLLER_AGE = _gauge(
    "poller_age_seconds", "Seconds since the poller renewed its lease of the target", "target"
)
POLLER_LAG = _gauge(
    "poller_lag_seconds",
    "Seconds since the poller last read the tasks of a target where operations are parked; a quiet "
    "pool is read every 25 seconds",
    "target",
)
POLLER_FAILING = _gauge("poller_failing", "1 if the poller cannot read the target", "target")

QUEUE_MESSAGES = _gauge("queue_messages", "Messages that wait", "queue")
QUEUE_HEAD = _gauge(
    "queue_head_seconds", "Seconds for which the same message has been seen as the next", "queue"
)
UNACKNOWLEDGED = _gauge(
    "messages_unacknowledged", "Messages that workers have taken and not acknowledged"
)
DELAYED = _gauge("messages_delayed", "Messages with an eta that is still to come")
DEAD_LETTERS = _gauge("dead_letters", "Dead letters that are kept")
DEAD_LETTERS_ADDED = _counter("dead_letters_added", "Messages that became dead letters")

LANDINGS = _gauge("landings_unclaimed", "Messages of landed operations that no worker has claimed")
LANDINGS_RESENT = _counter("landings_resent", "Messages of operations that were sent again as lost")
RECONCILER_FINDS = _counter(
    "reconciler_finds", "What the reconciler found and cured: stalled operations, orphans", "kind"
)

FAMILIES: Sequence[Family] = tuple(one for one in globals().values() if isinstance(one, Family))
