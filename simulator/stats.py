"""What was asked of the pool, counted."""

from collections import Counter


class Stats:
    """Counts calls by name and requests under way."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.open = 0
        self.open_peak = 0

    def count(self, method: str) -> None:
        """Count a call."""
        self.calls[method] += 1

    def entered(self) -> None:
        """Note that a request began."""
        self.open += 1
        self.open_peak = max(self.open_peak, self.open)

    def left(self) -> None:
        """Note that a request ended."""
        self.open -= 1

    def reset(self) -> None:
        """Count from nothing again; what is under way stays."""
        self.calls.clear()
        self.open_peak = self.open
