"""Ctrl-C ends a command quietly, whenever it comes."""

import os
import subprocess
import sys

import pytest

_PROGRAM = """\
import os, signal, sys

class Interrupt:
    "Sends SIGINT when a module is looked for: Ctrl-C during an import."

    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            sys.argv.pop(1)
            os.kill(os.getpid(), signal.SIGINT)
        return None

sys.meta_path.insert(0, Interrupt())
from cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("cli.command_line", ["--help"]),
        ("typer", ["--help"]),
        ("cli.command_tree", ["runs"]),
        ("redis", ["runs"]),
        ("rich.table", ["runs"]),
        ("cli.submit", ["vm", "start", "web01"]),
        ("celery", ["vm", "start", "web01"]),
        ("tasks.vm.power", ["vm", "start", "web01"]),
        ("cli.failure_reports", ["vm", "start", "web01", "--no-wait"]),
    ],
)
def test_an_interrupted_import_leaves_no_traceback(
    module: str, words: list[str], nowhere: str
) -> None:
    """The exit code is 130, and one line says that nothing was sent where that is sure."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, module, *words],
        env={**os.environ, "XENFLOW_REDIS_URL": nowhere},
        capture_output=True,
        check=False,
        text=True,
    )

    text = "xenflow: interrupted" + (module != "cli.failure_reports") * "; nothing was sent"
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", f"{text}\n")
