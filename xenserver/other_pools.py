"""Other pools than that of an operation: what is remembered of them, and where they take VMs.

A VM is sent to another pool by what that pool answers to `host.migrate_receive`, a session among
it. So a call that sends one has a receiver in its place, which says whom to ask. It is asked when
the call leaves the process: its answer is in no journal.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from xenserver.objects import OTHER

RECEIVER = "xenflow:receiver"


def receiver(target: str, host: object, network: object) -> Mapping[str, object]:
    """Return what stands for the answer of another pool: its name, a host and a network there."""
    return {RECEIVER: target, "host": host, "network": network}


def target_of(params: Iterable[object]) -> str | None:
    """Return the name of the pool that a call sends a VM to, if it does."""
    found = (str(one[RECEIVER]) for one in params if isinstance(one, dict) and RECEIVER in one)
    return next(found, None)


class Memory(MutableMapping[str, str]):
    """What is remembered of another pool, among all that an operation remembers."""

    def __init__(self, whole: MutableMapping[str, str], name: str) -> None:
        self._whole = whole
        self._prefix = f"{OTHER}{name} "

    def __getitem__(self, key: str) -> str:
        """Return what is remembered under a key."""
        return self._whole[self._prefix + key]

    def __setitem__(self, key: str, text: str) -> None:
        """Remember something."""
        self._whole[self._prefix + key] = text

    def __delitem__(self, key: str) -> None:
        """Forget something."""
        del self._whole[self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        """Return the keys of this pool."""
        own = [key for key in self._whole if key.startswith(self._prefix)]
        return iter([key.removeprefix(self._prefix) for key in own])

    def __len__(self) -> int:
        """Count what is remembered of this pool."""
        return sum(1 for _ in self)
