"""The golden list of XenServer calls: which methods each operation of the table calls, in order.

`python -m tests.tasks.calls` writes it anew; a change of it is a decision that its commit explains.
"""

import json
from pathlib import Path

from simulator import server
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Harness
from tests.tasks.table import TABLE, Case
from tests.xenserver.pools import Pool

FILE = Path(__file__).with_name("calls.json")

Calls = dict[str, list[str]]


def golden() -> Calls:
    """Read the golden list."""
    calls: Calls = json.loads(FILE.read_text(encoding="utf-8"))
    return calls


def heard(harness: Harness, case: Case) -> list[str]:
    """Run an operation of the table; return the methods that it called, in order."""
    fields = case.ready(Maker(harness.see, harness.pool.do))
    harness.client.heard.clear()
    harness.do(case.operation, **fields)
    return list(harness.client.heard)


def write() -> None:
    """Write the golden list anew."""
    calls: Calls = {}
    for case in TABLE:
        with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
            harness = Harness(Pool(served.url))
            calls[case.name] = heard(harness, case)
            harness.close()
    FILE.write_text(json.dumps(calls, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
