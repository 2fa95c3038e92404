"""Files and folders that options name: one that cannot be used is a misuse of its option."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.exit_codes import Code, CommandFailed

_UNUSABLE = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)
"""What is wrong with the path itself; a full disk, say, is not."""


@contextmanager
def named_by(option: str, path: Path | None) -> Iterator[None]:
    """Use the path of an option in the block; where it cannot be used, fail and name the option."""
    try:
        yield
    except OSError as error:
        if path is None or not _is_about(error, path):
            raise
        why = "it is a file, not a folder" if error.errno == errno.EEXIST else error.strerror
        text = f"{option}: {error.filename}: {why}"
        raise CommandFailed(Code.USAGE, text) from error


def _is_about(error: OSError, path: Path) -> bool:
    """Whether an error is one of the path, of a folder on the way to it, or of a file within."""
    if error.errno not in _UNUSABLE or not isinstance(error.filename, str):
        return False
    place = Path(error.filename)
    return place == path or place in path.parents or path in place.parents
