"""A folder is held by one stack at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

from workers.local_stack import folder_lock
from workers.local_stack.supervisor import StackError


def test_a_second_is_refused_in_words(tmp_path: Path) -> None:
    """The error names the folder and the option for another one."""
    with (
        folder_lock.within(tmp_path),
        pytest.raises(StackError, match=r"already runs in .*; name another folder with --folder"),
        folder_lock.within(tmp_path),
    ):
        pass


def test_the_next_may_move_in(tmp_path: Path) -> None:
    """The lock that the first one left behind does not matter."""
    with folder_lock.within(tmp_path / "home"):
        pass
    with folder_lock.within(tmp_path / "home"):
        folder_lock.clear(tmp_path / "home")


def test_clearing_keeps_the_lock(tmp_path: Path) -> None:
    """Otherwise a second stack would take a lock of its own."""
    with folder_lock.within(tmp_path):
        (tmp_path / "valkey").mkdir()
        (tmp_path / "valkey" / "data").touch()
        (tmp_path / "worker.log").touch()

        folder_lock.clear(tmp_path)

        assert [path.name for path in tmp_path.iterdir()] == [folder_lock.LOCK]


@pytest.mark.parametrize("name", ["up", "demo"])
def test_a_second_command_leaves_the_first_ones_folder_alone(name: str, tmp_path: Path) -> None:
    """It exits with 1 and removes nothing."""
    words = [sys.executable, "-m", "cli", name, "--folder", str(tmp_path)]
    with folder_lock.within(tmp_path):
        (tmp_path / "worker.log").write_text("at work", encoding="utf-8")
        refused = subprocess.run(words, capture_output=True, check=False, text=True)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"xenflow: xenflow already runs in {tmp_path}")
    assert (tmp_path / "worker.log").read_text(encoding="utf-8") == "at work"


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    """A demo would delete them."""
    (tmp_path / "thesis.txt").touch()

    with pytest.raises(StackError, match="contains other files"), folder_lock.within(tmp_path):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
