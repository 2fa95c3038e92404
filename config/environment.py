"""The environment of subprocesses: this process's own, with other settings."""

import os

from config.setting_files import SUFFIX
from config.settings import PREFIX


def with_settings(**settings: object) -> dict[str, str]:
    """Return this process's environment with settings replaced: `redis_url=...`, `timeout=...`."""
    changed = {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    files = {name + SUFFIX for name in changed}
    kept = {name: value for name, value in os.environ.items() if name not in files}
    return {**kept, **changed}
