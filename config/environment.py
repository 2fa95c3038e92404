"""The environment of the processes that we start: ours, with settings of their own."""

import os

from config.settings import PREFIX


def with_settings(**settings: object) -> dict[str, str]:
    """Return this process's environment with settings changed: `redis_url=...`, `timeout=...`."""
    changed = {PREFIX + name.upper(): str(value) for name, value in settings.items()}
    return {**os.environ, **changed}
