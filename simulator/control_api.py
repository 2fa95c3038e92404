"""The control API: clock, fault injection, toolstack restarts, the record of effects.

Disabled by default. `POST /control` takes one JSON object whose member `do` is a command and
whose other members are its parameters; the answer is a JSON object. An invalid command
is answered with status 400 and `{"error": "..."}`.

    stats                                  calls by method, sessions, tasks now and at their peak
    reset                                  count calls and peaks from nothing again
    hold | release                         stop the clock, let it run
    advance      seconds                   move the clock on, all that is due happening in order
    durations    set={"VM.start": 2.5}     durations of methods in simulated seconds, `*`: others
    fault        what, method, object,     add a fault, see `faults.Fault`
                 count, probability, when, seconds, code, params
    guest        vm, boot, address,        how guests behave, see `guest_rules.GuestRule`
                 link_local, shutdown,
                 suspend
    limits       waiting, tasks, effects,  limits of the toolstack, see `limits.Limits`
                 connections, header_read,
                 header_total
    storage      sr, free, failing,        fill a repository, let it fail, detach it from hosts
                 plugged
    detach       seconds                   let disks stay in use for a while after a detach
    host         host, state               enabled, disabled, dead, alive
    ha           enabled, overcommitted    high availability
    meter        user, originator,         let callers over budget wait, see `metering.Budget`
                 user_agent, burst, rate
    clear                                  remove faults, rules for guests, failing storage, late
                                           releases of disks and budgets
    journal      after=0                   effects: every method that changed something, in order
    sweep                                  do the housekeeping of every 30 seconds now
    restart_toolstack  finish=false        lose all that is in memory; operations end or,
                                           with finish, complete without a task
    restart_member     host, finish=false  restart the toolstack of a member
    move_coordinator   to="127.0.0.2"      the same, with another coordinator
"""

import asyncio
import dataclasses
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import orjson
from pydantic import Field, ValidationError, validate_call

from simulator import conditions, housekeeping, validation
from simulator.conditions import CONDITIONS, Condition
from simulator.faults import Fault
from simulator.pool import Pool
from simulator.quantities import Seconds
from simulator.stats import Stats
from simulator.toolstack import Toolstack

_MONTH = 31 * 24 * 3600.0

Command = Callable[..., Awaitable[dict[str, Any]]]
Advance = Annotated[float, Field(ge=0, le=_MONTH)]


class Control:
    """The commands of the control API."""

    def __init__(self, pool: Pool, stats: Stats, toolstack: Toolstack) -> None:
        self._pool = pool
        self._faults = pool.faults
        self._stats = stats
        self._toolstack = toolstack
        self._commands: dict[str, Command] = {
            "stats": self._show_stats,
            "reset": self._reset,
            "hold": self._hold,
            "release": self._release,
            "advance": self._advance,
            "durations": self._durations,
            "fault": self._fault,
            "clear": self._clear,
            "journal": self._journal,
            "sweep": self._sweep,
            "restart_toolstack": self._restart_toolstack,
            "restart_member": self._restart_member,
            "move_coordinator": self._move_coordinator,
            **{name: functools.partial(self._set, kind) for name, kind in CONDITIONS.items()},
        }

    async def answer(self, body: bytes) -> bytes:
        """Execute one command; raise ValueError for an invalid one."""
        return orjson.dumps(await self.execute(orjson.loads(body)))

    async def execute(self, order: object) -> dict[str, Any]:
        """Execute one command; raise ValueError for an invalid one."""
        fields = dict(order) if isinstance(order, Mapping) else {}
        name = fields.pop("do", None)
        if not isinstance(name, str) or name not in self._commands:
            raise ValueError(f"`do` must be one of: {', '.join(self._commands)}")
        try:
            return await self._commands[name](**fields)
        except ValidationError as error:
            raise ValueError(validation.words(error)) from error
        except TypeError as error:
            given = ", ".join(fields)
            raise ValueError(f"`{name}` does not take these parameters: {given}") from error

    async def _show_stats(self) -> dict[str, Any]:
        pool, stats = self._pool, self._stats
        return {
            "calls": dict(stats.calls),
            "requests": {"open": stats.open, "peak": stats.open_peak},
            "sessions": {
                "open": len(pool.sessions),
                "logins": pool.sessions.logins,
                "logouts": pool.sessions.logouts,
                "evicted": pool.sessions.evicted,
            },
            "tasks": {"pending": len(pool.tasks.running), "peak": pool.tasks.peak},
            "waiting": pool.waiting,
            "connections": {
                "open": len(self._toolstack.connections),
                "waiting": self._toolstack.connections.waiting,
            },
            "faults": {"waiting": len(self._faults.waiting), "applied": self._faults.applied},
            "clock": self._clock(),
        }

    async def _reset(self) -> dict[str, Any]:
        self._stats.reset()
        self._pool.tasks.peak = len(self._pool.tasks.running)
        return {}

    async def _hold(self) -> dict[str, Any]:
        self._pool.clock.hold()
        return self._clock()

    async def _release(self) -> dict[str, Any]:
        self._pool.clock.release()
        return self._clock()

    @validate_call
    async def _advance(self, seconds: Advance) -> dict[str, Any]:
        await self._pool.clock.advance(seconds)
        return self._clock()

    @validate_call
    async def _durations(self, set: dict[str, Seconds]) -> dict[str, Any]:  # noqa: A002 - the wire's word
        self._pool.durations.update(set)
        return dict(self._pool.durations)

    async def _fault(self, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - those of a Fault
        fault = Fault(**fields)
        fault.check_method(self._pool.db.model)
        self._faults.add(fault)
        return {"waiting": len(self._faults.waiting)}

    async def _set(self, kind: type[Condition], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - those of the condition
        return kind(**fields).apply(self._pool)

    async def _clear(self) -> dict[str, Any]:
        self._faults.clear()
        conditions.clear(self._pool)
        return {}

    @validate_call
    async def _journal(self, after: int = 0) -> dict[str, Any]:
        return {
            "effects": [dataclasses.asdict(effect) for effect in self._pool.effects.after(after)]
        }

    async def _sweep(self) -> dict[str, Any]:
        housekeeping.sweep(self._pool)
        return {}

    @validate_call
    async def _restart_toolstack(self, *, finish: bool = False) -> dict[str, Any]:
        self._toolstack.restart(finish=finish)
        await asyncio.sleep(0)  # connections are closed before the one who asks hears of it
        return {}

    @validate_call
    async def _restart_member(self, host: str, *, finish: bool = False) -> dict[str, Any]:
        found = conditions.find(self._pool, "host", host)
        self._toolstack.restart_member(found, finish=finish)
        return {}

    @validate_call
    async def _move_coordinator(self, to: str) -> dict[str, Any]:
        self._toolstack.move(to)
        await asyncio.sleep(0)  # likewise
        return {"address": self._pool.address}

    def _clock(self) -> dict[str, Any]:
        return {"now": self._pool.clock.now(), "held": self._pool.clock.held}
