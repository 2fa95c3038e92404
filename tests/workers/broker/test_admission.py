"""A refusal keeps the chord of which its message is a part; what Celery writes is no refusal."""

import base64
import bz2
import json
import lzma
import random
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from celery import Signature, chain, chord, group
from kombu.utils.json import dumps as json_of

from config.settings import Settings
from tasks.engine.declaration import catalogue
from tests.end_to_end.hostile_messages import ABSENT, FIND, Hostile, encoded
from workers import loader
from workers.broker import salvage, unknown_tasks
from workers.broker.admission import Admission, Sound, Taken

LONGEST = 2**20  # bytes of a body, here
STEP = {"task": FIND, "args": [], "kwargs": {}, "options": {"task_id": "body"}, "chord_size": 2}
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": STEP}
PART: dict[str, Any] = {"headers": {"group": "group", "group_index": 1, "x": 4711}, "embed": EMBED}

FEW, MANY = "x" * 2 * LONGEST, "x" * 5 * LONGEST


def _text(args: Any, embed: Any = EMBED) -> str:
    return json.dumps([args, {}, embed])


def _unencoded(body: str) -> Hostile:
    """Return a part as clients of JavaScript write one: its body is text."""
    return Hostile(**{**PART, "properties": {"body_encoding": "utf-8"}}, body=body)


def _in_order(*names: str) -> Callable[[bytes], bytes]:
    def edit(item: bytes) -> bytes:
        message = json.loads(item)
        return json.dumps({name: message[name] for name in names}).encode()

    return edit


def _compressed(kind: str, body: bytes) -> Hostile:
    headers = {**PART["headers"], "compression": kind}
    return Hostile(headers=headers, embed=EMBED, body=encoded(body))


def _protocol_1(args: Any, kind: str | None = None) -> Hostile:
    """Return a part as protocol 1 writes one, whose id is in its body alone."""
    task = {
        "task": FIND,
        "id": "part",
        "args": args,
        "kwargs": {"x": {"chord": 1, "id": "y"}},
        "group": "group",
        "group_index": 1,
        "retries": 0,
        "eta": None,
        "utc": True,
        "callbacks": [STEP, STEP],
        "errbacks": None,
        "taskset": "group",
        "chord": STEP,
    }
    body = json.dumps(task).encode()
    return Hostile(headers=_none_but(kind), body=encoded(_packed(kind, body)))


def _none_but(kind: str | None) -> dict[str, Any]:
    return {"task": ABSENT, "id": ABSENT, **({"compression": kind} if kind else {})}


def _packed(kind: str | None, body: bytes) -> bytes:
    return _PACK[kind](body) if kind else body


_PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda body: zlib.compress(body, 1),
    "bzip2": bz2.compress,
    "xz": lambda body: lzma.compress(body, preset=0),
}
NOISE = random.Random(1).randbytes(2 * LONGEST).hex()  # noqa: S311 - what shrinks by half at most

PARTS: dict[str, Hostile] = {
    **{
        f"a message that is too long, packed by {kind}": _compressed(
            kind, _packed(kind, _text([NOISE]).encode())
        )
        for kind in _PACK
    },
    "protocol 1, a body that is too long": _protocol_1([FEW]),
    "protocol 1, a message that is too long": _protocol_1([MANY]),
    "protocol 1, a body with a lone surrogate": _protocol_1(["\ud800"]),
    **{
        f"protocol 1, a message that is too long, packed by {kind}": _protocol_1([NOISE], kind)
        for kind in _PACK
    },
    "a body that is too long": Hostile(**PART, args=[FEW]),
    "a message that is too long": Hostile(**PART, args=[MANY]),
    "a message that is too long, of text": _unencoded(_text([MANY])),
    "the same, of characters with escapes": _unencoded(_text(['\u00e9\\"' * LONGEST])),
    "headers before a body that is too long": Hostile(
        **PART, args=[MANY], edit=_in_order("headers", "properties", "body", "content-type")
    ),
    "a body that is too long, between the others": Hostile(
        **PART, args=[MANY], edit=_in_order("headers", "body", "properties")
    ),
    "a body that is too long at the end": Hostile(
        **PART, args=[MANY], edit=_in_order("properties", "headers", "body")
    ),
    "a body that is too long when it is decompressed": _compressed(
        "gzip", zlib.compress(_text([FEW]).encode())
    ),
    "a body nested too deep": Hostile(**PART, args=json.loads("[" * 200 + "]" * 200)),
    "a body nested past all bounds": Hostile(
        **PART, body=encoded(f"[{'[' * 9999}{']' * 9999}, {{}}, {json.dumps(EMBED)}]".encode())
    ),
    "a lone surrogate in a body": Hostile(**PART, args=["\ud800"]),
    "a number of 4,301 digits": Hostile(
        **PART, body=encoded(f"[[{'9' * 4301}], {{}}, {json.dumps(EMBED)}]".encode())
    ),
    "a body that is no UTF-8": Hostile(
        **PART, body=encoded(b'[["\xff"], {}, ' + json.dumps(EMBED).encode() + b"]")
    ),
    "a signature that looks like the end": Hostile(**PART, args=[{"chord": STEP}, FEW]),
    "raw control characters in a header": Hostile(
        **PART, edit=lambda item: item.replace(b"4711", b'"\t"')
    ),
}


@pytest.mark.parametrize("what", PARTS)
def test_a_refused_part_keeps_its_chord(what: str) -> None:
    """The chord would wait for it for ever otherwise."""
    item = PARTS[what].item("part")
    cut = salvage.ends(item) if len(item) > 2 * LONGEST else item

    taken = Taken(
        cut, len(item), "change", "tag", 0.0, whole=lambda: b"[" + item + b',"","change"]'
    )
    admitted = Admission({FIND}, set(), LONGEST).admit(taken)

    assert isinstance(admitted, Sound)
    headers = admitted.message["headers"]
    assert headers["xenflow_refused"]
    assert (headers["id"], headers["group"]) == ("part", "group")
    embedded = json.loads(admitted.message["body"])[2]
    assert embedded["chord"]["task"] == FIND
    assert embedded["chord"]["chord_size"] == 2
    assert embedded["chord"]["options"]["task_id"] == "body"


HALF: dict[str, tuple[object, bool]] = {
    "protocol 1": ({"task": FIND, "id": "half", "args": [], "kwargs": {}, "origin": "x"}, True),
    "fields beside the headers of protocol 2": ({"kwargs": {"name": "web01"}}, True),
    "a body of other members": ({"a": 1}, False),
    "a body with one more": ({"kwargs": {}, "name": "web01"}, False),
    "a body of nothing": ({}, False),
}


@pytest.mark.parametrize("what", HALF)
def test_a_body_whose_fields_would_be_passed_over_is_refused(what: str) -> None:
    """An operation without fields works on all that there is."""
    body, is_sound = HALF[what]
    headers = None if what == "protocol 1" else {"task": FIND, "id": "half"}
    item = json.dumps(
        {
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "headers": headers,
            "properties": {"body_encoding": "base64"},
        }
    ).encode()

    admitted = Admission({FIND}, set(), LONGEST).admit(Taken(item, len(item), "change", "tag", 0.0))

    assert isinstance(admitted, Sound)
    assert ("xenflow_refused" not in admitted.message["headers"]) is is_sound


def _signature(**options: Any) -> Signature[Any]:
    return Signature(FIND, kwargs={"name": "x"}, options=options)


SENT_BY_CELERY: dict[str, Signature[Any]] = {
    "a delay": _signature(countdown=5, expires=60.5, priority=3, queue="find"),
    "moments": _signature(
        eta=datetime(2030, 1, 1, tzinfo=UTC), expires=datetime(2031, 1, 1, tzinfo=UTC)
    ),
    "a way to publish": _signature(
        serializer="json",
        compression="gzip",
        delivery_mode=2,
        retry=True,
        retry_policy={"max_retries": 3, "interval_start": 0, "interval_step": 0.2},
    ),
    "headers": _signature(headers={"customer": "x"}, shadow="shown", ignore_result=True),
    "callbacks": _signature(link=[_signature()], link_error=[_signature(), _signature()]),
    "a chain": chain(_signature(), _signature(), _signature()),
    "a group": group(_signature(), _signature()),
    "a chord": chord([_signature(), chain(_signature(), _signature())], _signature()),
    "a chain of chords": chain(chord([_signature()], _signature()), group(_signature())),
    "stamps": _signature(stamped_headers=["customer"], customer="x"),
}


@pytest.mark.parametrize("what", SENT_BY_CELERY)
@pytest.mark.parametrize("place", ["callbacks", "errbacks", "chain", "chord"])
def test_a_step_that_celery_writes_is_admitted(place: str, what: str) -> None:
    """The canvas and the options of a producer do not matter."""
    step = json.loads(json_of(SENT_BY_CELERY[what]))
    embed = {place: step if place == "chord" else [step]}
    item = Hostile(embed=embed).item("sound")

    admitted = Admission({FIND}, set(), LONGEST).admit(Taken(item, len(item), "find", "tag", 0.0))

    assert isinstance(admitted, Sound)
    assert "xenflow_refused" not in admitted.message["headers"], admitted.message["headers"]


def test_a_step_of_our_own_flows_is_not_what_was_meant() -> None:
    """Nobody sends it by hand."""
    loader.load(Settings())
    names = {operation.name for operation in catalogue.everything()}

    assert "resolve" not in unknown_tasks.problem("xenserver.vm.resolv", names, "change")
    assert "vm.resume" in unknown_tasks.problem("xenserver.vm.resum", names, "change")
