"""Secrets in files, read only where other users cannot read them."""

import os
import stat
from pathlib import Path

from pydantic import SecretStr


class PrivateFileError(Exception):
    """A file with a secret cannot be read, or others can read it; the text names the remedy."""


def read(path: Path) -> SecretStr:
    """Return the secret in a file, without surrounding white space."""
    try:
        with path.open(encoding="utf-8") as file:
            _refuse_open_to_others(path, os.fstat(file.fileno()).st_mode)
            text = file.read().strip()
    except UnicodeDecodeError:
        raise PrivateFileError(f"{path} is not text") from None
    except OSError as error:
        raise PrivateFileError(f"cannot read {path}: {error.strerror}") from None
    if not text:
        raise PrivateFileError(f"{path} is empty")
    return SecretStr(text)


def _refuse_open_to_others(path: Path, mode: int) -> None:
    """Refuse what other users can read, except a file that a container engine mounts by itself.

    Such a file keeps the mode of its source, for the container's user is another than its owner.
    """
    if mode & stat.S_IRWXO and not os.path.ismount(path):
        raise PrivateFileError(f"{path} is open to all users of this machine: chmod 600 {path}")
