"""Run `xenflow` with a clock that is ahead: `python -m tests.chaos.clock_ahead SECONDS COMMAND...`.

It replaces Python's clock before anything of ours is imported; what asks `datetime` gets the
right time.
"""

import sys
import time
from importlib.metadata import entry_points


def main(seconds: float, arguments: list[str]) -> None:
    """Move the clock, and become the command."""
    right, right_ns = time.time, time.time_ns
    time.time = lambda: right() + seconds
    time.time_ns = lambda: right_ns() + int(seconds * 1e9)
    sys.argv = ["xenflow", *arguments]
    [command] = entry_points(group="console_scripts", name="xenflow")
    sys.exit(command.load()())


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
