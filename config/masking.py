"""Mask passwords in text for logs and Flower.

xenflow's producers seal passwords. Another producer may send a plain one: the worker refuses it,
but by then its text has reached logs and Flower.

Text from outside may be of any length and shape, and an expression is matched with the interpreter
lock held. So text is cut before it is looked at, and no expression here looks at a character more
often than a fixed number of times: repetitions are possessive, and none stands before a fixed word.
"""

import re

STARS = "***"
LONGEST = 20_000  # characters of one text that people get to see
_NOTE = 40  # characters at most that tell how much is left out

_PASSWORD = re.compile(
    r"""(?P<name> (?:password|passwd|pwd) (?: ["']\s*+: | \s*+= ) \s*+ )
        (?: "(?:[^"\\]++|\\.)*+" | '(?:[^'\\]++|\\.)*+'    # quoted,
          | ["'].*+                                          # cut off before its end,
          | [^\s,;)\]}]++ )                                  # or bare""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_IN_URL = re.compile(r"(?P<before>://[^\s:/@]*+:)[^\s/@]++@")


def mask(text: str, *, longest: int = LONGEST) -> str:
    """Mask each password in the text of a Python or JSON mapping, and in URLs; cut a long text."""
    kept, note = _divided(text, longest)
    hidden = _PASSWORD.sub(rf"\g<name>'{STARS}'", kept)
    return _IN_URL.sub(rf"\g<before>{STARS}@", hidden) + note


def cut(text: str, longest: int) -> str:
    """Return at most this many characters: the text, or its beginning and how much is left out."""
    return "".join(_divided(text, longest))


def _divided(text: str, longest: int) -> tuple[str, str]:
    if len(text) <= longest:
        return text, ""
    kept = max(longest - _NOTE, 0)
    return text[:kept], f"... ({len(text) - kept} more characters)"


def is_secret(name: str) -> bool:
    """Return whether a field of this name contains a secret."""
    return name.lower().endswith(("password", "passwd", "pwd", "secret", "session"))
