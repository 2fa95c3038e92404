"""The Lua scripts of the transport, as files in `lua/`."""

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis


@cache
def _text(name: str) -> str:
    return resources.files("workers.broker").joinpath("lua", f"{name}.lua").read_text("utf-8")


def script(redis: "Redis", name: str) -> Any:
    """Return a script that is called with `keys` and `args`."""
    return redis.register_script(_text(name))
