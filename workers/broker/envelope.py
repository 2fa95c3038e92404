"""Reading what stands in a queue, which may be anything, within bounds of size and depth.

Anyone who reaches Redis can write there. So text is measured before it is read, and decompressed no
further than the bound; whatever is wrong with it ends in `Unreadable`, never in another error.
"""

import base64
import bz2
import json
import lzma
import re
import zlib
from collections.abc import Callable, Iterable
from math import isfinite
from typing import Any

from kombu.utils.json import object_hook

from config import masking
from workers.broker import salvage

DEEPEST = 100  # levels of lists and objects within each other
LZMA_MEMORY = 64 * 2**20  # bytes: an archive names the size of its own dictionary

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_DECOMPRESSED = 8  # longest bodies
_NO_STREAM = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
_WRONG = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)

Json = Any  # a JSON document; what it holds is not known yet


class Unreadable(Exception):
    """It cannot be read; the text says why, and is short."""


def read(text: bytes | str, longest: int, *, typed: bool = False) -> Json:
    """Parse JSON; `typed` turns what kombu writes for UUIDs, moments and the like into these."""
    if len(text) > longest:
        raise Unreadable(f"is longer than {longest} bytes")
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        value = json.loads(
            decoded,
            object_hook=object_hook if typed else None,
            parse_constant=_no_number,
            parse_float=_finite,
        )
    except RecursionError:
        raise Unreadable(_TOO_DEEP) from None
    except _WRONG as error:
        raise Unreadable(f"is not JSON: {_words(error)}") from None
    _check_depth(value)
    if _SURROGATE.search(decoded):
        _check_surrogates(value)
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number of JSON")


def _finite(text: str) -> float:
    """Read a number; refuse one that Python would write as a word, which JSON has not."""
    number = float(text)
    return number if isfinite(number) else _no_number(text)


def body_of(message: dict[str, Json], encoding: Json, compression: Json, longest: int) -> str:
    """Return the text of a message's body, out of its transport encoding and its compression."""
    body = message.get("body")
    if not isinstance(body, str):
        raise Unreadable("is not text")
    if encoding is None and compression is None:
        return body
    return _text(_decompressed(_plain(body, encoding), compression, longest))


def end_of_body(message: dict[str, Json], encoding: Json, compression: Json, longest: int) -> str:
    """Return the end of a body that cannot be read as a whole; nothing where none can be had."""
    body = message.get("body")
    if not isinstance(body, str):
        return ""
    try:
        data = _plain(body, encoding)
        if compression is not None:
            data = _end_of_stream(_DECOMPRESSORS[compression](), data, longest)
    except (Unreadable, LookupError, TypeError, *_NO_STREAM):
        return ""
    return data[-salvage.TAIL :].decode(errors="replace")


def beginning_of_body(message: dict[str, Json], encoding: Json, compression: Json) -> str:
    """Return the beginning of such a body."""
    body = message.get("body")
    if compression is None:
        body = message.get(salvage.BEGINNING) or body
    if not isinstance(body, str):
        return ""
    try:
        if compression is None:
            data = _plain(body[: salvage.HEAD], encoding)
        else:
            data = _DECOMPRESSORS[compression]().decompress(_plain(body, encoding), salvage.HEAD)
    except (Unreadable, LookupError, TypeError, *_NO_STREAM):
        return ""
    return data.decode(errors="replace")


def _end_of_stream(stream: Any, data: bytes, longest: int) -> bytes:
    """Decompress in parts, of which the last are kept, up to a multiple of the longest body."""
    end = b""
    for _ in range(_MOST_DECOMPRESSED):
        part: bytes = stream.decompress(data, longest)
        end = (end + part)[-salvage.TAIL :]
        if stream.eof:
            return end
        data = getattr(stream, "unconsumed_tail", b"")  # zlib alone leaves it to its caller
    return b""


def _plain(body: str, encoding: Json) -> bytes:
    if encoding is None or encoding == "utf-8":  # clients of JavaScript write the body as text
        return body.encode()
    if encoding != "base64":
        raise Unreadable(f"has the body_encoding {_shown(encoding)}, not base64")
    try:
        return base64.b64decode(body)
    except ValueError:
        raise Unreadable("is not base64") from None


def _decompressed(data: bytes, compression: Json, longest: int) -> bytes:
    if compression is None:
        return data
    try:
        make = _DECOMPRESSORS[compression]
    except (KeyError, TypeError):
        known = ", ".join(_DECOMPRESSORS)
        raise Unreadable(
            f"has the compression {_shown(compression)}; understood: {known}"
        ) from None
    try:
        stream = make()
        plain: bytes = stream.decompress(data, longest + 1)
    except _NO_STREAM as error:
        raise Unreadable(f"cannot be decompressed: {_words(error)}") from None
    if len(plain) > longest:
        raise Unreadable(f"is longer than {longest} bytes when it is decompressed")
    if not stream.eof:
        raise Unreadable("cannot be decompressed: it is cut off")
    return plain


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"is not UTF-8: {_words(error)}") from None


def _check_depth(value: Json) -> None:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _within(outer)]
        if not level:
            return
    raise Unreadable(_TOO_DEEP)


def _within(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_surrogates(value: Json) -> None:
    """Refuse half a character, which no UTF-8 can hold."""
    try:
        json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise Unreadable("holds a lone surrogate, which is not a character") from None


def _words(error: Exception) -> str:
    return masking.mask(f"{type(error).__name__}: {error}", longest=200)


def _shown(value: Json) -> str:
    return masking.cut(repr(value), 80)


_TOO_DEEP = f"is nested deeper than {DEEPEST} levels"
_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("application/x-gzip", "gzip", "zlib"), zlib.decompressobj),
    **dict.fromkeys(("application/x-bz2", "bzip2", "bzip"), bz2.BZ2Decompressor),
    **dict.fromkeys(
        ("application/x-lzma", "lzma", "xz"),
        lambda: lzma.LZMADecompressor(memlimit=LZMA_MEMORY),
    ),
}
