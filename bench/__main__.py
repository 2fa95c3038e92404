"""`python -m bench [NAME ...]`: run benchmarks and print a table for each."""

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import bench
from bench import figures

_FRAME = frozenset({"__main__", "figures"})


def main(names: Sequence[str]) -> int:
    """Run the benchmarks of these names, all without any; return the exit code."""
    known = [each.name for each in pkgutil.iter_modules(bench.__path__) if each.name not in _FRAME]
    if unknown := set(names) - set(known):
        print(f"no such benchmark: {', '.join(unknown)}; there are: {', '.join(known)}")  # noqa: T201 - a command's complaint
        return 2
    for name in names or known:
        module = importlib.import_module(f"bench.{name}")
        title = str(module.__doc__).partition("\n")[0]
        for line in figures.table(title, module.run()):
            print(line, flush=True)  # noqa: T201 - the table is the command's output
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
