"""What an answer needs of a message that cannot be read as a whole: its id, and who waits for it.

A message may be long, cut, or wrong somewhere. Its headers and what its body embeds (callbacks, a
chord) are looked for at both ends of the text, within bounds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson

HEAD = 64 * 2**10  # bytes
TAIL = 2 * 2**20  # bytes; at the end of a body stands what it embeds

_MEMBER = re.compile(r'(?<!\\)"(headers|properties)"\s*:\s*(?=\{)')
_EMBED = re.compile(r'\{\s*"(?:callbacks|errbacks|chain|chord)"\s*:')
_MOST_EMBEDS = 100  # places in a text where one may begin
_FIRST_MEMBER = re.compile(r'\s*"([a-z_]+)"\s*:\s*')
_END_OF_TEXT = re.compile(r'(?<!\\)(?:\\\\)*"')
_BODY = re.compile(r'(?<!\\)"body"\s*:\s*"')
_WHOLE_BODY = re.compile(rb'"body"\s*:\s*"([A-Za-z0-9+/]+={0,2})"')
_LAST_MEMBER = re.compile(r',\s*(?="[a-z_]+"\s*:)')
_MOST_LAST = 300  # places in a text where the last members of an object may begin
_MOST_TRIED = 16 * 2**20  # characters that are read for that, from the last place on
_CUT = 6  # characters of an escape that may be cut: \uXXXX
_HALF = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 20

BEGINNING = "body_beginning"
"""A member beside those of a message: the beginning of a body of which `body` is the end."""

Json = Any  # a JSON document; what it holds is not known yet


def ends(item: bytes) -> bytes:
    """Return the beginning and the end of a long message; a shorter one whole."""
    return item if len(item) <= HEAD + TAIL else item[:HEAD] + item[-TAIL:]


def members(item: bytes, *, is_long: bool) -> dict[str, Json]:
    """Return the plain members of a message; of a long one, the end of its body."""
    text = ends(item).decode(errors="replace") if is_long else item.decode(errors="replace")
    if not is_long:
        return _plain_members(_read_leniently(text), levels=2)
    found = _plain_members(dict(_objects(text)), levels=2)
    return {**found, "body": _end_of_body(text[HEAD:]), BEGINNING: _beginning_of_body(text[:HEAD])}


def body_in_base64(item: bytes) -> str:
    """Return the body of a message that may be long, without reading the message."""
    return max((found[1] for found in _WHOLE_BODY.finditer(item)), key=len, default=b"").decode()


def protocol_1(beginning: str, end: str) -> dict[str, Json]:
    """Return what an answer needs of a body by protocol 1, of which both ends are known.

    What stands before the arguments is in its beginning, what stands behind them at its end.
    """
    found = {**_last_members(end[-TAIL:].rstrip()), **_first_members(beginning)}
    return {**found, "args": [], "kwargs": {}} if found.get("id") else {}


def _first_members(text: str) -> dict[str, Json]:
    """Return the members with which an object begins, as far as it is known."""
    found: dict[str, Json] = {}
    place = text.find("{")
    while member := _FIRST_MEMBER.match(text, place + 1):
        try:
            found[member[1]], place = _DECODER.raw_decode(text, member.end())
        except (ValueError, RecursionError):
            break
        if text[place : place + 1] != ",":
            break
    return found


def _last_members(text: str) -> dict[str, Json]:
    """Return the members with which an object ends, as many as are known."""
    found: dict[str, Json] = {}
    places = [member.end() for member in _LAST_MEMBER.finditer(text)]
    left = _MOST_TRIED
    for place in reversed(places[-_MOST_LAST:]):
        left -= len(text) - place
        if left < 0:
            break
        with suppress(ValueError, RecursionError):
            found = _DECODER.decode("{" + text[place:])
    return found


def embedded(body: str) -> str:
    """Return the text of what a body embeds, of which the end is known: its last object."""
    text = body[-TAIL:].rstrip()
    for found in islice(_EMBED.finditer(text), _MOST_EMBEDS):
        value, end = _object(text, found.start())
        if value and text[end:].strip() == "]":
            return text[found.start() : end]
    return "{}"


def _objects(text: str) -> Iterator[tuple[str, Json]]:
    """Yield headers and properties, wherever in the text they stand."""
    place = 0
    while found := _MEMBER.search(text, place):
        value, place = _object(text, found.end())
        place = max(place, found.end())
        if value:
            yield found[1], value


def _object(text: str, start: int) -> tuple[Mapping[str, Json], int]:
    """Return the object that begins there, and where it ends; nothing where none does."""
    try:
        return _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return {}, start


def _beginning_of_body(text: str) -> str:
    """Return the beginning of a long body, in the middle of which a text ends."""
    found = _BODY.search(text)
    if found is None:
        return ""
    end = _END_OF_TEXT.search(text, found.end())
    written = text[found.end() : end.end() - 1 if end else len(text)]
    for cut in range(_CUT):
        try:
            body: str = json.loads(f'"{written[: len(written) - cut]}"', strict=False)
        except ValueError:
            continue
        return body[: len(body) - len(body) % 4]
    return ""


def _end_of_body(text: str) -> str:
    """Return the end of a long body, in the middle of which a text begins."""
    end = _END_OF_TEXT.search(text)
    written = text[: end.end() - 1] if end else ""
    for cut in range(_CUT):
        try:
            body: str = json.loads(f'"{written[cut:]}"', strict=False)
        except ValueError:
            continue
        return body[len(body) % 4 :]  # base64 is in groups of four
    return ""


def _read_leniently(text: str) -> Json:
    """Read JSON with raw control characters, long numbers or many levels; None if not JSON."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        pass  # its bound depends on who calls; orjson's does not
    except ValueError:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) < _MOST_DIGITS else None


def _plain_members(value: Json, levels: int) -> dict[str, Json]:
    if not isinstance(value, dict) or not levels:
        return {}
    kept = {
        name: _plain_members(inner, levels - 1) if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if not isinstance(inner, list)
    }
    return {name: inner for name, inner in kept.items() if _is_whole(f"{name}{inner}")}


def _is_whole(text: str) -> bool:
    """Return whether a text is as it was sent, and can be sent on."""
    return "\N{REPLACEMENT CHARACTER}" not in text and not _HALF.search(text)


_DECODER = json.JSONDecoder(strict=False, parse_int=_whole_number)
