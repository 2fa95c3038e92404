"""Where and why a connection failed, in words: without secrets, and without Python's number."""

import re
from urllib.parse import urlsplit

_PORT = 6379  # where the address of a Redis names none
_SYSTEM = re.compile(r"^(?:\[Errno -?\d+\] |Error -?\d+ )(?:connecting to \S+?\. )?(.+?)\.?$")
_UNKNOWN_HOST = re.compile(
    r"no such host|name or service not known|nodename nor|no address associated|name resolution",
    re.IGNORECASE,
)


def place(url: str) -> str:
    """Return where the Redis of an address is: its host and port, or its socket."""
    where = urlsplit(url)
    return f"{where.hostname}:{where.port or _PORT}" if where.hostname else where.path


def reason(text: str) -> str:
    """Return the reason of a failed connection: "connection refused"."""
    found = _SYSTEM.match(text.strip())
    words = found[1] if found else text.strip().removesuffix(".")
    if is_of_host(words):
        return "no such host"
    return words[:1].lower() + words[1:] if found else words


def is_of_host(text: str) -> bool:
    """Return whether the name of the host is what is wrong."""
    return _UNKNOWN_HOST.search(text) is not None
