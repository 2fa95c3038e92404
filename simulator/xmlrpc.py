"""XML-RPC of the toolstack: numbers as text, no `<string>` tags, no faults."""

import functools
import re
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from simulator import unmarshal
from simulator.datamodel import Type
from simulator.errors import Failure
from simulator.exchange import DEEPEST, Answer, BadRequestError
from simulator.tables import Row

CONTENT_TYPE = b"text/xml"

_HEAD = b'<?xml version="1.0"?><methodResponse><params><param>'
_TAIL = b"</param></params></methodResponse>"
_OK = (
    _HEAD + b"<value><struct><member><name>Status</name><value>Success</value></member>"
    b"<member><name>Value</name>"
)
_FAILURE = (
    b"<value><struct><member><name>Status</name><value>Failure</value></member>"
    b"<member><name>ErrorDescription</name>"
)
_END = b"</member></struct></value>"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_DECIMAL = re.compile(r"-?[0-9]{1,400}")
_SPECIAL = re.compile(r'[&<>"\x00-\x08\x0b\x0c\x0e-\x1f]')

Encoder = Callable[[Any], bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """A call: method and parameters."""

    method: str
    params: list[Any]

    def success(self, answer: Answer) -> bytes:
        """Encode an answer; that of a method of `system` has no Status."""
        value = encode(answer.value, answer.kind)
        return b"".join((_HEAD, value, _TAIL) if answer.bare else (_OK, value, _END, _TAIL))

    def failure(self, refusal: Failure) -> bytes:
        """Encode a refusal."""
        return early_failure(refusal)


class Decoder(xmlrpc.client.Unmarshaller):
    """Decoder that reads scalars as the toolstack's RPC library does."""

    def __init__(self) -> None:
        super().__init__(use_datetime=False, use_builtin_types=False)
        scalars = {"boolean": _truth, "int": _number, "i4": _number, "i8": _number}
        self.dispatch = {
            **self.dispatch,
            **{tag: functools.partial(self._append, read) for tag, read in scalars.items()},
        }

    def _append(self, read: Callable[[str], int], _: object, data: str) -> None:
        """Append a value; its tag is the whole of it."""
        self.append(read(data))
        self._value = False


def _truth(data: str) -> bool:
    if not data:
        raise ValueError("empty")
    return data == "1"


def _number(data: str) -> int:
    """Read an integer; one beyond 64 bits is refused at the call."""
    return int(data) if _DECIMAL.fullmatch(data) else unmarshal.integer(data)


def read(body: bytes) -> Request:
    """Return the call in a body; BadRequestError if it has none."""
    if b"<params" not in body:
        raise BadRequestError("Xmlrpc: expected <params>")
    decoder = Decoder()
    parser = xmlrpc.client.ExpatParser(decoder)
    try:
        parser.feed(body)
        parser.close()
        params, method = decoder.close(), decoder.getmethodname()
    except ExpatError as error:
        raise BadRequestError(f"Xmlm.Error(({error.lineno}, {error.offset}), _)") from error
    except (xmlrpc.client.Error, Failure, ValueError, TypeError, LookupError) as error:
        raise BadRequestError("Xmlrpc.Parse_error(_, _, _)") from error
    if not method:
        raise BadRequestError("Xmlrpc: expected <methodCall>")
    return Request(method, [_plain(param) for param in params])


def early_failure(refusal: Failure) -> bytes:
    """Encode a refusal: an answer too, never a fault."""
    return b"".join((_HEAD, _FAILURE, _untyped(refusal.description()), _END, _TAIL))


def encode(value: Any, kind: Type) -> bytes:  # noqa: ANN401 - any wire value
    """Write a value of a type, `<value>` around it; a Row as its record, encoded once."""
    return _encoder(kind)(value)


@functools.cache
def _encoder(kind: Type) -> Encoder:
    match kind.kind:
        case "set":
            return functools.partial(_array, _encoder(kind.items[0]))
        case "map":
            return functools.partial(_map, _encoder(kind.items[1]))
        case "option":
            return functools.partial(_option, _encoder(kind.items[0]))
        case _:
            return _ENCODERS.get(kind.kind, _text)


def _text(value: str) -> bytes:
    return f"<value>{_escape(value)}</value>".encode(errors="replace")


def _void(_: object) -> bytes:
    return b"<value></value>"


def _int(value: int) -> bytes:
    return b"<value>%d</value>" % value


def _float(value: float) -> bytes:
    return f"<value><double>{value:.16g}</double></value>".encode()


def _bool(value: bool) -> bytes:  # noqa: FBT001 - an encoder takes its value
    return b"<value><boolean>%d</boolean></value>" % value


def _date(value: str) -> bytes:
    return f"<value><dateTime.iso8601>{value}</dateTime.iso8601></value>".encode()


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES.get(found[0], ""), text)


def _array(item: Encoder, values: list[Any]) -> bytes:
    return b"<value><array><data>%s</data></array></value>" % b"".join(map(item, values))


def _map(item: Encoder, values: dict[str, Any]) -> bytes:
    return _struct((name, item(value)) for name, value in values.items())


def _option(item: Encoder, value: Any) -> bytes:  # noqa: ANN401 - any wire value
    return b"<value><nil/></value>" if value is None else item(value)


def _struct(members: Any) -> bytes:  # noqa: ANN401 - an iterable of pairs
    inner = (
        b"<member><name>%s</name>%s</member>" % (_escape(name).encode(errors="replace"), value)
        for name, value in members
    )
    return b"<value><struct>%s</struct></value>" % b"".join(inner)


def _row(row: Row) -> bytes:
    known = row.fragments.get("xml")
    if known is None:
        fields = row.cls.fields
        known = _struct((name, _encoder(fields[name].type)(v)) for name, v in row.shown.items())
        row.fragments["xml"] = known
    return known


def _batch(batch: dict[str, Any]) -> bytes:
    counts = batch["valid_ref_counts"].items()
    return _struct(
        (
            ("events", _untyped(batch["events"])),
            ("valid_ref_counts", _struct((name, _i4(count)) for name, count in counts)),
            ("token", _text(batch["token"])),
        )
    )


def _i4(count: int) -> bytes:
    return b"<value><i4>%d</i4></value>" % count


def _untyped(value: Any) -> bytes:  # noqa: ANN401 - any wire value
    """Write what has no type of its own in the data model: events, error descriptions."""
    match value:
        case Row():
            return _row(value)
        case bool():
            return _bool(value)
        case float():
            return _float(value)
        case list():
            return _array(_untyped, value)
        case dict():
            return _map(_untyped, value)
        case _:
            return _text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


def _plain(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any wire value
    """Return a value without the classes of the decoder; base64 becomes bytes."""
    match value:
        case list() | dict() if depth == DEEPEST:
            return None
        case xmlrpc.client.DateTime():
            return value.value
        case xmlrpc.client.Binary():
            return value.data
        case list():
            return [_plain(item, depth + 1) for item in value]
        case dict():
            return {name: _plain(item, depth + 1) for name, item in value.items()}
        case _:
            return value


_ENCODERS: dict[str, Encoder] = {
    "void": _void,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "datetime": _date,
    "record": _untyped,
    "anything": _untyped,
    "an event batch": _batch,
}
