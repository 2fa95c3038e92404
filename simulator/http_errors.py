"""The pages of HTTP errors, in the words of the toolstack (http_svr.ml)."""

from html import escape
from http import HTTPStatus

_EXTRA = "<h1> Additional information </h1>{}"
_UNEXPECTED = (
    "An unexpected error occurred; please wait a while and try again. If the problem persists, "
    "please contact your support representative."
)
_PAGES = {
    401: ("unauthorised", "Please check your credentials and retry."),
    403: ("forbidden", "Access to the requested resource is forbidden."),
    408: ("request timeout", "Timed out waiting for the request."),
    431: ("request header fields too large", "Exceeded the maximum header size."),
    500: ("internal server error", _UNEXPECTED),
    501: ("Method Not Implemented", ""),
}
_PHRASES = {each.value: each.phrase for each in HTTPStatus} | {
    500: "Internal Error",
    501: "Method not implemented",
}
KNOWN_METHODS = frozenset({"GET", "POST", "PUT", "CONNECT", "OPTIONS"})
UNPARSED = "The HTTP headers could not be parsed."


def page(status: int, extra: str = "") -> bytes:
    """Return the page of an error, which closes the connection."""
    title, text = _PAGES[status]
    return f"<html><body><h1>HTTP {status} {title}</h1>{text}{extra}</body></html>".encode()


def internal(text: str) -> str:
    """Return what the page of a 500 says of its cause."""
    return _EXTRA.format(escape(text))


def unknown_method(method: str) -> str:
    """Return what the page of a 501 says of the method."""
    return f"<p>Unknown {method} not supported.<br /></p>"


def status_line(status: int, version: str = "1.1") -> bytes:
    """Return the first line of an answer, with a reason phrase of the toolstack's own."""
    return f"HTTP/{version} {status} {_PHRASES[status]}\r\n".encode()


def answer(status: int, extra: str = "") -> bytes:
    """Return the whole answer to what is not understood well enough to be answered otherwise."""
    body = page(status, extra)
    return status_line(status) + (
        b"content-length: %d\r\ncontent-type: text/html\r\nconnection: close\r\n"
        b"cache-control: no-cache, no-store\r\n\r\n%s" % (len(body), body)
    )


def to_unparsed(request: bytes) -> bytes:
    """Return the answer to bytes that the parser refused: a method of its own, or no HTTP."""
    words = request.partition(b"\n")[0].decode("latin-1").split()
    if len(words) == len(("method", "uri", "version")) and words[0] not in KNOWN_METHODS:
        return answer(501, unknown_method(words[0]))
    return answer(500, internal(UNPARSED))
