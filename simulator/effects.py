"""The record of effects: every method that changed something, the latest ones only."""

from collections import deque
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Effect:
    """A method that changed something, with its task and the simulated time of its end."""

    order: int
    time: float
    method: str
    params: list[Any]
    result: Any
    task: str


class Effects:
    """The latest effects; a limit of 0 keeps none."""

    def __init__(self, limit: int) -> None:
        self._kept: deque[Effect] = deque(maxlen=limit)
        self._count = 0

    def add(self, time: float, method: str, params: list[Any], result: Any, task: str) -> None:  # noqa: ANN401 - the parts of an effect
        """Record an effect."""
        self._count += 1
        self._kept.append(Effect(self._count, time, method, params, result, task))

    def after(self, order: int) -> list[Effect]:
        """Return the kept effects that came after the one of this order."""
        return [effect for effect in self._kept if effect.order > order]

    def limit(self, limit: int) -> None:
        """Change how many effects are kept."""
        self._kept = deque(self._kept, maxlen=limit)
