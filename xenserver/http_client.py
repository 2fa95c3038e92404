"""HTTP to XenServer: connections kept and shared, certificates checked, every answer bounded.

Nothing is tried twice here, and no redirect is followed: the caller knows what may be repeated.
"""

import http.client
import ssl
from collections.abc import Mapping
from pathlib import Path

import urllib3
from urllib3 import exceptions as trouble
from urllib3.util.ssl_ import create_urllib3_context

from xenserver import deadline, errors

LARGEST = 256 * 1024 * 1024
"""Bytes that an answer may have: some 60,000 VM records."""

_CHUNK = 1024 * 1024
_TOO_OLD = '; a XenServer before 6.2 needs transport = "xml-rpc" in its profile'
_CONNECT = 10.0  # seconds; a host that is there answers a connection at once
_KEPT = 64  # connections kept open for each host


class Wire:
    """Posts requests to the hosts of one pool; without `https` it trusts no certificate."""

    def __init__(
        self,
        *,
        user_agent: str,
        ca_file: Path | None = None,
        fingerprint: str | None = None,
        https: bool = True,
    ) -> None:
        context = _context(ca_file, fingerprint, https=https)
        self._http = urllib3.PoolManager(
            maxsize=_KEPT,
            retries=False,
            headers={"User-Agent": user_agent},
            ssl_context=context,
            assert_fingerprint=fingerprint,
        )
        deadline.hold_to(self._http, context)

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> bytes:
        """Send the body, return the body of the answer.

        Raises Unreachable, whose `maybe_heard` is whether the request may have arrived, Denied
        for a certificate that is not trusted, Refused for an answer that is too large.
        """
        limits = urllib3.Timeout(connect=min(_CONNECT, timeout), read=timeout)
        try:
            response = self._http.request(
                "POST",
                url,
                body=body,
                headers={**self._http.headers, **headers},
                timeout=limits,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            return _body(url, response)
        except trouble.SSLError as error:
            raise _mistrust(url, error) from error
        except _NEVER_SENT as error:
            raise errors.from_api("XENFLOW_UNREACHABLE", [url, _why(error)]) from error
        except (trouble.TimeoutError, TimeoutError) as error:
            raise errors.from_api("XENFLOW_NO_ANSWER", [url]) from error
        except (trouble.HTTPError, OSError, http.client.HTTPException) as error:
            raise errors.from_api("XENFLOW_ANSWER_LOST", [url]) from error

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._http.clear()


_NEVER_SENT = (trouble.ConnectTimeoutError, trouble.NewConnectionError, trouble.LocationValueError)


def _context(ca_file: Path | None, fingerprint: str | None, *, https: bool) -> ssl.SSLContext:
    """Trust the system's authorities, one authority, or (by its fingerprint) one certificate.

    To read the system's authorities takes some 20 ms: it is done for https:// alone.
    """
    if fingerprint:
        return create_urllib3_context(cert_reqs=ssl.CERT_NONE)
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.check_hostname = True
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    elif https:
        context.load_default_certs()
    return context


def _body(url: str, response: urllib3.BaseHTTPResponse) -> bytes:
    """Read the answer to its end; a connection that still holds some of it is closed."""
    try:
        body = _whole(url, response)
    except BaseException:
        response.close()
        raise
    response.release_conn()
    if response.status != http.HTTPStatus.OK:
        raise errors.from_api("XENFLOW_REPLY_INVALID", [url, _status(url, response)])
    return body


def _status(url: str, response: urllib3.BaseHTTPResponse) -> str:
    """Return the status as text, and a hint where JSON-RPC is not supported."""
    status = f"HTTP {response.status} {response.reason or ''}".strip()
    return f"{status}{_TOO_OLD}" if url.endswith("/jsonrpc") else status


def _whole(url: str, response: urllib3.BaseHTTPResponse) -> bytes:
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > LARGEST:
            raise errors.from_api("XENFLOW_REPLY_TOO_LARGE", [url, str(LARGEST)])
    return bytes(body)


def _mistrust(url: str, error: trouble.SSLError) -> errors.XenflowError:
    cause = error.args[0] if error.args else error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return errors.from_api("XENFLOW_CERTIFICATE_REFUSED", [url, cause.verify_message])
    if "ingerprint" in str(error):
        return errors.from_api("XENFLOW_CERTIFICATE_REFUSED", [url, "its fingerprint is another"])
    return errors.from_api("XENFLOW_UNREACHABLE", [url, f"TLS failed: {cause}"])


def _why(error: Exception) -> str:
    match error:
        case trouble.NameResolutionError():
            return "its name is not known"
        case trouble.TimeoutError() if not isinstance(error, trouble.NewConnectionError):
            return "no connection in time"
        case _:  # urllib3 counts a connection that was refused among those that took too long
            return "connection refused" if "refused" in str(error) else "no connection"
