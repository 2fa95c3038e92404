"""A command copes with whatever its standard streams are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

XENFLOW = (sys.executable, "-m", "cli")


def run(*words: str, redirect: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a shell, with its streams redirected."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirect}', "sh", *XENFLOW, *words],
        env={**os.environ, **variables},
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_error(redirect: str) -> None:
    """What would be printed there is dropped."""
    reply = run("catalogue", redirect=redirect)

    assert reply.returncode == 0
    assert reply.stderr == b""


def test_what_an_encoding_cannot_say_is_escaped() -> None:
    """JSON stays JSON: the escapes are those that JSON has."""
    words = ("vm", "start", "w\u00fcrfel", "--dry-run")

    assert b"vm=w\\xfcrfel" in run(*words, PYTHONIOENCODING="ascii").stdout
    assert b'"vm": "w\\u00fcrfel"' in run(*words, "--json", PYTHONIOENCODING="ascii").stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    """`head` takes a line of a long output."""
    reply = run("catalogue", "--output", "yaml", redirect="| head -n 1")

    assert reply.stdout == b"operations:\n"
    assert reply.stderr == b""


def test_a_home_that_is_missing_is_not_made(tmp_path: Path) -> None:
    """The index of the catalogue is not kept then."""
    home = tmp_path / "home"

    reply = run("catalogue", HOME=str(home), XDG_CACHE_HOME="")

    assert reply.returncode == 0
    assert not home.exists()
