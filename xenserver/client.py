"""`Xen`, the client of one XenServer pool, as the body of an operation gets it.

xen.find.vm("web01")               the one VM of that name or UUID, as an object reference
xen.VM.get_power_state(vm)         a call made at once, for reading and for setting
xen.Async.VM.clone(vm, "web02")    a call as a value: the engine launches it as a task
xen.uuid.vm(ref)                   the UUID behind a reference
xen.search.vm(name="web")          records, with UUIDs for references
xen.at("site-b")                   another pool, by the name of its target
"""

import json
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any, cast

from config.targets import Target
from xenserver import (
    calls,
    errors,
    lookup,
    object_kinds,
    objects,
    other_pools,
    permission,
    reference_names,
    search,
    values,
)
from xenserver.objects import Call, ObjectRef
from xenserver.query import Query
from xenserver.session import Sessions
from xenserver.values import Value

Finder = Callable[[str], ObjectRef]
UuidReader = Callable[[str | ObjectRef], str]
ReadOnce = Callable[[str, Callable[[], object]], object]


class Xen:
    """A pool, as the body of one operation sees it.

    `memory` keeps what was looked up, as JSON text, so that a name means the same object when the
    body runs again, and costs no call. Keep it with the operation, across processes. With `replays`
    the same holds for what is read (`xen.<Class>`, `search`): the first reading of a place in the
    body is the one it sees whenever it runs from its top, so that every replay takes the same path.
    """

    def __init__(
        self,
        sessions: Sessions,
        target: Target,
        memory: MutableMapping[str, str] | None = None,
        *,
        replays: bool = False,
        targets: Callable[[str], Target] | None = None,
    ) -> None:
        self._sessions = sessions
        self._targets = targets
        self._others: dict[str, Xen] = {}
        self._ask = partial(sessions.call, target)
        self._memory = {} if memory is None else memory
        self._replays = replays
        self._readings = 0
        self.find = Find(self._find)
        self.search = Search(self._ask, self._read_once)
        self.uuid = Uuid(self._uuid)
        self.Async = calls.Async()

    def __getattr__(self, cls: str) -> calls.Verbs[Any]:
        """Return the methods of a XenServer class, each called at once.

        Any name is taken for one: XenServer itself refuses a class that it does not have.
        """
        if cls.startswith("_"):
            raise AttributeError(cls)
        return calls.Verbs(cls, self._call)

    def at(self, target: str) -> "Xen":
        """Return another pool, by the name of its target, as the same operation sees it.

        What it returns leads to no further pool.
        """
        if self._targets is None:
            raise TypeError("no other pool is reached from here: call `at` of the operation's own")
        if target not in self._others:
            memory = other_pools.Memory(self._memory, target)
            there = self._targets(target)
            self._others[target] = Xen(self._sessions, there, memory, replays=self._replays)
        return self._others[target]

    def launch(
        self,
        call: Call,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float | None = None,
        permit: Callable[[], None] | None = None,
    ) -> str:
        """Begin the call as a XenServer task; return the task's reference.

        `permit` is called when the request is about to be written, and raises to have it not sent;
        so it is before the request to another pool that a receiver among the parameters needs.
        """
        with permission.asked(permit):
            params = [self._answered_by_receiver(param) for param in call.params]
            method = f"Async.{call.method}"
            return values.ref(self._ask(method, *params, headers=headers, timeout=timeout))

    def _answered_by_receiver(self, param: Value) -> Value:
        """Ask another pool for what stands for a receiver; return any other parameter as it is."""
        target = other_pools.target_of((param,))
        if target is None or not isinstance(param, dict):
            return param
        ask = self.at(target)._ask  # noqa: SLF001 - of this class; it is not to be remembered
        return values.record(ask("host.migrate_receive", param["host"], param["network"], {}))

    def with_names(self, error: errors.XenflowError) -> errors.XenflowError:
        """Return the error with names for references, asking XenServer for those not yet known."""
        return errors.with_names(error, reference_names.names(self._ask, error, self._objects()))

    def _find(self, kind: str, text: str) -> ObjectRef:
        key = f"{kind} {text}"
        if key not in self._memory:
            self._memory[key] = lookup.find(self._ask, object_kinds.KINDS[kind], text).to_json()
        return ObjectRef.from_json(self._memory[key])

    def _uuid(self, kind: str, ref: str | ObjectRef) -> str:
        if isinstance(ref, ObjectRef):
            return ref.uuid
        key = f"{objects.UUID}{ref}"
        if key not in self._memory:
            self._memory[key] = values.text(
                self._ask(f"{object_kinds.CLASSES[kind]}.get_uuid", ref)
            )
        return self._memory[key]

    def _call(self, call: Call) -> object:
        return self._read_once(call.method, lambda: self._ask(call.method, *call.params))

    def _read_once(self, what: str, read: Callable[[], object]) -> object:
        if not self._replays:
            return read()
        self._readings += 1
        key = f"{objects.READ}{self._readings} {what}"
        if key not in self._memory:
            self._memory[key] = json.dumps(read())
        return json.loads(self._memory[key])

    def _objects(self) -> list[ObjectRef]:
        return objects.remembered(self._memory)


class Find:
    """Finds the one object that a UUID or a name means; see `lookup.find` for what it raises."""

    vm: Finder
    template: Finder
    snapshot: Finder
    vm_or_template: Finder
    vm_template_or_snapshot: Finder
    host: Finder
    pool: Finder
    sr: Finder
    network: Finder
    vdi: Finder
    vbd: Finder
    vif: Finder
    pif: Finder
    pbd: Finder
    task: Finder

    def __init__(self, find: Callable[[str, str], ObjectRef]) -> None:
        for kind in object_kinds.KINDS:
            setattr(self, kind, partial(find, kind))


class Uuid:
    """Return the UUID behind a reference of the class."""

    vm: UuidReader
    host: UuidReader
    pool: UuidReader
    sr: UuidReader
    network: UuidReader
    vdi: UuidReader
    vbd: UuidReader
    vif: UuidReader
    pif: UuidReader
    pbd: UuidReader
    task: UuidReader

    def __init__(self, read: Callable[[str, str | ObjectRef], str]) -> None:
        for kind in object_kinds.CLASSES:
            setattr(self, kind, partial(read, kind))


class Search:
    """Searches the records of one class by criteria; see `query.Query` for their meaning."""

    vm: "Searcher"
    host: "Searcher"
    pool: "Searcher"
    sr: "Searcher"
    network: "Searcher"
    vdi: "Searcher"
    vbd: "Searcher"
    vif: "Searcher"
    pif: "Searcher"
    pbd: "Searcher"
    task: "Searcher"

    def __init__(self, ask: lookup.Ask, read_once: ReadOnce) -> None:
        for kind, cls in object_kinds.CLASSES.items():
            setattr(self, kind, Searcher(ask, cls, read_once))


class Searcher:
    """Searches one class."""

    def __init__(self, ask: lookup.Ask, cls: str, read_once: ReadOnce) -> None:
        self._ask = ask
        self._cls = cls
        self._read_once = read_once

    def __call__(  # noqa: PLR0913 - each criterion has its own name
        self,
        *,
        uuid: str | None = None,
        name: str | None = None,
        is_search_expression: bool = False,
        where: Mapping[str, object] | None = None,
        fits: Callable[[values.Record], bool] | None = None,
        fields: Sequence[str] | None = None,
        limit: int | None = None,
        after: str | None = None,
    ) -> list[values.Record]:
        """Return the records that fit; see `query.Query`."""
        wanted = Query(
            uuid=uuid and lookup.spelled_once(uuid),
            name=name,
            is_search_expression=is_search_expression,
            where=where or {},
            fits=fits,
            fields=fields,
            limit=limit,
            after=after and lookup.spelled_once(after),
        )
        found = self._read_once(
            f"search {self._cls}", lambda: search.search(self._ask, self._cls, wanted)
        )
        return cast("list[values.Record]", found)  # what search gave, or the same out of the memory
