"""Sessions: logging in and out, the limits that evict, the sweep of the idle (xapi_session.ml)."""

import zlib
from dataclasses import dataclass, replace

from simulator import clock, roles
from simulator.clock import Clock
from simulator.errors import Failure
from simulator.tables import Database
from simulator.tasks import Tasks

IDLE_SECONDS = 24 * 3600.0
REFRESH_SECONDS = 600.0
WITHOUT_ORIGINATOR = 400
PER_ORIGINATOR = 500
PER_USER = 500
SUPERUSER = "root"
_DOMAIN = "S-1-5-21-397955417-626881126-188441444"


@dataclass(frozen=True, slots=True)
class Account:
    """A user account and its role."""

    name: str
    password: str
    role: str = roles.SUPERUSER


class Sessions:
    """The open sessions of a pool, in memory only: a restarted toolstack knows none."""

    def __init__(
        self, db: Database, time: Clock, tasks: Tasks, accounts: tuple[Account, ...]
    ) -> None:
        self.accounts = {account.name: account for account in accounts}
        self.logins = 0
        self.logouts = 0
        self.evicted = 0
        self._db = db
        self._clock = time
        self._tasks = tasks
        self._open: dict[str, Account] = {}
        self._local: dict[str, str] = {}

    def __len__(self) -> int:
        """Count the open sessions."""
        return len(self._open)

    def login(self, name: str, password: str, originator: str, host: str) -> str:
        """Open a session; SESSION_AUTHENTICATION_FAILED for a wrong name or password."""
        account = self.authenticate(name, password)
        self._evict(account, originator)
        self.logins += 1
        ref = self._record(account, originator, host)
        self._open[ref] = account
        return ref

    def further(self, ref: str) -> str:
        """Open one more session of the account of an open one, as for a VM that is to come."""
        record = self._db.get("session", ref)
        new = self._record(self._open[ref], record["originator"], record["this_host"])
        self._open[new] = self._open[ref]
        return new

    def authenticate(self, name: str, password: str) -> Account:
        """Return the account; SESSION_AUTHENTICATION_FAILED for a wrong name or password."""
        account = self.accounts.get(name)
        if account is None or account.password != password:
            raise Failure("SESSION_AUTHENTICATION_FAILED", name, "Authentication failure")
        return account

    def open_local(self, address: str) -> str:
        """Open a session of one host, which is in no database and never idle for too long."""
        ref = self._db.new_ref()
        self._local[ref] = address
        return ref

    def close_local(self, ref: str) -> None:
        """Close a session of one host; any other stays open."""
        self._local.pop(ref, None)

    def is_local(self, ref: str, address: str) -> bool:
        """Return whether a session is one of the host with this address."""
        return self._local.get(ref) == address

    def is_open(self, ref: str) -> bool:
        """Return whether a session is open, at whichever host."""
        return ref in self._open or ref in self._local

    def role(self, ref: str) -> str:
        """Return the role of an open session; SESSION_INVALID for any other."""
        account = self._open.get(ref)
        if account is None:
            raise Failure("SESSION_INVALID", ref)
        return account.role

    def change_password(self, ref: str, new: str) -> None:
        """Set the password of the session's account."""
        account = self._open[ref]
        self.accounts[account.name] = replace(account, password=new)

    def used(self, ref: str) -> None:
        """Update `last_active` of a session, at most every ten minutes."""
        if ref in self._open and self._idle(ref) > REFRESH_SECONDS:
            self._db.put("session", ref, last_active=self._clock.iso())

    def logout(self, ref: str) -> None:
        """Close a session; its waiting calls end, its operations continue."""
        if ref in self._local:
            return
        self.logouts += 1
        self._close(ref)

    def sweep(self) -> None:
        """Close what has been idle for a day, unless a task of it is unfinished."""
        busy = {task.session for task in self._tasks.running.values()}
        for ref in [ref for ref in self._open if ref not in busy]:
            if self._idle(ref) > IDLE_SECONDS:
                self._close(ref)

    def forget(self) -> None:
        """Forget all sessions, as a restarted toolstack does."""
        self._local.clear()
        for ref in list(self._open):
            self._close(ref)

    def _record(self, account: Account, originator: str, host: str) -> str:
        return self._db.create(
            "session",
            this_host=host,
            last_active=self._clock.iso(),
            validation_time=self._clock.iso(),
            is_local_superuser=account.role == roles.SUPERUSER,
            auth_user_sid="" if account.role == roles.SUPERUSER else _sid(account.name),
            auth_user_name=account.name,
            originator=originator,
        )

    def _evict(self, account: Account, originator: str) -> None:
        """Evict the longest idle sessions of the same group."""
        group = [ref for ref, owner in self._open.items() if owner.name == account.name]
        limit = PER_USER
        if account.name == SUPERUSER:
            group = [ref for ref in group if self._originator(ref) == originator]
            limit = PER_ORIGINATOR if originator else WITHOUT_ORIGINATOR
        group.sort(key=lambda ref: str(self._db.get("session", ref)["last_active"]))
        for ref in group[: max(0, len(group) + 1 - limit)]:
            self.evicted += 1
            self._close(ref)

    def _originator(self, ref: str) -> str:
        return str(self._db.get("session", ref)["originator"])

    def _idle(self, ref: str) -> float:
        return self._clock.now() - clock.seconds(self._db.get("session", ref)["last_active"])

    def _close(self, ref: str) -> None:
        del self._open[ref]
        self._db.destroy("session", ref)


def _sid(name: str) -> str:
    """Return the identity of an account in the directory that it would be of."""
    return f"{_DOMAIN}-{zlib.crc32(name.encode())}"
