"""Refusals: what a worker delivers to itself in place of a message that it cannot let in.

A refusal has the id of the message and none of its fields. Headers distinguish it from the message.
"""

import json
from collections.abc import Mapping

from tasks.engine.declaration import problems
from xenserver import errors

REFUSED = "xenflow.refused"  # the task that answers for an operation that nobody knows
PROBLEM = "xenflow_problem"  # property of a delivered message: why its worker rejects it
REFUSAL = "xenflow_refused"  # header: what is wrong with the message, as a list in JSON


def header(found: list[str]) -> dict[str, str]:
    """Return the header that makes a message a refusal, by the problems found in it."""
    return {REFUSAL: json.dumps(found)}


def error_of(headers: Mapping[str, object]) -> errors.Refused | None:
    """Return the error with which a message is refused, if it is a refusal."""
    text = headers.get(REFUSAL)
    if not isinstance(text, str) or not text:
        return None
    return problems.wrong(json.loads(text))
