"""Mask passwords in text for logs and Flower.

xenflow's producers seal passwords. Another producer may send a plain one: the worker refuses it,
but by then its text has reached logs and Flower.
"""

import re

STARS = "***"

_PASSWORD = re.compile(
    r"""(?P<name> ["']\w*(?:password|passwd|pwd)["'] \s* : \s*
               |    \w*(?:password|passwd|pwd)     \s* = \s* )
        (?: "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*'    # quoted,
          | ["'].*                                     # cut off before its end,
          | [^\s,;)\]}]+ )                             # or bare""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_IN_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+@", re.IGNORECASE)


def mask(text: str) -> str:
    """Mask each password in the text of a Python or JSON mapping, and in URLs."""
    hidden = _PASSWORD.sub(rf"\g<name>'{STARS}'", text)
    return _IN_URL.sub(rf"\g<before>{STARS}@", hidden)


def is_secret(name: str) -> bool:
    """Return whether a field of this name contains a secret."""
    return name.lower().endswith(("password", "passwd", "pwd", "secret", "session"))
