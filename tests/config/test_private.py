"""A file with a secret is read only where nobody else can read it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config import private_files


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """Write a file with a secret, for its owner alone."""
    path = tmp_path / "secret"
    path.write_text("swordfish\n", encoding="utf-8")
    path.chmod(0o600)
    return path


def test_the_secret_is_read_without_its_line_end(secret_file: Path) -> None:
    """Editors end files with a line end; passwords have none."""
    assert private_files.read(secret_file).get_secret_value() == "swordfish"


def test_a_group_may_read_it(secret_file: Path) -> None:
    """A container's secrets belong to its group."""
    secret_file.chmod(0o640)

    assert private_files.read(secret_file).get_secret_value() == "swordfish"


def test_a_file_open_to_others_is_refused_with_its_cure(secret_file: Path) -> None:
    """The error is the command that mends it."""
    secret_file.chmod(0o644)

    with pytest.raises(private_files.PrivateFileError, match=f"chmod 600 {secret_file}"):
        private_files.read(secret_file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the path and the reason."""
    with pytest.raises(private_files.PrivateFileError, match="none: No such file or directory"):
        private_files.read(tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "message"), [(b" \n", "is empty"), (b"\xff\xfe", "is not text")]
)
def test_a_file_without_a_secret_is_refused(
    secret_file: Path, content: bytes, message: str
) -> None:
    """An empty password would be tried against XenServer for nothing."""
    secret_file.write_bytes(content)

    with pytest.raises(private_files.PrivateFileError, match=message):
        private_files.read(secret_file)


@pytest.mark.skipif(
    not shutil.which("unshare") or subprocess.call(["unshare", "-rm", "true"]) != 0,
    reason="NOT TESTED: this system does not allow mount namespaces",
)
def test_a_mounted_file_may_be_readable_by_all(secret_file: Path, tmp_path: Path) -> None:
    """A container engine mounts each secret as a file of its own, with the mode of its source."""
    secret_file.chmod(0o644)
    run = tmp_path / "run"  # another file system, as in a container
    run.mkdir()
    read = (
        "import pathlib, sys; from config import private_files;"
        "print(private_files.read(pathlib.Path(sys.argv[1])).get_secret_value())"
    )
    mount = 'mount -t tmpfs none "$1" && touch "$1/secret" && mount --bind "$0" "$1/secret"'
    script = f'{mount} && exec "$2" -c "$3" "$1/secret"'

    shown = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, secret_file, run, sys.executable, read],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (shown.stdout, shown.stderr) == ("swordfish\n", "")
