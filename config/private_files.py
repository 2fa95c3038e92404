"""Files that hold a secret, read only where nobody else can read them."""

import os
import stat
from pathlib import Path

from pydantic import SecretStr


class PrivateFileError(Exception):
    """A file with a secret cannot be read, or others can read it too; the text says what to do."""


def read(path: Path) -> SecretStr:
    """Read a secret from a file, without the white space around it."""
    try:
        with path.open(encoding="utf-8") as file:
            _refuse_open_to_others(path, os.fstat(file.fileno()).st_mode)
            text = file.read().strip()
    except UnicodeDecodeError:
        raise PrivateFileError(f"{path} holds no text") from None
    except OSError as error:
        raise PrivateFileError(f"cannot read {path}: {error.strerror}") from None
    if not text:
        raise PrivateFileError(f"{path} is empty")
    return SecretStr(text)


def _refuse_open_to_others(path: Path, mode: int) -> None:
    if mode & stat.S_IRWXO:
        raise PrivateFileError(f"{path} is open to everybody on this machine: chmod 600 {path}")
