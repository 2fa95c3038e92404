"""What is looked for: criteria, fields, pages."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xenserver import values
from xenserver.objects import ObjectRef
from xenserver.values import Record, Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is looked for and how much of it is wanted; nothing given means everything.

    `where` maps fields to the value they must have: an ObjectRef for a reference, one of several
    for a list or tuple, a member for a field that is a set; None leaves it out. `fits` is asked
    of each record too. `fields` of None means the useful ones, ["*"] all. The answer is in an
    order that stays, those after the object whose UUID is `after`, up to `limit`.
    """

    uuid: str | None = None
    name: str | None = None
    is_search_expression: bool = False
    where: Mapping[str, object] = field(default_factory=dict)
    fits: Callable[[Record], bool] | None = None
    fields: Sequence[str] | None = None
    limit: int | None = None
    after: str | None = None


def fits(record: Record, query: Query) -> bool:
    """Return whether a record meets all criteria."""
    criteria = {"uuid": query.uuid, **query.where}
    wanted = ((name, value) for name, value in criteria.items() if value is not None)
    if query.fits and not query.fits(record):
        return False
    return _named(record, query) and all(_is(record.get(name), value) for name, value in wanted)


def _named(record: Record, query: Query) -> bool:
    if query.name is None:
        return True
    label = values.text(record.get("name_label", ""))
    if query.is_search_expression:
        return query.name.casefold() in label.casefold()
    return query.name == label


def _is(value: Value, wanted: object) -> bool:
    match wanted:
        case ObjectRef():
            return _is(value, wanted.ref)
        case list() | tuple() | set() | frozenset():
            return any(_is(value, one) for one in wanted)
        case _:
            return wanted in value if isinstance(value, list) else wanted == value
