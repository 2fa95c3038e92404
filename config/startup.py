"""The settings that a command needs before it imports anything heavy.

Importing pydantic takes longer than a shell completion may take. So what completion needs is read
here without it, unchecked; `config.settings` holds the same fields, with their checks.
"""

import importlib
import os
from pathlib import Path

PREFIX = "XENFLOW_"
REDIS_URL = "redis://127.0.0.1:6379/0"
KEY_PREFIX = "xenflow"

_ELSEWHERE = ("REDIS_PASSWORD", "REDIS_PASSWORD_FILE", "REDIS_URL_FILE", "RESULT_BACKEND_FILE")
"""Variables that need the whole of `config.settings`."""


def result_backend() -> str:
    """Return the address of the Redis that holds answers and journal."""
    if any(PREFIX + name in os.environ for name in _ELSEWHERE):
        return str(importlib.import_module("config.settings").load().result_backend)
    return _read("RESULT_BACKEND") or _read("REDIS_URL") or REDIS_URL


def journal_prefix() -> str:
    """Return what stands before the keys of the journal."""
    return _read("GLOBAL_KEYPREFIX") + (_read("KEY_PREFIX") or KEY_PREFIX)


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
