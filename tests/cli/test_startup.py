"""A command imports only what it needs: that decides how soon it answers."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pytest

from cli import command_tree
from workers.local_stack import valkey_server

_PROGRAM = """\
import atexit, os, sys
before = set(sys.modules)
def report():
    sys.stderr.write("\\n".join(sorted(set(sys.modules) - before)))
    sys.stderr.flush()
atexit.register(report)
exit_now, os._exit = os._exit, lambda code: sys.exit(code)
from cli import main
sys.exit(main(sys.argv[1:]))
"""
_HEAVY = ("celery", "kombu", "pydantic", "tasks.vm", "canvases.", "simulator.", "flower")
COMPLETE = "complete_bash"


@pytest.fixture(scope="module", autouse=True)
def _index() -> None:
    """Let one command make the index of the catalogue, which all others read."""
    imported(["catalogue"], {})


def imported(words: list[str], environment: Mapping[str, str]) -> list[str]:
    """Return the modules that a command imports."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *words],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
    )
    return ended.stderr.splitlines()


def completion(line: str) -> dict[str, str]:
    """Return the variables by which a shell asks for the last word of a line."""
    count = len(line.split())
    return {"_XENFLOW_COMPLETE": COMPLETE, "COMP_WORDS": line, "COMP_CWORD": str(count - 1)}


@pytest.mark.parametrize(
    ("words", "line", "most"),
    [
        (["--help"], "", 330),
        (["vm", "start", "--help"], "", 330),
        (["catalogue"], "", 330),
        (["metrics", "--help"], "", 330),
        (["runs"], "", 450),
        (["show", "nosuch"], "", 450),
        ([], "xenflow ru", 200),
        ([], "xenflow describe vm.st", 200),
        ([], "xenflow vm start --vm we", 360),
    ],
)
@pytest.mark.usefixtures("redis")  # in which no message waits that would have to be read
def test_a_command_imports_few_modules(
    words: list[str], line: str, most: int, valkey: valkey_server.Valkey
) -> None:
    """Neither Celery nor pydantic is among them, nor any operation."""
    environment = {"XENFLOW_REDIS_URL": valkey.url, **(completion(line) if line else {})}

    modules = imported(words, environment)

    assert [name for name in modules if name.startswith(_HEAVY)] == []
    assert 50 < len(modules) <= most


@pytest.mark.parametrize(
    "name", [name for name in command_tree.root().commands if name != "simulate"]
)
def test_help_imports_nothing_that_a_command_works_with(name: str) -> None:
    """Each command's help answers soon."""
    modules = imported([name, "--help"], {})

    assert [name for name in modules if name.startswith(_HEAVY)] == []
    assert 50 < len(modules) <= 480


def test_a_command_that_sends_imports_the_operation_alone(valkey: valkey_server.Valkey) -> None:
    """Operations on other classes are not imported."""
    modules = imported(["vm", "start", "web01", "--dry-run"], {"XENFLOW_REDIS_URL": valkey.url})

    assert "tasks.vm.power" in modules
    assert "tasks.network" not in modules
    assert not [name for name in modules if name.startswith("canvases.")]
