"""The body of a message: out of its transport encoding and its compression, within bounds.

It is decompressed no further than the bound; whatever is wrong with it ends in `Unreadable`.
"""

import base64
import bz2
import lzma
import string
import zlib
from collections.abc import Callable
from typing import Any

from config import masking
from workers.broker import envelope, salvage
from workers.broker.envelope import Json, Unreadable

LZMA_MEMORY = 64 * 2**20  # bytes: an archive names the size of its own dictionary

_MOST_DECOMPRESSED = 8  # longest bodies
_NO_STREAM = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError)
_BASE64 = frozenset(string.ascii_letters + string.digits + "+/=")
_IS_BASE64 = 'is not JSON but base64: set properties.body_encoding to "base64"'
_NO_BASE64 = "is not base64, which properties.body_encoding says it is"


def text_of(message: dict[str, Json], encoding: Json, compression: Json, longest: int) -> str:
    """Return the text of a message's body, out of its transport encoding and its compression."""
    body = message.get("body")
    if not isinstance(body, str):
        raise Unreadable("is not text")
    if encoding is None and compression is None:
        return body
    return envelope.decode(_decompressed(_plain(body, encoding), compression, longest))


def problem(message: dict[str, Json], encoding: Json, otherwise: str) -> str:
    """Return why a body cannot be read: a raw client errs most likely in its encoding."""
    body = message.get("body")
    if not isinstance(body, str) or not body.strip():
        return otherwise
    looks_encoded = _is_base64(body)
    if encoding == "base64" and not looks_encoded:
        return _NO_BASE64
    return _IS_BASE64 if encoding is None and looks_encoded else otherwise


def _is_base64(body: str) -> bool:
    """Return whether each character, but for breaks of lines, is one of base64."""
    return _BASE64.issuperset("".join(body.split()))


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
        raise Unreadable(_NO_BASE64) from None


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
    except _NO_STREAM:
        raise Unreadable(f"cannot be decompressed: it is no {_shown(compression)}") from None
    if len(plain) > longest:
        raise Unreadable(f"is longer than {longest} bytes when it is decompressed")
    if not stream.eof:
        raise Unreadable("cannot be decompressed: it is cut off")
    return plain


def _shown(value: Json) -> str:
    return masking.cut(envelope.written(value), 80)


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("application/x-gzip", "gzip", "zlib"), zlib.decompressobj),
    **dict.fromkeys(("application/x-bz2", "bzip2", "bzip"), bz2.BZ2Decompressor),
    **dict.fromkeys(
        ("application/x-lzma", "lzma", "xz"),
        lambda: lzma.LZMADecompressor(memlimit=LZMA_MEMORY),
    ),
}
