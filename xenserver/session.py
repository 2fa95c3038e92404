"""Sessions with XenServer, one for each process and target, shared by all its threads.

Nothing is sent twice, with these exceptions, none of which can have an effect twice: a read; a call
that surely never left; a call that was refused before it began, for its session had ended or the
host was not the pool's coordinator.
"""

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from importlib import metadata

from config import passwords
from config.targets import Target
from xenserver import addresses, denials, errors, permission, transport, values
from xenserver.call_counter import CallCounter
from xenserver.transport import Transport
from xenserver.values import Value

ORIGINATOR = f"xenflow/{metadata.version('xenflow')}"
"""How we name ourselves to XenServer: as originator of sessions, and as User-Agent."""

_LOGIN = "session.login_with_password"
_NO_SESSION = frozenset({_LOGIN, "system.listMethods"})
_HARMLESS = frozenset({_LOGIN, "event.from", "system.listMethods"})
_ELSEWHERE = frozenset({"HOST_IS_SLAVE", "HOST_STILL_BOOTING", "XENFLOW_UNREACHABLE"})
_ADDRESSES = 66  # as many hosts as a pool can have, and two that are none


class Sessions:
    """Speaks to any number of targets, logging in where it must; share one in a process."""

    def __init__(
        self,
        *,
        originator: str = ORIGINATOR,
        connect: Callable[[Target, str], Transport] = transport.connect,
    ) -> None:
        self.counter = CallCounter()
        self._originator = originator
        self._connect = connect
        self._pools: dict[Target, _Pool] = {}
        self._lock = threading.Lock()

    def call(
        self,
        target: Target,
        method: str,
        *params: Value,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Value:
        """Make a call in the target's session, which goes before the parameters.

        Raises an error of the tree. `timeout` (seconds; the target's own by default) is for the
        whole answer.
        """
        seconds = target.timeout if timeout is None else timeout
        try:
            return self._pool(target).call(method, params, headers, seconds)
        except errors.Denied as denied:
            raise denials.named(denied, target) from denied

    def logins(self, target: Target) -> int:
        """Count the sessions opened with the target: one more means that it may have restarted."""
        return self._pool(target).logins

    def close(self) -> None:
        """Log out everywhere and close all connections; what cannot be reached is left."""
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def _pool(self, target: Target) -> "_Pool":
        with self._lock:
            if target not in self._pools:
                carrier = self._connect(target, self._originator)
                self._pools[target] = _Pool(target, carrier, self._originator, self.counter)
            return self._pools[target]


class _Pool:
    """One target: where it is, and the session with it."""

    def __init__(
        self, target: Target, carrier: Transport, originator: str, counter: CallCounter
    ) -> None:
        self.logins = 0
        self._target = target
        self._carrier = carrier
        self._originator = originator
        self._counter = counter
        self._addresses = addresses.Addresses(target.urls)
        self._lock = threading.Lock()
        self._session: str | None = None
        self._login: Future[str] | None = None

    def call(
        self,
        method: str,
        params: Sequence[Value],
        headers: Mapping[str, str] | None,
        seconds: float,
    ) -> Value:
        if method in _NO_SESSION:
            return self._ask(method, params, headers, seconds)
        session = self._opened()
        try:
            return self._ask(method, [session, *params], headers, seconds)
        except errors.Denied as refusal:
            if refusal.code != "SESSION_INVALID" or refusal.params not in ([], [session]):
                raise
        self._counter.count_repeated()
        return self._ask(method, [self._opened(ended=session), *params], headers, seconds)

    def close(self) -> None:
        with self._lock:
            session, self._session = self._session, None
        if session:
            with contextlib.suppress(errors.XenflowError):
                self._ask("session.logout", [session], None, self._target.timeout)
        self._carrier.close()

    def _opened(self, ended: str | None = None) -> str:
        """Return a session, not the one that ended; the first thread logs in for all."""
        with self._lock:
            if self._session and self._session != ended:
                return self._session
            mine = self._login is None
            login = self._login = self._login or Future()
        if mine:
            self._log_in(login)
        return login.result()

    def _log_in(self, login: Future[str]) -> None:
        try:
            with permission.asked(None):  # it is for all, not for the call that came first
                session = self._authenticated()
        except BaseException as error:  # noqa: BLE001 - raised in every thread that waits
            self._landed(None)
            login.set_exception(error)
        else:
            self._landed(session)
            self._counter.count_login()
            login.set_result(session)

    def _landed(self, session: str | None) -> None:
        with self._lock:
            self._session, self._login = session, None
            self.logins += session is not None

    def _authenticated(self) -> str:
        account = [self._target.user, self._password()]
        try:
            answer = self._ask(_LOGIN, [*account, "1.0", self._originator])
        except errors.Refused as refusal:
            if refusal.code != "MESSAGE_PARAMETER_COUNT_MISMATCH":
                raise
            answer = self._ask(_LOGIN, account)  # before 6.2 there is no originator
        return values.ref(answer)

    def _password(self) -> str:
        try:
            return self._target.password().get_secret_value()
        except passwords.PasswordError as error:
            text = [self._target.name, str(error)]
            raise errors.from_api("XENFLOW_PASSWORD_MISSING", text) from None

    def _ask(
        self,
        method: str,
        params: Sequence[Value],
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Value:
        """Ask at one address after the other until one answers for the pool."""
        failures: list[errors.XenflowError] = []
        left, tried = self._addresses.in_turn(), set[str]()
        while left and len(tried) < _ADDRESSES:
            url = left.pop(0)
            tried.add(url)
            try:
                answer = self._ask_at(url, method, params, headers, seconds)
            except (errors.Unreachable, errors.Busy) as error:
                if error.code not in _ELSEWHERE:
                    raise
                failures.append(error)
                left = [next_ for next_ in self._beyond(url, error, left) if next_ not in tried]
            else:
                self._addresses.prefer(url)
                return answer
        raise _most_telling(failures)

    def _beyond(self, url: str, error: errors.XenflowError, left: list[str]) -> list[str]:
        """Return the addresses left, behind the coordinator that a member has named."""
        if error.code != "HOST_IS_SLAVE" or not error.params:
            return left
        coordinator = addresses.coordinator(url, error.params[0])
        return [coordinator, *left] if coordinator else left

    def _ask_at(
        self,
        url: str,
        method: str,
        params: Sequence[Value],
        headers: Mapping[str, str] | None,
        seconds: float | None,
    ) -> Value:
        """Ask here, and for a read once more where a kept connection had gone stale."""
        limit = seconds or self._target.timeout
        ask = partial(self._carrier.call, url, method, params, headers=headers, timeout=limit)
        self._counter.count(method)
        try:
            return ask()
        except errors.Unreachable as error:
            if not _may_repeat(method):
                raise
            if error.code == "XENFLOW_NO_ANSWER":  # nothing can have happened that matters
                text = f"{url} gave no answer in {limit:g} s"
                raise errors.from_api(error.code, error.params, text=text) from error
            if error.code != "XENFLOW_ANSWER_LOST":
                raise
        self._counter.count_repeated()
        return ask()


def _may_repeat(method: str) -> bool:
    """Return whether calling twice does no more than calling once: reads, and logging in."""
    return method in _HARMLESS or method.rpartition(".")[2].startswith("get_")


def _most_telling(failures: list[errors.XenflowError]) -> errors.XenflowError:
    """Return why the pool is unreachable; that a host is a member is the weakest."""
    return next((one for one in failures if one.code != "HOST_IS_SLAVE"), failures[0])
