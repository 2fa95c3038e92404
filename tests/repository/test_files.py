"""Files contain nothing of the machine or site where they were written."""

import re
from pathlib import Path

import pytest

# Concatenated, so that this file does not contain what it looks for.
HOSTS = (
    "pypi" + ".org",
    "pypi" + ".python.org",
    "python" + "hosted.org",
    "registry" + ".npmjs.org",
    "deb" + ".debian.org",
    "proxy" + ".golang.org",
    "/sim" + "ple/",
)
HOMES = ("/ro" + "ot/", "/ho" + "me/", "/Us" + "ers/", "/wo" + "rk/")

_HOME = re.compile(rf"(?<![\w.}}])(?:{'|'.join(map(re.escape, HOMES))})\w")
_HOST = re.compile("|".join(map(re.escape, HOSTS)))


def _found(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(_lines(path), start=1)
        if pattern.search(line)
    ]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []  # an image


def test_no_registry_address_is_written_down(tracked: list[Path]) -> None:
    """Each site has its own registries, and configures its clients."""
    assert _found(_HOST, tracked) == []


def test_no_path_of_a_developers_machine_is_written_down(tracked: list[Path]) -> None:
    """A clone works in any folder."""
    assert _found(_HOME, tracked) == []


def test_both_would_be_found(tmp_path: Path) -> None:
    """The two tests above can fail."""
    path = tmp_path / "lock"
    path.write_text(f"--index-url https://{HOSTS[0]}\n-e {HOMES[1]}me/xenflow\n", encoding="utf-8")

    assert len(_found(_HOST, [path])) == 1
    assert len(_found(_HOME, [path])) == 1


@pytest.mark.parametrize("lock", ["requirements.lock", "dev.lock", "tools.lock"])
def test_locks_pin_by_version_and_hash(root: Path, lock: str) -> None:
    """Each line is a name, a version, a marker and hashes."""
    text = (root / lock).read_text(encoding="utf-8").replace(" \\\n", " ")
    pinned = re.compile(
        r"[a-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+( ; [^;]+?)?( +--hash=sha256:[0-9a-f]{64})+"
    )

    assert [line for line in text.splitlines() if not pinned.fullmatch(line)] == []


def test_what_runs_is_what_was_tested(root: Path) -> None:
    """The development lock contains the product's dependencies at the same versions."""
    product, dev = (
        set(re.findall(r"^\S+==\S+", (root / lock).read_text(encoding="utf-8"), re.MULTILINE))
        for lock in ("requirements.lock", "dev.lock")
    )

    assert product <= dev
