"""One house a folder: whoever moves in holds a lock, which ends with the process at the latest."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local_stack.supervisor import Trouble

LOCK = "lock"


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if need be; raise Trouble where it is not ours to hold."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / LOCK).exists():
        raise Trouble(f"{folder} has other things in it; name an empty one with --folder")
    with (folder / LOCK).open("ab") as lock:
        if not _taken(lock.fileno()):
            raise Trouble(f"a xenflow is up in {folder} already; name another with --folder")
        yield


def clear(folder: Path) -> None:
    """Remove everything in a folder that is held, save the lock."""
    for path in folder.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _taken(lock: int) -> bool:
    """Take the lock at once; one that was removed meanwhile still belongs to who removes it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(lock).st_nlink > 0
