"""Passwords in text that people will see are replaced by three stars.

Our own producers seal passwords. A foreign one may send a plain one: the worker refuses it,
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
    """Hide each password in the text of a Python or JSON mapping, and in URLs."""
    hidden = _PASSWORD.sub(rf"\g<name>'{STARS}'", text)
    return _IN_URL.sub(rf"\g<before>{STARS}@", hidden)


def is_secret(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return name.lower().endswith(("password", "passwd", "pwd", "secret", "session"))
