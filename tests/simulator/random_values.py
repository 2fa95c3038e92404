"""Values for the parameters of XenAPI messages: right ones, and wrong ones of many kinds."""

import random
from collections.abc import Callable
from typing import Any

from simulator import datamodel
from simulator.tables import NULL, Database

Maker = Callable[[], Any]

DEAD = "OpaqueRef:00000000-0000-4000-8000-000000000000"
_TEXTS = ("", "web01", "true", "0", "xvda", "10.0.0.1/24", "a" * 5000, "é\u2028😀", "<&>'\"\\")
_ODD_TEXTS = ("\x00", "\x01\x1f", "\ufffe", "\r\n\t", "(('a' 'b')", "OpaqueRef:NULL ")
_HUGE = (2**31, 2**63 - 1, -(2**63), 2**63, 2**200, -1)
_FLOATS = (0.0, -1.5, 1e300, float("nan"), float("inf"), 5e-324)
_DATES = ("20260101T00:00:00Z", "19700101T00:00:00Z", "20261301T00:00:00Z", "2026-01-01", "")
_CARE = (0.5, 0.9, 1.0)
_ALMOST_ALWAYS = 0.97
_LONGEST = 3
_DEEP = 200


class Values:
    """Draws values for the parameters of a message: with more or less care all are right."""

    def __init__(self, db: Database, rng: random.Random) -> None:
        self._db = db
        self._rng = rng
        self._care = rng.choice(_CARE)
        self._plain: dict[str, Maker] = {
            "string": lambda: rng.choice(_TEXTS),
            "int": self._int,
            "float": lambda: rng.choice(_FLOATS[:3]),
            "bool": lambda: rng.choice((False, True)),
            "datetime": lambda: rng.choice(_DATES[:2]),
        }

    def parameter(self, kind: datamodel.Type) -> Any:
        """Return a value that is mostly of the type, and else any."""
        return self._right(kind) if self._rng.random() < self._care else self._wrong()

    def reference(self, cls: str) -> str:
        """Return the reference of an object of the class; a dead one where there is none."""
        refs = self._db.refs(cls) if cls in self._db.tables else []
        return self._rng.choice(refs) if refs else DEAD

    def _right(self, kind: datamodel.Type) -> Any:
        match kind.kind:
            case "ref":
                return self.reference(kind.name)
            case "enum":
                return self._rng.choice(self._db.model.enums[kind.name])
            case "record":
                return self._record(kind.name)
            case "option":
                return self._right(kind.items[0])
            case "set" | "map":
                return self._collection(kind)
        return self._plain.get(kind.kind, self._wrong)()

    def _collection(self, kind: datamodel.Type) -> list[Any] | dict[str, Any]:
        items = [[self.parameter(item) for item in kind.items] for _ in range(self._length())]
        if kind.kind == "set":
            return [value for (value,) in items]
        return {str(key): value for key, value in items}

    def _record(self, cls: str) -> dict[str, Any]:
        """Return a record with most of the fields; a few are of another type or lack."""
        fields = self._db.model.classes[cls].fields.values()
        return {
            each.name: self._right(each.type) if self._mostly() else self._wrong()
            for each in fields
            if self._mostly()
        }

    def _wrong(self) -> Any:
        classes = list(self._db.tables)
        return self._rng.choice(
            (
                lambda: NULL,
                lambda: DEAD,
                lambda: self.reference(self._rng.choice(classes)),
                lambda: self._rng.choice(_ODD_TEXTS),
                lambda: self._rng.choice(_TEXTS),
                self._int,
                lambda: self._rng.choice(_HUGE),
                lambda: self._rng.choice(_FLOATS),
                lambda: self._rng.choice(_DATES),
                lambda: self._rng.choice((False, True)),
                list,
                dict,
                lambda: [NULL, 1, {"a": []}],
                lambda: {"": None},
                lambda: None,
                self._nest,
            )
        )()

    def _nest(self) -> Any:
        value: Any = []
        for _ in range(self._rng.randrange(_DEEP)):
            value = [value]
        return value

    def _int(self) -> int | str:
        number = self._rng.choice((0, 1, 2, 4096, 1 << 30, *_HUGE))
        return self._rng.choice((number, str(number)))

    def _mostly(self) -> bool:
        return self._rng.random() < _ALMOST_ALWAYS

    def _length(self) -> int:
        return self._rng.randrange(_LONGEST)
