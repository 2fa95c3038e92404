"""Fuzzing: hostile messages by the thousand to live workers.

    python -m tests.fuzz [--messages 10000] [--seed N]

The last line is one JSON object; the exit code is 1 when a message with an id got no answer, a
worker has ended, grown or hangs, or a message is stuck. The same seed sends the same messages.
"""

import argparse
import json
import random
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.round import LIVE_MEMORY, play
from tests.stack import running_stack
from workers.local_stack.supervisor import interrupted_by_signals


def main(argv: Sequence[str] | None = None) -> int:
    """Run a round; return the exit code."""
    options = _parser().parse_args(argv)
    shutil.rmtree(options.folder, ignore_errors=True)
    with interrupted_by_signals(), running_stack(options.folder.resolve(), speed=20.0) as stack:
        stack.services.choose(operations_path=str(LIVE_MEMORY))
        for name in ("worker-1", "worker-2"):
            stack.services.worker(name=name)
        outcome = play(stack, count=options.messages, seed=options.seed)
    print(json.dumps({**outcome.document(), "seed": options.seed}))  # noqa: T201 - a command line
    return 0 if outcome.is_well else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fuzz", description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--messages", type=int, default=10_000, help="how many to send (10000)")
    add("--seed", type=int, default=random.randrange(1 << 30), help="sends the same again")  # noqa: S311 - not a secret
    add("--folder", type=Path, default=Path(".run/fuzz"), help="logs and data (.run/fuzz)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
