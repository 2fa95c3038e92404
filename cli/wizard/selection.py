"""Choosing methods on a terminal: what is typed is searched for in the names as one types."""

from collections.abc import Mapping, Sequence

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import FuzzyWordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.validation import ValidationError, Validator

_HINT = """\
Type any part of a name. Tab or the arrow keys choose one of the list, Enter adds it.
Enter on an empty line finishes; Ctrl-C ends without writing anything.
"""


class _Offered(Validator):
    """Takes the names that are offered, and an empty line."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)

    def validate(self, document: Document) -> None:
        """Refuse what is not a name."""
        if document.text.strip() and document.text.strip() not in self._names:
            end = len(document.text)
            text = "no method has this name; choose one by Tab or the arrow keys, then press Enter"
            raise ValidationError(end, text)


def pick(offered: Sequence[str], meanings: Mapping[str, str]) -> list[str]:
    """Ask for methods until an empty line; `meanings` stand beside the names in the list.

    Raises KeyboardInterrupt and EOFError as the person ends it.
    """
    session: PromptSession[str] = PromptSession(
        completer=FuzzyWordCompleter(list(offered), meta_dict=dict(meanings)),
        complete_while_typing=True,
        validator=_Offered(offered),
        validate_while_typing=False,
    )
    print_formatted_text(_HINT, end="")
    picked: list[str] = []
    while method := session.prompt("method: ").strip():
        picked.append(method)
    return list(dict.fromkeys(picked))
