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


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["catalogue"], b"xenflow: cannot write to standard output: No space left on device\n"),
        (["catalogue", "--json"], b"xenflow: cannot write to standard output: No space left"),
        (["vm", "start", "--json"], b"xenflow: --vm is missing"),
        (["vm", "start", "--help"], b""),
    ],
)
def test_a_full_disk_is_one_message(words: list[str], text: bytes) -> None:
    """The exit code tells that something is missing."""
    reply = run(*words, redirect="> /dev/full")

    assert reply.returncode in {1, 2}
    assert text in reply.stderr
    assert b"Traceback" not in reply.stderr
    assert b"Exception ignored" not in reply.stderr


def test_a_failure_that_nobody_can_read_has_its_exit_code() -> None:
    """Standard error is full."""
    assert run("vm", "start", redirect="2> /dev/full").returncode == 2


def test_a_home_that_is_missing_is_not_made(tmp_path: Path) -> None:
    """The index of the catalogue is not kept then."""
    home = tmp_path / "home"

    reply = run("catalogue", HOME=str(home), XDG_CACHE_HOME="")

    assert reply.returncode == 0
    assert not home.exists()
