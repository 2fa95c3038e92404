"""The page of errors."""

import re
from collections.abc import Iterator

from workers.pages import markdown
from xenserver import errors, phrases

_ABOUT = """\
A task that fails has Celery's state FAILURE. Its result names the class, which says what to do
next, and carries the code, XenServer's parameters and a message in words. Codes that begin with
`XENFLOW_` are ours, the others XenServer's; a code that is not here is `Denied` if it begins
with `RBAC_`, `AUTH_` or `SESSION_`, and else `Unknown`.

In the words below `…` stands for what XenServer names: an object, a state, a number. For codes
without words of ours, XenServer's own are told."""
_GAP = re.compile(r"\{\d+(:\w+)?\}")


def page() -> str:
    """Give the page of errors, by class."""
    return markdown.page("Errors", _ABOUT, *_classes(errors.XenflowError))


def _classes(parent: type[errors.XenflowError]) -> Iterator[str]:
    for kind in parent.__subclasses__():
        yield f"## {kind.__name__}"
        yield (kind.__doc__ or "").partition("\n")[0]
        codes = sorted(code for code, its in errors.codes().items() if its is kind)
        told = {code: _GAP.sub("…", phrases.phrase(code)) for code in codes}
        worded = [[markdown.term(code), words] for code, words in told.items() if words]
        yield markdown.table(["code", "in words"], worded)
        yield markdown.terms(code for code, words in told.items() if not words)
        yield from _classes(kind)
