"""Which runs are listed: by state, name, target, object and time."""

import fnmatch
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from cli.exit_codes import Code, CommandFailed
from workers.run_record import Run

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.IGNORECASE)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_FORMS = "an age such as 30m, 2h, 3d, a date such as 2026-11-26, or a time such as 14:30"


class State(StrEnum):
    """The states of a run; a sent one is open too, an undone one left nothing behind."""

    SENT = "sent"
    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    UNDONE = "undone"


@dataclass(frozen=True)
class Filter:
    """What a run must be like to be listed."""

    states: frozenset[str]
    name: str
    target: str
    object: str
    since: float
    until: float

    @classmethod
    def read(  # noqa: PLR0913 - each is an option of the command
        cls,
        *,
        states: Sequence[State] | None,
        name: str | None,
        target: str | None,
        object_: str | None,
        since: str | None,
        until: str | None,
    ) -> Self:
        """Read the options of the command."""
        return cls(
            states=frozenset(states or ()),
            name=(name or "").lower().replace("-", "_"),
            target=target or "",
            object=object_ or "",
            since=moment(since) if since is not None else 0.0,
            until=_until(until) if until is not None else float("inf"),
        )

    @property
    def is_empty(self) -> bool:
        """Whether every run that began since the moment matches."""
        asked = (self.states, self.name, self.target, self.object)
        return not any(asked) and self.until == float("inf")

    def matches(self, run: Run) -> bool:
        """Whether a run is wanted."""
        steps = list(run.everything())
        return (
            (not self.states or not self.states.isdisjoint(_states(run)))
            and (time.time() if run.created is None else run.created) <= self.until
            and (not self.name or _is_named(run.name, self.name))
            and (not self.target or any(step.target == self.target for step in steps))
            and (
                not self.object
                or any(self.object in _values(step.inputs) for step in steps)
                or any(self.object in _values(step.answer) for step in steps)
            )
        )


def _states(run: Run) -> set[str]:
    also = {State.UNDONE: run.is_undone, State.OPEN: run.state == State.SENT}
    return {run.state, *(state for state, is_so in also.items() if is_so)}


def _until(text: str) -> float:
    return moment(text, option="--until", is_end=True)


def moment(text: str, *, option: str = "--since", is_end: bool = False) -> float:
    """Read a time as epoch seconds: an age, a date, a time of today, or an ISO 8601 time.

    A date that is an end is the end of that day.
    """
    ago = _AGO.fullmatch(text.strip())
    if ago:
        return time.time() - float(ago[1]) * _SECONDS[ago[2].lower()]
    try:
        if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2})?", text):
            return _today_at(text)
        began = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):  # the latter where the clock does not reach
        message = f"{option}: {text!r} is not a time: write {_FORMS}"
        raise CommandFailed(Code.USAGE, message) from None
    is_day = re.fullmatch(r"\d{4}-?\d{2}-?\d{2}", text) is not None
    return began + (_SECONDS["d"] if is_day and is_end else 0.0)


def _today_at(text: str) -> float:
    hours, minutes, *_ = map(int, text.split(":"))
    now = datetime.now().astimezone()
    return now.replace(hour=hours, minute=minutes, second=0, microsecond=0).timestamp()


def _is_named(name: str, pattern: str) -> bool:
    short = name.removeprefix("xenserver.")
    if any(sign in pattern for sign in "*?["):
        return fnmatch.fnmatchcase(short, pattern) or fnmatch.fnmatchcase(name, pattern)
    return pattern in name


def _values(document: Any) -> set[str]:
    return set(_texts(document))


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for part in value.values():
                yield from _texts(part)
        case list() | tuple():
            for part in value:
                yield from _texts(part)
