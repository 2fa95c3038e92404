"""Limits of the toolstack, which a test may lower to reach them soon."""

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    """The limits of a pool.

    `waiting`: calls that may wait for busy objects, the calls of subtasks among them; one more is
    refused with TOO_MANY_PENDING_TASKS. `tasks`: task records that the sweep leaves alone.
    `effects`: entries that the record of effects keeps.
    """

    waiting: int = 100
    tasks: int = 200
    effects: int = 100_000
