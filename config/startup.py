"""The settings that a command needs before it imports anything heavy.

Importing pydantic takes longer than a shell completion may take. So what completion and a look at
runs need is read here without it; `config.settings` holds the same fields, with their checks.
"""

import importlib
import os
from pathlib import Path

PREFIX = "XENFLOW_"
REDIS_URL = "redis://127.0.0.1:6379/0"
KEY_PREFIX = "xenflow"

_PLAIN = frozenset(
    {
        "REDIS_URL",
        "RESULT_BACKEND",
        "BROKER_URL",
        "GLOBAL_KEYPREFIX",
        "KEY_PREFIX",
        "OPERATIONS_PATH",
        "TARGETS",
    }
)
"""Variables that need no check to be used here; any other has all of them checked."""


def journal() -> tuple[str, str]:
    """Return the address of the journal's Redis, and what stands before the journal's keys."""
    url = _read("RESULT_BACKEND") or _read("REDIS_URL") or REDIS_URL
    prefix = _read("GLOBAL_KEYPREFIX") + (_read("KEY_PREFIX") or KEY_PREFIX)
    if url.startswith("redis://") and not _others():
        return url, prefix
    settings = importlib.import_module("config.settings").load()
    return str(settings.result_backend), str(settings.journal_prefix)


def broker() -> tuple[str, str]:
    """Return the address of the messages' Redis, and what stands before its keys."""
    url = _read("BROKER_URL") or _read("REDIS_URL") or REDIS_URL
    if url.startswith("redis://") and not _others():
        return url, _read("GLOBAL_KEYPREFIX")
    settings = importlib.import_module("config.settings").load()
    return str(settings.broker_url), str(settings.global_keyprefix)


def _others() -> list[str]:
    names = [name.removeprefix(PREFIX) for name in os.environ if name.startswith(PREFIX)]
    return [name for name in names if name not in _PLAIN]


def operations_path() -> Path | None:
    """Return the folder with people's own operations, where one is set."""
    folder = _read("OPERATIONS_PATH")
    return Path(folder) if folder else None


def targets() -> Path | None:
    """Return the file of connection profiles, where one is set."""
    file = _read("TARGETS")
    return Path(file) if file else None


def cache_folder() -> Path:
    """Return the folder for what can be computed again."""
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path("~/.cache").expanduser()) / "xenflow"


def _read(name: str) -> str:
    return os.environ.get(PREFIX + name, "")
