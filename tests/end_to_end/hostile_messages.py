"""Messages that no Celery client writes, as data: what is wrong, and how each is built."""

import base64
import gzip
import json
import uuid
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

FIND = "xenserver.host.find"

ABSENT = object()  # the value of a member that is left out


@dataclass(frozen=True)
class Hostile:
    """What differs from a sound message; `edit` changes its text after all else."""

    headers: Any = field(default_factory=dict)
    properties: Any = field(default_factory=dict)
    embed: Any = field(default_factory=dict)
    kwargs: Any = field(default_factory=dict)
    args: Any = field(default_factory=list)
    content: Mapping[str, Any] = field(default_factory=dict)
    body: Any = ABSENT
    edit: Callable[[bytes], bytes] = lambda item: item

    def item(self, task_id: str) -> bytes:
        """Return the message as it is in the queue."""
        body = [self.args, self.kwargs, self.embed] if self.body is ABSENT else self.body
        written = body if isinstance(body, str) else encoded(json.dumps(body).encode())
        message = {
            "body": written,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": _with({"task": FIND, "id": task_id}, self.headers),
            "properties": _with(
                {
                    "body_encoding": "base64",
                    "delivery_info": {"exchange": "", "routing_key": "change"},
                    "delivery_mode": 2,
                    "delivery_tag": str(uuid.uuid4()),
                    "priority": 0,
                },
                self.properties,
            ),
            **self.content,
        }
        return self.edit(json.dumps(message).encode())


def encoded(data: bytes) -> str:
    """Return bytes as the body of a message."""
    return base64.b64encode(data).decode()


def _with(members: dict[str, Any], changes: Any) -> Any:
    if not isinstance(changes, dict):
        return changes
    return {name: v for name, v in {**members, **changes}.items() if v is not ABSENT}


def _replaced(text: str) -> Callable[[bytes], bytes]:
    """Return an edit that puts text in place of the number 4711."""
    return lambda item: item.replace(b"4711", text.encode("utf-8", "surrogateescape"))


def _compressed(data: bytes, kind: str) -> Hostile:
    return Hostile(headers={"compression": kind}, body=encoded(data))


def bomb() -> Hostile:
    """Return a message of 583 kB whose body is 600 MB of spaces."""
    stream = zlib.compressobj()
    parts = [stream.compress(part) for part in (b"[[", *[b" " * 1_000_000] * 600, b"], {}, {}]")]
    return _compressed(b"".join([*parts, stream.flush()]), "application/x-gzip")


def _step(**changes: Any) -> dict[str, Any]:
    return {"task": FIND, "args": [], "kwargs": {}, "options": {}, **changes}


def _callback(**options: Any) -> Hostile:
    """Return a message whose success and whose failure call back in an impossible way."""
    step = _step(options=options)
    return Hostile(embed={"callbacks": [step], "errbacks": [step]})


def _canvas(kind: str, **kwargs: Any) -> Hostile:
    name = f"celery.{kind}"
    return Hostile(embed={"callbacks": [_step(task=name, subtask_type=kind, kwargs=kwargs)]})


REFUSED: dict[str, Hostile] = {
    # headers
    "an unknown task": Hostile(headers={"task": "nope.nothing"}),
    "a task that is a number": Hostile(headers={"task": 5}),
    "no task": Hostile(headers={"task": ABSENT}),
    "celery.group by name": Hostile(headers={"task": "celery.group"}),
    "celery.chunks by name": Hostile(headers={"task": "celery.chunks"}),
    "celery.chord by name": Hostile(headers={"task": "celery.chord"}),
    "celery.map by name": Hostile(headers={"task": "celery.map"}),
    "a root that is a list": Hostile(headers={"root_id": [1]}),
    "a group that is an object": Hostile(headers={"group": {}}),
    "an index that is a word": Hostile(headers={"group_index": "first"}),
    "retries that are a word": Hostile(headers={"retries": "many"}),
    "an eta that is a number": Hostile(headers={"eta": 12}),
    "an eta that is a word": Hostile(headers={"eta": "soon"}),
    "an eta in a thousand years": Hostile(headers={"eta": "3026-01-01T00:00:00"}),
    "an eta before time": Hostile(headers={"eta": "0001-01-01T00:00:00+14:00"}),
    "an expiry that is a number": Hostile(headers={"expires": 1.5}),
    "an expiry of a year alone": Hostile(headers={"expires": "2030"}),
    "an expiry that is empty": Hostile(headers={"expires": ""}),
    "an eta in the thirteenth month": Hostile(headers={"eta": "2027-13-45T00:00:00"}),
    "an expiry that is a list": Hostile(headers={"expires": []}),
    "a time limit that is a number": Hostile(headers={"timelimit": 5}),
    "time limits of three": Hostile(headers={"timelimit": [1, 2, 3]}),
    "stamps that are text": Hostile(headers={"stamps": "x", "stamped_headers": ["a"]}),
    "stamped headers that are text": Hostile(headers={"stamps": {}, "stamped_headers": "x"}),
    "a shadow that is an object": Hostile(headers={"shadow": {}}),
    "an origin that is a number": Hostile(headers={"origin": 1}),
    "representations that are lists": Hostile(headers={"argsrepr": [], "kwargsrepr": []}),
    "a path that is a number": Hostile(headers={"xenflow_path": 5}),
    "a path without end": Hostile(headers={"xenflow_path": "a/" * 100_000}),
    "an undoing that is a list": Hostile(headers={"xenflow_undoes": ["1"]}),
    "an adoption that is not JSON": Hostile(headers={"xenflow_adopts": "{"}),
    "an adoption of a fence": Hostile(headers={"xenflow_adopts": '{"fencing_token": "9"}'}),
    "an adoption of a list": Hostile(headers={"xenflow_adopts": "[]"}),
    # properties and content
    "an unknown body encoding": Hostile(properties={"body_encoding": "rot13"}),
    "a body encoding that is a list": Hostile(properties={"body_encoding": []}),
    "a priority that is text": Hostile(properties={"priority": "high"}),
    "a correlation that is an object": Hostile(properties={"correlation_id": {}}),
    "a reply address that is a list": Hostile(properties={"reply_to": []}),
    "properties that are a list": Hostile(properties=[]),
    "pickle": Hostile(content={"content-type": "application/x-python-serialize"}),
    "a content type that is a list": Hostile(content={"content-type": []}),
    "an encoding of text from long ago": Hostile(content={"content-encoding": "latin-1"}),
    # the body
    "a body that is null": Hostile(body=None),
    "a body that is text": Hostile(body=encoded(b'"text"')),
    "a body of too little": Hostile(body=[1]),
    "a body of too much": Hostile(body=[[], {}, {}, {}]),
    "a body that is not base64": Hostile(body="=" * 7 + "x"),
    "a body that is not UTF-8": Hostile(body=encoded(b"[[], {}, \xff]")),
    "a body that is not JSON": Hostile(body=encoded(b"[[], {}, {}")),
    "a body that is empty": Hostile(body=""),
    "args that are an object": Hostile(args={"a": 1}),
    "kwargs that are a list": Hostile(kwargs=[1]),
    "a body nested too deep": Hostile(body=encoded(b"[" * 900 + b"]" * 900)),
    "a body nested past all bounds": Hostile(body=encoded(b"[" * 200_000)),
    "a lone surrogate": Hostile(body=encoded(b'[[], {"uuid": "\\ud800"}, {}]')),
    "a number of 4,301 digits": Hostile(body=encoded(b'[[], {"uuid": ' + b"9" * 4301 + b"}, {}]")),
    "a UUID that is none": Hostile(kwargs={"uuid": {"__type__": "uuid", "__value__": {"hex": 1}}}),
    "a type of no use": Hostile(kwargs={"uuid": {"__type__": [], "__value__": 1}}),
    "a decimal that is none": Hostile(kwargs={"uuid": {"__type__": "decimal", "__value__": "x"}}),
    "bytes that are a number": Hostile(kwargs={"uuid": {"__type__": "bytes", "__value__": 1}}),
    "a body of 9 MB": Hostile(args=["x" * 9_000_000]),
    "a body of 20 MB": Hostile(args=["x" * 20_000_000]),
    # compression
    "an unknown compression": _compressed(b"x", "application/x-middle-out"),
    "a compression that is a list": Hostile(headers={"compression": []}),
    "no gzip": _compressed(b"[[], {}, {}]", "gzip"),
    "gzip cut off": _compressed(zlib.compress(b"[[], {}, {}]" * 99)[:-9], "application/x-gzip"),
    "gzip with a file's head": _compressed(gzip.compress(b"[[], {}, {}]"), "gzip"),
    # embed
    "an embed that is a list": Hostile(embed=[]),
    "an embed that is text": Hostile(embed="x"),
    "a chain that is text": Hostile(embed={"chain": "x"}),
    "a chain of texts": Hostile(embed={"chain": ["x"]}),
    "a chord that is text": Hostile(embed={"chord": "x"}),
    "callbacks that are text": Hostile(embed={"callbacks": "x"}),
    "callbacks of numbers": Hostile(embed={"callbacks": [1]}),
    "error callbacks of numbers": Hostile(embed={"errbacks": [1]}),
    "an error callback of no name": Hostile(embed={"errbacks": [{"args": []}]}),
    "a callback whose options are a list": Hostile(embed={"callbacks": [_step(options=[])]}),
    "a callback whose producer is a number": Hostile(
        embed={"callbacks": [_step(options={"producer": 1})]}
    ),
    "a callback whose own callback is text": Hostile(
        embed={"callbacks": [_step(options={"link": "x"})]}
    ),
    "a callback of an unknown kind": Hostile(embed={"callbacks": [_step(subtask_type="x")]}),
    "a canvas of texts": Hostile(
        embed={
            "callbacks": [_step(task="celery.chain", subtask_type="chain", kwargs={"tasks": ["x"]})]
        }
    ),
    "a callback of an unknown compression": _callback(compression="middle-out"),
    "a callback of an unknown serializer": _callback(serializer="cuneiform"),
    "a callback after the end of time": _callback(countdown=1e308),
    "a callback that expires after it": _callback(expires=1e308),
    "a callback with an eta that is empty": _callback(eta=""),
    "a callback that is retried by unknown rules": _callback(retry_policy={"often": True}),
    "a callback with an id that is empty": _callback(task_id=""),
    "a callback with an option of Python's": _callback(self=1),
    "a callback with an option of Celery's": _callback(declare=[1]),
    "a callback with a content type": _callback(content_type="text/plain"),
    "a callback with the name of a stamp alone": _callback(stamped_headers=["customer"]),
    "a callback whose way is a number": _callback(delivery_info=5),
    "a chain without steps in it": _canvas("chain"),
    "a group without steps in it": _canvas("group"),
    "a chord without parts": _canvas("chord", body=_step()),
    "a chord without a body": _canvas("chord", header=[_step()]),
    "a group that is one step": _canvas("group", tasks=_step()),
    "a chord whose fields are a number": _canvas("chord", header=[], body=_step(), kwargs=5),
    "a chord with an option of its class": Hostile(
        embed={
            "callbacks": [
                _step(
                    task="celery.chord",
                    subtask_type="chord",
                    kwargs={"header": [_step()], "body": _step()},
                    options={"header": []},
                )
            ]
        }
    ),
    "chunks without a kind": Hostile(embed={"callbacks": [_step(task="celery.chunks")]}),
    "a starmap without a kind": Hostile(embed={"chain": [_step(task="celery.starmap")]}),
    "an accumulation of what is not there": Hostile(
        headers={"task": "celery.accumulate"}, args=[1], kwargs={"index": 9}
    ),
    "a cleaning with a field": Hostile(headers={"task": "celery.backend_cleanup"}, kwargs={"x": 1}),
    "an adoption of a list of names": Hostile(headers={"xenflow_adopts": '{"known": "[1]"}'}),
    "an adoption of a call that is text": Hostile(headers={"xenflow_adopts": '{"call:0": "5"}'}),
    "a map": _canvas("xmap", task=_step(), it=[1]),
    "a chord of an unknown size": Hostile(
        headers={"group": "g"}, embed={"chord": _step(chord_size="x")}
    ),
    # the text
    "a raw tab in a string": Hostile(headers={"x": 4711}, edit=_replaced('"\t"')),
    "bytes that are not UTF-8": Hostile(headers={"x": 4711}, edit=_replaced('"\udcff"')),
    "a lone surrogate in the headers": Hostile(headers={"x": 4711}, edit=_replaced('"\\ud800"')),
    "headers nested 980 deep": Hostile(headers={"x": 4711}, edit=_replaced("[" * 980 + "]" * 980)),
    "a number that is no number": Hostile(headers={"x": 4711}, edit=_replaced("NaN")),
    "a number beyond all": Hostile(headers={"x": 4711}, edit=_replaced("1e999")),
    "5,000 digits in the headers": Hostile(headers={"x": 4711}, edit=_replaced("9" * 5000)),
}
"""What has an id, and is refused under it."""

DEAD: dict[str, Hostile] = {
    "no message": Hostile(edit=lambda _: b"not a message"),
    "nothing": Hostile(edit=lambda _: b""),
    "null": Hostile(edit=lambda _: b"null"),
    "a list": Hostile(edit=lambda _: b"[]"),
    "an empty object": Hostile(edit=lambda _: b"{}"),
    "half a message": Hostile(edit=lambda item: item[: len(item) // 2]),
    "nan": Hostile(headers={"x": 4711}, edit=_replaced("nan")),
    "0x0": Hostile(headers={"x": 4711}, edit=_replaced("0x0")),
    "brackets without end": Hostile(edit=lambda _: b"[" * 1_000_000),
    "no id": Hostile(headers={"id": ABSENT}),
    "an id that is a number": Hostile(headers={"id": 5}),
    "an id that is empty": Hostile(headers={"id": ""}),
    "an id without end": Hostile(headers={"id": "x" * 100_000}),
    "an id of half a character": Hostile(headers={"id": 4711}, edit=_replaced('"\\ud800"')),
    "headers that are a list": Hostile(headers=[1]),
    "headers that are text": Hostile(headers="x"),
    "headers that are text, and a raw tab": Hostile(headers="4711", edit=_replaced("a\tb")),
    "two messages": Hostile(edit=lambda item: item + item),
}
"""What has no id that could be read, and is put aside."""

SOUND: dict[str, Hostile] = {
    "no priority": Hostile(properties={"priority": ABSENT}),
    "no tag": Hostile(properties={"delivery_tag": ABSENT}),
    "a tag that is a list": Hostile(properties={"delivery_tag": []}),
    "a way that is text": Hostile(properties={"delivery_info": "x"}),
    "args and kwargs that are null": Hostile(body=[None, None, None]),
    "an embed that is null": Hostile(embed=None),
    "a header named as a part of Celery's": Hostile(headers={"get": 1, "chord": "x", "args": 1}),
    "a callback with options that are null": Hostile(
        embed={"callbacks": [_step(options={"task_id": None, "connection": None, "eta": None})]}
    ),
    "an expiry in a week of its year": Hostile(headers={"expires": "2040-W01-1"}),
    "an index that is huge": Hostile(headers={"group": "g", "group_index": 10**30}),
    "an embed with parts of Celery's": Hostile(embed={"get": 1, "called_directly": 1}),
    "a revocation of somebody else's": Hostile(headers={"xenflow_revoked": True}),
    "a refusal of somebody else's": Hostile(headers={"xenflow_refused": '["x"]'}),
    "an eta long ago": Hostile(headers={"eta": "2001-01-01T00:00:00+00:00"}),
    "gzip": _compressed(zlib.compress(b"[[], {}, {}]"), "application/x-gzip"),
    "a malformed type in a header of one's own": Hostile(
        headers={"x": {"__type__": "uuid", "__value__": 5}}
    ),
}
"""What looks hostile, and is answered as it deserves."""
