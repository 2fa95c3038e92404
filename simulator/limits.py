"""Limits of the toolstack, which a test may lower to reach them soon."""

from dataclasses import dataclass


@dataclass(slots=True)
class Limits:
    """The limits of a pool.

    `waiting`: calls that may wait for busy objects, the calls of subtasks among them; one more is
    refused with TOO_MANY_PENDING_TASKS. `tasks`: task records that the sweep leaves alone.
    `effects`: entries that the record of effects keeps. `connections`: those that are served at
    once. `header_read` and `header_total`: seconds for one read, and for all reads, of the headers
    of a connection's first request.
    """

    waiting: int = 100
    tasks: int = 200
    effects: int = 100_000
    connections: int = 800
    header_read: float = 10.0
    header_total: float = 60.0
