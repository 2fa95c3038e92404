"""JSON-RPC 1.0 and 2.0; the member `jsonrpc` distinguishes them."""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from simulator.errors import Failure
from simulator.exchange import DEEPEST, Answer, BadRequestError
from simulator.tables import Row

CONTENT_TYPE = b"application/json"

_ERROR_CODE = 1
_LARGEST_ID = (1 << 62) - 1
_DEEPEST = DEEPEST + 2  # the call and its parameters are two levels
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{\]}]', re.DOTALL)
_OPTIONS = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_NON_STR_KEYS


@dataclass(frozen=True, slots=True)
class Request:
    """A call: method, parameters, and what the answer must repeat."""

    method: str
    params: list[Any]
    id: int | str
    version: str

    def success(self, answer: Answer) -> bytes:
        """Encode an answer; Rows go in as their records, encoded once."""
        if self.version == "2.0":
            return encode({"jsonrpc": "2.0", "result": answer.value, "id": self.id})
        return encode({"result": answer.value, "error": None, "id": self.id})

    def failure(self, refusal: Failure) -> bytes:
        """Encode a refusal."""
        if self.version == "2.0":
            error = {"code": _ERROR_CODE, "message": refusal.code, "data": refusal.params}
            return encode({"jsonrpc": "2.0", "error": error, "id": self.id})
        return encode({"result": None, "error": refusal.description(), "id": self.id})


def read(body: bytes) -> Request:
    """Return the call in a body; BadRequestError if it has none."""
    try:
        call = orjson.loads(_flat(body))
    except orjson.JSONDecodeError as error:
        raise BadRequestError(str(error)) from error
    if not isinstance(call, dict):
        raise BadRequestError("Jsonrpc: Malformed_method_request: not an object")
    version = _version(call)
    method = call.get("method")
    if not isinstance(method, str):
        raise BadRequestError("Jsonrpc: Malformed_method_request: method")
    params = _params(call, version)
    return Request(method, params, _id(call), version)


def early_failure(refusal: Failure) -> bytes:
    """Write a refusal from before the call was understood: in the form 1.0, under id 0."""
    return encode({"result": None, "error": refusal.description(), "id": 0})


def encode(value: Any) -> bytes:  # noqa: ANN401 - any wire value
    """Write any wire value; a Row as its record, encoded once."""
    return orjson.dumps(value, default=_fragment, option=_OPTIONS)


def _flat(body: bytes) -> bytes:
    """Return JSON with null in place of what is nested too deeply for the decoder."""
    if body.count(b"[") + body.count(b"{") <= _DEEPEST:
        return body
    kept, depth, start = [], 0, 0
    for token in _TOKENS.finditer(body):
        if token[0] in {b"[", b"{"}:
            depth += 1
            if depth == _DEEPEST + 1:
                kept += [body[start : token.start()], b"null"]
        elif token[0] in {b"]", b"}"}:
            depth -= 1
            if depth == _DEEPEST:
                start = token.end()
    return b"".join((*kept, body[start:]))


def _fragment(row: Row) -> orjson.Fragment:
    if not isinstance(row, Row):
        raise TypeError(f"not a wire value: {type(row).__name__}")
    if "json" not in row.fragments:
        row.fragments["json"] = orjson.dumps(row.shown)
    return orjson.Fragment(row.fragments["json"])


def _version(call: dict[str, Any]) -> str:
    version = call.get("jsonrpc", "1.0")
    if version not in ("1.0", "2.0") or ("jsonrpc" in call and version != "2.0"):
        raise BadRequestError("Jsonrpc: Malformed_method_request: jsonrpc")
    return str(version)


def _id(call: dict[str, Any]) -> int | str:
    given = call.get("id")
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise BadRequestError("Jsonrpc: Malformed_method_request: id")
    if isinstance(given, int) and not ~_LARGEST_ID <= given <= _LARGEST_ID:
        raise BadRequestError("Jsonrpc: Malformed_method_request: id")
    return given


def _params(call: dict[str, Any], version: str) -> list[Any]:
    params = call.get("params")
    if isinstance(params, list):
        return params
    if version == "2.0" and (params is None or isinstance(params, dict)):
        return [] if params is None else [params]
    raise BadRequestError("Jsonrpc: Malformed_method_request: params")
