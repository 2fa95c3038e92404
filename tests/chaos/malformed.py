"""Messages that are wrong in their envelope, as data: what stands in a queue ends no process.

Where the id of a message can be read, its sender is to hear FAILURE; the rest is to be put aside.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Envelope = dict[str, Any]
Body = list[Any]

TASK = "xenserver.host.find"
QUEUE = "change"


@dataclass(frozen=True)
class Malformed:
    """One way to be wrong: how the text of a good message is made a bad one."""

    what: str
    spoil: Callable[[str], str]
    answered: bool = True


def envelope(task_id: str) -> Envelope:
    """Return a good message of protocol 2 as kombu keeps it in Redis."""
    return {
        "body": _encoded([[], {}, {}]),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"task": TASK, "id": task_id, "lang": "py", "root_id": task_id},
        "properties": {
            "body_encoding": "base64",
            "correlation_id": task_id,
            "delivery_info": {"exchange": "", "routing_key": QUEUE},
            "delivery_mode": 2,
            "delivery_tag": f"tag-{task_id}",
            "priority": 0,
        },
    }


def _encoded(body: object) -> str:
    return base64.b64encode(json.dumps(body).encode()).decode()


def _body(body: object) -> Callable[[str], str]:
    return lambda task_id: json.dumps({**envelope(task_id), "body": _encoded(body)})


def _embed(**embed: object) -> Callable[[str], str]:
    return _body([[], {}, embed])


def _headers(**headers: object) -> Callable[[str], str]:
    def spoil(task_id: str) -> str:
        good = envelope(task_id)
        return json.dumps({**good, "headers": {**good["headers"], **headers}})

    return spoil


def _envelope(**members: object) -> Callable[[str], str]:
    return lambda task_id: json.dumps({**envelope(task_id), **members})


def _text(old: str, new: str) -> Callable[[str], str]:
    """Return a way to spoil the text itself, so that it is not JSON to Python."""
    return lambda task_id: json.dumps(envelope(task_id)).replace(old, new)


MALFORMED = (
    Malformed("no JSON", lambda task_id: f"not a message {task_id}", answered=False),
    Malformed("a raw tab in a string", _text('"py"', '"p\ty"'), answered=False),
    Malformed("nan", _text('"priority": 0', '"priority": nan'), answered=False),
    Malformed("a number in hexadecimal", _text('"priority": 0', '"priority": 0x0'), answered=False),
    Malformed(
        "a value of a type nobody knows",
        _headers(argsrepr={"__type__": "nonsense", "__value__": 1}),
        answered=False,
    ),
    Malformed("headers 980 deep", _text('"py"', "[" * 980 + "]" * 980), answered=False),
    Malformed("headers that are a list", _envelope(headers=[1]), answered=False),
    Malformed("an unknown encoding", _envelope(**{"content-encoding": "rot13"})),
    Malformed("an unknown content type", _envelope(**{"content-type": "application/x-rubbish"})),
    Malformed("a body that is not base64", _envelope(body="?!")),
    Malformed("a body of nothing", _body(None)),
    Malformed("a body of too little", _body([[]])),
    Malformed("embed as a list", _body([[], {}, [1]])),
    Malformed("a chain that is a string", _embed(chain="xenserver.vm.start")),
    Malformed("callbacks that are numbers", _embed(callbacks=[7])),
    Malformed("errbacks that are strings", _embed(errbacks=["nobody"])),
    Malformed("a chord that is a list", _embed(chord=[1])),
    Malformed("stamps that are a string", _headers(stamps="red", stamped_headers="colour")),
    Malformed("an eta that is no time", _headers(eta="soon")),
    Malformed("an expiry that is no time", _headers(expires="later")),
    Malformed("retries that are no number", _headers(retries="many")),
    Malformed("a time limit that is no pair", _headers(timelimit="long")),
    Malformed("a task nobody knows", _headers(task="xenserver.vm.nonsense")),
    Malformed("a field nobody knows", _body([[], {"colour": "red"}, {}])),
    Malformed("a field called self", _body([[], {"self": 1}, {}])),
    Malformed("fields that are a list", _body([[], [1, 2], {}])),
    Malformed("a path that is a number", _headers(xenflow_path=7)),
)
