"""Chords, joined once by the worker that counts the last part, whatever trouble Redis makes then.

Celery counts a part and claims the join in one script; who has the claim sends the body and forgets
the chord. A worker that meets trouble in between is to leave the chord as it was:

- the claim is released: a part that is counted again while it is held is taken for a repeated one;
- nothing is forgotten of a chord whose body was not sent;
- a part that completes a chord which another worker joins comes again, for that one may die first.
"""

import sys
import threading
from contextlib import suppress
from functools import cached_property
from typing import Any

from celery.exceptions import ChordError, Reject
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from tasks.engine import infrastructure

_CLAIM, _TOKEN = 5, 7  # where Celery's script takes the key of the claim, and its value
_STORED = ("celery.result", "vine.promises")  # modules that raise the stored error of a part
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"


class _Join(threading.local):
    """The claim that a part is counted with, and whether another one is held."""

    claim: tuple[Any, Any] | None = None
    is_elsewhere = False


class JoinsChords:
    """What a worker's result backend adds to Celery's; mixed into it."""

    client: Any
    set_chord_size: Any

    @cached_property
    def _join(self) -> _Join:
        return _Join()

    @cached_property
    def _chord_part_return_script(self) -> Any:
        run = super()._chord_part_return_script  # type: ignore[misc]  # the backend it is mixed into has it

        def count(*, keys: list[Any], args: list[Any], client: Any) -> Any:
            self._join.claim = keys[_CLAIM], args[_TOKEN]
            ready, more, size, claimed = run(keys=keys, args=args, client=client)
            is_complete = bool(size) and ready == int(size) + int(more or 0)
            self._join.is_elsewhere = is_complete and not claimed
            return ready, more, size, claimed

        return count

    @cached_property
    def _chord_cleanup_script(self) -> Any:
        run = super()._chord_cleanup_script  # type: ignore[misc]  # likewise

        def forget(**options: Any) -> Any:
            return 1 if isinstance(sys.exc_info()[1], Reject) else run(**options)

        return forget

    def on_chord_part_return(self, request: Any, *rest: Any, **options: Any) -> None:
        """Count a part of a chord; where that met trouble, let it be counted again."""
        self._join.claim, self._join.is_elsewhere = None, False
        try:
            super().on_chord_part_return(request, *rest, **options)  # type: ignore[misc]  # likewise
        except infrastructure.POSSIBLE as error:
            if infrastructure.is_trouble(error):
                self._leave(request)
            raise
        if self._join.is_elsewhere:
            text = f"another worker joins the chord {request.group}"
            infrastructure.requeue(OperationalError(text))

    def _leave(self, request: Any) -> None:
        """Leave the chord as it was, as far as Redis allows; a claim expires by itself."""
        size = (request.chord or {}).get("chord_size")
        with suppress(RedisError):
            if self._join.claim:
                key, token = self._join.claim
                self.client.eval(_RELEASE, 1, key, token)
            if size:
                self.set_chord_size(request.group, size)  # Celery has dropped it

    def chord_error_from_stack(self, *args: Any, **options: Any) -> Any:
        """Fail the body of a chord; not for trouble of Redis while Celery counted."""
        met = sys.exc_info()[1]
        while met is not None and not _is_of_a_part(met):
            if isinstance(met, Exception) and infrastructure.is_trouble(met):
                infrastructure.requeue(met)
            met = met.__cause__ or met.__context__
        return super().chord_error_from_stack(*args, **options)  # type: ignore[misc]  # likewise


def _is_of_a_part(error: BaseException) -> bool:
    """Return whether an error is the stored end of a part, which may be of any kind."""
    if isinstance(error, ChordError):
        return True
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals.get("__name__") in _STORED
