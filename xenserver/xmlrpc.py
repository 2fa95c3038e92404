"""XML-RPC, which every XenServer supports, 5.0 included.

XML-RPC integers have 32 bits, XenServer's have 64: it writes them as text and reads them as text.
What is known to be an integer is made one here, so that callers see no difference.
"""

import re
import xmlrpc.client
from collections.abc import Mapping, Sequence
from typing import cast
from xml.parsers.expat import ExpatError

from xenserver import errors, references, values
from xenserver.http_client import Wire
from xenserver.values import Record, Value

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CLASS_OF_EVENT = {cls.lower(): cls for cls in references.INTEGERS}


class XmlRpc:
    """The transport over `/`."""

    def __init__(self, wire: Wire) -> None:
        self._http = wire

    def call(
        self,
        url: str,
        method: str,
        params: Sequence[Value],
        *,
        headers: Mapping[str, str] | None = None,
        timeout: float,
    ) -> Value:
        """Make one call, once, and return its value."""
        sent = {**(headers or {}), "Content-Type": "text/xml"}
        body = self._http.post(f"{url}/", _write(method, params), sent, timeout)
        try:
            return _read(url, method, body)
        except _UNREADABLE as error:
            message = f"no XML-RPC ({type(error).__name__})"
            raise errors.from_api("XENFLOW_REPLY_INVALID", [url, message]) from error

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def made(text: str) -> str | list[str]:
    """Take what a task made out of its XML, in which it stands whatever the transport."""
    if not text.startswith("<value>"):
        return text
    try:
        (value,), _method = xmlrpc.client.loads(f"<params><param>{text}</param></params>")
    except _UNREADABLE:
        return text
    return [str(item) for item in value] if isinstance(value, list) else str(value)


_UNREADABLE = (
    ExpatError,
    xmlrpc.client.Error,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)  # what the parser of the standard library raises, depending on where the reply is wrong


def _write(method: str, params: Sequence[Value]) -> bytes:
    text = xmlrpc.client.dumps(tuple(map(_with_text, params)), method)
    if _NO_XML.search(text):
        raise errors.invalid(f"{method}: XML-RPC cannot carry its control characters")
    return text.encode()


def _with_text(value: Value) -> Value:
    match value:
        case bool():
            return value
        case int():
            return str(value)
        case list():
            return [_with_text(item) for item in value]
        case dict():
            return {key: _with_text(item) for key, item in value.items()}
        case _:
            return value


def _read(url: str, method: str, body: bytes) -> Value:
    if b"<!DOCTYPE" in body:
        raise ValueError("a document type could hold entities without end")
    (reply,), _method = xmlrpc.client.loads(body)
    match reply:
        case {"Status": "Success", "Value": value}:
            return _settled(method, _plain(value))
        case {"Status": "Failure", "ErrorDescription": [str(code), *params]}:
            raise errors.from_api(code, [str(param) for param in params])
        case list() if method == "system.listMethods":
            return cast("Value", reply)  # the one answer that comes bare
        case _:
            raise errors.from_api("XENFLOW_REPLY_INVALID", [url, "no answer to what was asked"])


def _plain(value: object) -> Value:
    match value:
        case xmlrpc.client.DateTime():
            return value.value
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case str() | int() | float():
            return value
        case _:
            raise TypeError(f"XenServer sends no {type(value).__name__}")


def _settled(method: str, value: Value) -> Value:
    """Make integers of the texts that are known to be some."""
    cls, _dot, verb = method.partition(".")
    field = verb.removeprefix("get_")
    if method in references.INTEGER_ANSWERS or field in references.INTEGERS.get(cls, ()):
        return _integer(value)
    match verb, value:
        case "get_record", dict():
            return _record(cls, value)
        case "get_all_records", dict():
            return {ref: _record(cls, cast("Record", one)) for ref, one in value.items()}
        case "from", dict():
            return {**value, "events": list(map(_event, values.each(value.get("events"))))}
        case _:
            return value


def _event(event: Record) -> Value:
    match event:
        case {"class": str(cls), "snapshot": dict(snapshot)}:
            return {**event, "snapshot": _record(_CLASS_OF_EVENT.get(cls.lower(), cls), snapshot)}
        case _:
            return event


def _record(cls: str, record: Record) -> Value:
    integers = references.INTEGERS.get(cls, frozenset())
    return {name: _integer(v) if name in integers else v for name, v in record.items()}


def _integer(value: Value) -> Value:
    match value:
        case str():
            return int(value)
        case list():
            return [_integer(item) for item in value]
        case _:
            return value
