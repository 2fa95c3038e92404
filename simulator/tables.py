"""The pool's database: one table per class, consistent back references, a generation per change.

Records are plain dicts of wire values (dates are text, sets lists, maps dicts), to be read by
anyone and changed by `put` alone: it keeps back references (`VM.VBDs` follows `VBD.VM`), dates the
change for `event.from`, drops encoded fragments and wakes the watchers.
"""

import asyncio
import bisect
import random
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulator import datamodel
from simulator.errors import Failure, invalid_handle

NULL = datamodel.NULL
Record = dict[str, Any]

INDEXED = frozenset({"name_label", "suspend_VDI", "address"})
"""Fields by whose value objects are found without a look at every one."""

_REMEMBERED_DELETIONS = 512
_LIMIT = 1 << 63


def fitting(value: Any) -> Any:  # noqa: ANN401 - any wire value
    """Return an integer as 64 bits hold it: the toolstack's arithmetic wraps around."""
    if type(value) is int and not -_LIMIT <= value < _LIMIT:
        return (value + _LIMIT) % (2 * _LIMIT) - _LIMIT
    return value


@dataclass(slots=True)
class Row:
    """One object: its record, when it was made and last changed, its encoded forms."""

    cls: datamodel.Class
    ref: str
    record: Record
    created: int
    modified: int
    fragments: dict[str, bytes] = field(default_factory=dict)

    @property
    def shown(self) -> Record:
        """Return the record as the pool's release has it."""
        if not self.cls.hidden:
            return self.record
        return {name: v for name, v in self.record.items() if name not in self.cls.hidden}


@dataclass(frozen=True, slots=True)
class Deletion:
    """An object that is gone: made and deleted at these generations."""

    ref: str
    created: int
    deleted: int


class Table:
    """The rows of one class, in the order of their last change."""

    def __init__(self, cls: datamodel.Class) -> None:
        self.cls = cls
        self.rows: dict[str, Row] = {}
        self.uuids: dict[str, str] = {}
        self.recent: dict[str, Row] = {}
        self.deletions: deque[Deletion] = deque(maxlen=_REMEMBERED_DELETIONS)
        self._indexes: dict[str, dict[Any, dict[str, None]]] = {
            name: {} for name in cls.fields if name in INDEXED
        }

    def changed_since(self, generation: int) -> Iterator[Row]:
        """Return the rows that changed after `generation`, latest first."""
        for row in reversed(self.recent.values()):
            if row.modified <= generation:
                return
            yield row

    def candidates(self, fields: Record) -> Iterator[Row]:
        """Return the rows that may have these values: of an indexed field only those that do."""
        for name, index in self._indexes.items():
            if name in fields:
                return (self.rows[ref] for ref in list(index.get(fields[name], ())))
        return iter(self.rows.values())

    def index(self, row: Row, names: Iterable[str]) -> None:
        """Index the present values of a row's indexed fields."""
        for name in names:
            if name in self._indexes:
                self._indexes[name].setdefault(row.record[name], {})[row.ref] = None

    def unindex(self, row: Row, names: Iterable[str]) -> None:
        """Take the present values of a row's indexed fields out."""
        for name in names:
            if name in self._indexes:
                found = self._indexes[name][row.record[name]]
                del found[row.ref]
                if not found:
                    del self._indexes[name][row.record[name]]


Listener = Callable[[str, Row], None]
"""Called with every change: `add`, `mod` or `del`, and the row, which is still there."""


class Database:
    """All tables of a pool; `generation` grows with every change."""

    def __init__(self, model: datamodel.Model, rng: random.Random) -> None:
        self.model = model
        self.generation = 1
        self.deferred = False  # see preconditions.deferred
        self.tools: set[str] = set()  # VMs whose disks hold the guest tools, see guests
        self.held: set[str] = set()  # disks that their back end has not released, see back_end
        self.tables = {cls.name: Table(cls) for cls in model.classes.values() if cls.stored}
        self._rng = rng
        seed = rng.getrandbits(64)
        self._rngs = {cls: random.Random(f"{seed} {cls}") for cls in self.tables}  # noqa: S311 - determinism is the point
        self._dangling: dict[tuple[str, str], None] = {}
        self.listener: Listener | None = None
        self._watchers: dict[str, dict[asyncio.Future[None], None]] = {}

    def new_uuid(self, cls: str = "") -> str:
        """Make a UUID; the pool's seed decides which.

        Those of objects depend on how many of their class were made, whatever else was.
        """
        rng = self._rngs.get(cls, self._rng)
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    def new_ref(self, cls: str = "") -> str:
        """Make a reference, unlike any other and unlike the object's UUID."""
        return f"OpaqueRef:{self.new_uuid(cls)}"

    def create(self, cls: str, record: Record | None = None, /, **fields: Any) -> str:  # noqa: ANN401 - wire values
        """Make an object and give its reference.

        Missing fields get their defaults; back references (`VM.VBDs`) are always those that exist.
        """
        table = self.tables[cls]
        given = {**(record or {}), **fields}
        whole = {
            name: fitting(given[name])
            if name in given and not declared.back
            else declared.initial()
            for name, declared in table.cls.fields.items()
        }
        if "uuid" in whole:
            whole["uuid"] = whole["uuid"] or self.new_uuid(cls)
        ref = self.new_ref(cls)
        self._insert(table, Row(table.cls, ref, whole, self.generation + 1, 0))
        return ref

    def get(self, cls: str, ref: str) -> Record:
        """Return the live record, to be read only; HANDLE_INVALID where there is none."""
        return self.row(cls, ref).record

    def row(self, cls: str, ref: str) -> Row:
        """Return the row; codecs encode it as its record. HANDLE_INVALID where there is none."""
        row = self.tables[cls].rows.get(ref)
        if row is None:
            raise invalid_handle(cls, ref)
        return row

    def exists(self, cls: str, ref: str) -> bool:
        """Return whether an object of this class has this reference."""
        return ref in self.tables[cls].rows

    def refs(self, cls: str) -> list[str]:
        """Return the references of all objects of a class, oldest first."""
        return list(self.tables[cls].rows)

    def where(self, cls: str, **fields: Any) -> list[str]:  # noqa: ANN401 - wire values
        """Return the references of the objects whose fields all have these values."""
        return [
            row.ref
            for row in self.tables[cls].candidates(fields)
            if all(row.record[name] == value for name, value in fields.items())
        ]

    def by_uuid(self, cls: str, uuid: str) -> str:
        """Return the reference of the object with this UUID; UUID_INVALID where there is none."""
        ref = self.tables[cls].uuids.get(uuid)
        if ref is None:
            raise Failure("UUID_INVALID", cls, uuid)
        return ref

    def put(self, cls: str, ref: str, /, **fields: Any) -> None:  # noqa: ANN401 - wire values
        """Set fields; a value that is there already is not a change. HANDLE_INVALID if dead."""
        row = self.row(cls, ref)
        fitted = ((name, fitting(value)) for name, value in fields.items())
        changed = {name: value for name, value in fitted if row.record[name] != value}
        if not changed:
            return
        for name in changed.keys() & row.cls.links.keys():
            self._unlink(row, name)
        table = self.tables[cls]
        table.unindex(row, changed)
        row.record.update(changed)
        table.index(row, changed)
        self._touch(row)
        for name in changed.keys() & row.cls.links.keys():
            self._link(row, name)

    def put_key(self, cls: str, ref: str, name: str, key: str, value: Any) -> None:  # noqa: ANN401 - wire value
        """Set one key of a map field, such as `current_operations`."""
        self.put(cls, ref, **{name: {**self.get(cls, ref)[name], key: value}})

    def drop_key(self, cls: str, ref: str, name: str, key: str) -> None:
        """Remove one key of a map field; absent is fine."""
        present = self.get(cls, ref)[name]
        self.put(cls, ref, **{name: {k: v for k, v in present.items() if k != key}})

    def put_item(self, cls: str, ref: str, name: str, item: Any) -> None:  # noqa: ANN401 - wire value
        """Append an item to a set field; present is fine."""
        present = self.get(cls, ref)[name]
        if item not in present:
            self.put(cls, ref, **{name: [*present, item]})

    def drop_item(self, cls: str, ref: str, name: str, item: Any) -> None:  # noqa: ANN401 - wire value
        """Remove an item of a set field; absent is fine."""
        present = self.get(cls, ref)[name]
        self.put(cls, ref, **{name: [each for each in present if each != item]})

    def destroy(self, cls: str, ref: str) -> None:
        """Delete an object; what points at it dangles, as in XenServer. HANDLE_INVALID if dead."""
        row = self.row(cls, ref)
        table = self.tables[cls]
        self._notify("del", row)
        del table.rows[ref], table.recent[ref]
        table.uuids.pop(row.record.get("uuid", ""), None)
        table.unindex(row, row.record)
        for name in row.cls.links:
            self._unlink(row, name)
        self._note_dangling(row)
        self.generation += 1
        table.deletions.append(Deletion(ref, row.created, self.generation))
        self._wake(cls, ref)

    def touch(self, cls: str, ref: str) -> None:
        """Date a change of an object that has not changed: a forced `mod` event."""
        self._touch(self.row(cls, ref))

    def take_dangling(self) -> list[tuple[str, str]]:
        """Return the objects, by class and reference, that lost what they point at since then."""
        found = list(self._dangling)
        self._dangling.clear()
        return found

    def watch(self, *keys: str) -> asyncio.Future[None]:
        """Return a future for the next change of any key: a class, a reference, or `*`."""
        change: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for key in keys:
            self._watchers.setdefault(key, {})[change] = None
        change.add_done_callback(lambda done: self._forget(done, keys))
        return change

    def _insert(self, table: Table, row: Row) -> None:
        table.rows[row.ref] = row
        table.uuids[row.record.get("uuid", "")] = row.ref
        table.index(row, row.record)
        self._touch(row, "add")
        for name in row.cls.links:
            self._link(row, name)

    def _touch(self, row: Row, operation: str = "mod") -> None:
        self.generation += 1
        row.modified = self.generation
        row.fragments.clear()
        recent = self.tables[row.cls.name].recent
        recent.pop(row.ref, None)
        recent[row.ref] = row
        self._notify(operation, row)
        self._wake(row.cls.name, row.ref)

    def _notify(self, operation: str, row: Row) -> None:
        if self.listener:
            self.listener(operation, row)

    def _link(self, row: Row, name: str) -> None:
        other = self._far_end(row, name)
        if other:
            back = row.cls.links[name].field
            other.record[back].append(row.ref)
            self._touch(other)
        else:
            self._dangling[row.cls.name, row.ref] = None

    def _note_dangling(self, gone: Row) -> None:
        for name, declared in gone.cls.fields.items():
            if declared.back:
                near = ((declared.back.cls, ref) for ref in gone.record[name])
                self._dangling.update(dict.fromkeys(near))

    def _unlink(self, row: Row, name: str) -> None:
        other = self._far_end(row, name)
        if other:
            back = row.cls.links[name].field
            refs = other.record[back]
            at = self._position(refs, row)
            other.record[back] = [*refs[:at], *refs[at + 1 :]]  # who walks the old list goes on
            self._touch(other)

    def _position(self, refs: list[str], row: Row) -> int:
        """Return where a row is in a back reference; most of these are in the order of creation."""
        rows = self.tables[row.cls.name].rows

        def created(ref: str) -> int:
            return rows.get(ref, row).created

        at = bisect.bisect_left(refs, row.created, key=created)
        return at if refs[at : at + 1] == [row.ref] else refs.index(row.ref)

    def _far_end(self, row: Row, name: str) -> Row | None:
        return self.tables[row.cls.links[name].cls].rows.get(row.record[name])

    def _wake(self, *keys: str) -> None:
        for key in (*keys, "*"):
            for change in self._watchers.pop(key, ()):
                if not change.done():
                    change.set_result(None)

    def _forget(self, change: asyncio.Future[None], keys: tuple[str, ...]) -> None:
        for key in keys:
            watching = self._watchers.get(key, {})
            watching.pop(change, None)
            if not watching:
                self._watchers.pop(key, None)
