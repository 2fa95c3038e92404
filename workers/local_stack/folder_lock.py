"""One stack in a folder: it holds a lock, which ends with the process at the latest."""

import fcntl
import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.local_stack.supervisor import StackError

LOCK = "lock"


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is missing; raise StackError where it cannot be held."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / LOCK).exists():
        raise StackError(f"{folder} contains other files; name an empty folder with --folder")
    with (folder / LOCK).open("ab") as lock:
        if not _taken(lock.fileno()):
            env = shlex.quote(str(folder / "env"))
            text = f"xenflow already runs in {folder}: `. {env}` leads a shell to it"
            raise StackError(f"{text}; name another folder with --folder")
        yield


def clear(folder: Path) -> None:
    """Remove everything in a folder that is held, except the lock."""
    for path in folder.iterdir():
        if path.name == LOCK:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _taken(lock: int) -> bool:
    """Take the lock at once, or return False; a lock file that was removed counts as taken."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return os.fstat(lock).st_nlink > 0
