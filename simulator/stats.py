"""Counters of calls and requests."""

from collections import Counter


class Stats:
    """Counts calls by name and requests under way."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.open = 0
        self.open_peak = 0
        self.unforeseen = 0

    def count(self, method: str) -> None:
        """Count a call."""
        self.calls[method] += 1

    def entered(self) -> None:
        """Count a request that begins."""
        self.open += 1
        self.open_peak = max(self.open_peak, self.open)

    def left(self) -> None:
        """Count a request that ends."""
        self.open -= 1

    def reset(self) -> None:
        """Reset the counters; open requests stay counted."""
        self.calls.clear()
        self.open_peak = self.open
