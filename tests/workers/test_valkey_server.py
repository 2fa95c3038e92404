"""Valkey comes up wherever its folder is."""

import os
from contextlib import closing
from pathlib import Path

import pytest

from workers.local_stack import valkey_server


@pytest.mark.parametrize("name", ["with a space", 'with "quotes"', "with \\ and 'more'"])
def test_a_folder_may_be_called_anything(name: str, tmp_path: Path) -> None:
    """Its data lies there, and nowhere else."""
    folder = tmp_path / name
    server = valkey_server.start(folder)
    try:
        with closing(server.client()) as client:
            reply = client.config_get("dir")
    finally:
        server.stop()

    assert reply["dir"] == str(folder)
    assert (folder / "appendonlydir").is_dir()


def test_nobody_else_can_read_its_files(tmp_path: Path) -> None:
    """Messages and answers are in them, whatever the umask of who starts it."""
    before = os.umask(0o000)
    try:
        server = valkey_server.start(tmp_path / "valkey")
    finally:
        os.umask(before)
    with closing(server.client()) as client:
        client.set("a", "b")
        client.save()
    server.stop()

    made = [tmp_path / "valkey", *(tmp_path / "valkey" / "appendonlydir").rglob("*")]
    made += (tmp_path / "valkey").glob("*.rdb")
    assert len(made) >= 4
    assert [path for path in made if path.stat().st_mode & 0o077] == []
