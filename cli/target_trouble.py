"""The trouble that operations have with their targets, as the latest runs show it."""

from tasks.engine.journal.journal import Journal
from workers.run_reader import Runs
from workers.run_record import Step

LATEST = 100  # runs that are looked at

_OF_TARGETS = frozenset({"Unreachable", "Denied"})  # errors that are not those of the request


def latest(journal: Journal) -> dict[str, str]:
    """Return the error of the latest operation on each target; nothing where it had none."""
    found: dict[str, str] = {}
    for run in Runs(journal).latest(LATEST):
        for step in run.everything():
            if step.target:
                found.setdefault(step.target, _trouble(step))
    return found


def _trouble(step: Step) -> str:
    if step.ended is None:
        return step.reason
    failure = step.failure or {}
    return str(failure["message"]) if failure.get("type") in _OF_TARGETS else ""
