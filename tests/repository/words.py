"""The words that standard ones have replaced, and how they are found in a text."""

import re

# In halves, so that this file does not contain them.
RETIRED = (
    "bef" + "all",
    "bef" + "ell",
    "bef" + "allen",
    "bor" + "ne",
    "call" + "_off",
    "called" + " off",
    "call" + "ed_off",
    "des" + "ks?",
    "fal" + "len",
    "fel" + "l",
    "frai" + "l",
    "gat" + "es?",
    "good" + " news",
    "guest" + "books?",
    "hee" + "d(s|ed)?",
    "hou" + "ses?",
    "ho" + "useholds?",
    "inhab" + "ited",
    "led" + "gers?",
    "par" + "ades?",
    "pati" + "ence",
    "sea" + "ms?",
    "she" + "lf",
    "tal" + "ly",
    "tell" + "er",
    "tol" + "d",
    "tra" + "vels?",
    "tra" + "velling",
    "wit" + "ness",
    "wor" + "lds?",
    r"xen\.no" + r"w(?=\.)",
    r"xen\.la" + r"ter(?=\.)",
)

_WORD = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(RETIRED)})(?![a-z])", re.IGNORECASE)


def hits(where: str, text: str) -> list[str]:
    """Return where a text has a retired word, by its line."""
    return [
        f"{where}:{number}: {found[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for found in _WORD.finditer(line)
    ]
