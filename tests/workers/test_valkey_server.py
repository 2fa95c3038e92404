"""Valkey comes up wherever its folder is."""

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
            told = client.config_get("dir")
    finally:
        server.stop()

    assert told["dir"] == str(folder)
    assert (folder / "appendonlydir").is_dir()
