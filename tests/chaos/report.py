"""What a round prints: faults, what is wrong, and the comparison, as tables; then one object."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.chaos.books import JUDGED
from tests.chaos.round import Outcome
from tests.chaos.schedule import Schedule

SHOWN = 40  # findings at most


def text(schedule: Schedule, outcomes: Sequence[Outcome]) -> str:
    """Return everything for people."""
    return "\n".join(
        [*_faults(outcomes[0]), *_work(schedule), *_findings(outcomes[0]), *_compared(outcomes)]
    )


def document(schedule: Schedule, outcome: Outcome) -> str:
    """Return the one object for programs."""
    found = outcome.balance
    reply: dict[str, Any] = {
        "accepted": found.accepted,
        "answered": found.answered,
        **{column: found.counts[column] for column in JUDGED},
        "unknown": found.unknown,
        "cancelled": found.cancelled,
        "ended_by_themselves": len(outcome.ended),
        "faults": dict(sorted(outcome.faults.items())),
        "seed": schedule.seed,
        "seconds": round(outcome.seconds),
    }
    return json.dumps(reply)


def _faults(outcome: Outcome) -> Iterator[str]:
    yield f"{'fault':<32}{'times':>6}"
    for name, times in sorted(outcome.faults.items()):
        yield f"{name:<32}{times:>6}"
    for end, count in sorted(Counter((e.name, e.code) for e in outcome.ended).items()):
        yield f"{end[0]} ended by itself, exit code {end[1]}: {count}"
    yield ""


def _work(schedule: Schedule) -> Iterator[str]:
    jobs = schedule.load.jobs
    kinds = Counter(job.kind.task for job in jobs)
    yield f"{'work':<48}{'messages':>9}"
    for task, count in sorted(kinds.items()):
        yield f"{task:<48}{count:>9}"
    again = sum(len(job.moments) - 1 for job in jobs)
    yield f"{'sent again under the same id':<48}{again:>9}"
    yield f"{'malformed':<48}{len(schedule.load.rubbish):>9}"
    yield ""


def _findings(outcome: Outcome) -> Iterator[str]:
    lines = outcome.balance.findings
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"... and {len(lines) - SHOWN} more"
    yield ""


def _compared(outcomes: Sequence[Outcome]) -> Iterator[str]:
    yield f"{'':<24}" + "".join(f"{outcome.system:>16}" for outcome in outcomes)
    yield _row("accepted", [outcome.balance.accepted for outcome in outcomes])
    yield _row("answered", [outcome.balance.answered for outcome in outcomes])
    for column in JUDGED:
        yield _row(column, [outcome.balance.counts[column] for outcome in outcomes])
    yield _row("unknown, as said", [outcome.balance.unknown for outcome in outcomes])
    yield _row("cancelled", [outcome.balance.cancelled for outcome in outcomes])


def _row(label: str, numbers: Sequence[int]) -> str:
    return f"{label:<24}" + "".join(f"{number:>16}" for number in numbers)
