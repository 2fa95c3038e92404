"""Chaos: a mix of all work while processes are killed and everything they stand on fails.

    python -m tests.chaos [--runs 1000] [--minutes 5] [--seed N] [--short] [--fsync everysec]

The same load and faults are then played on a plain Celery application, for comparison. The last
line is one JSON object; the exit code is 1 when something was lost, repeated, left behind, failed
without a reason or is stuck. The same seed plays the same round.
"""

import argparse
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import report
from tests.chaos.round import play
from tests.chaos.schedule import schedule
from tests.chaos.testbed import DEFAULTS, PLAIN_SYSTEM, SHORT, XENFLOW_SYSTEM
from workers.local_stack.supervisor import interrupted_by_signals


def main(argv: Sequence[str] | None = None) -> int:
    """Run a round; return the exit code."""
    options = _parser().parse_args(argv)
    timing = SHORT if options.short else DEFAULTS
    plan = schedule(
        options.seed, runs=options.runs, seconds=options.minutes * 60, scale=timing.scale
    )
    systems = [XENFLOW_SYSTEM] if options.alone else [XENFLOW_SYSTEM, PLAIN_SYSTEM]
    print(f"seed {options.seed}", flush=True)  # noqa: T201 - a command line
    outcomes = []
    with interrupted_by_signals():
        for system in systems:
            folder = options.folder / system.name.replace(" ", "-")
            shutil.rmtree(folder, ignore_errors=True)
            outcomes.append(play(plan, folder, system, timing, fsync=options.fsync))
    print(report.text(plan, outcomes))  # noqa: T201 - likewise
    print(report.document(plan, outcomes[0]))  # noqa: T201 - likewise
    return 0 if outcomes[0].balance.is_even else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="chaos", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--runs", type=int, default=1000, help="messages to send (1000)")
    add("--minutes", type=float, default=5.0, help="time over which they are sent (5)")
    add("--seed", type=int, default=random.randrange(1 << 30), help="plays a round again")  # noqa: S311 - not a secret
    add("--short", action="store_true", help="short leases and timeouts, for a round of a minute")
    add("--alone", action="store_true", help="without the comparison")
    add("--fsync", default="always", choices=["always", "everysec"], help="how Valkey persists")
    add("--folder", type=Path, default=Path(".run/chaos"), help="logs and data (.run/chaos)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
