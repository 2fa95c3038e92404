"""The AsyncAPI document tells of every message, in the form that AsyncAPI and Celery have."""

import base64
import json
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from celery import Celery
from redis import Redis

from cli.generators.schemas import models
from tasks.engine.declaration import message
from tasks.engine.declaration.operation import Operation
from tasks.engine.messages import refusals
from tests.cli import schemas
from tests.stack import StackHarness
from workers.broker.admission import Admission, Sound, Taken
from workers.broker.envelope import Unreadable
from workers.local_stack import valkey_server
from xenserver import errors

OPERATIONS = schemas.operations()
BY_NAME = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
OFFICIAL = "@asyncapi/specs@6.11.1"


@pytest.fixture(scope="module")
def document() -> schemas.Document:
    """Read the document."""
    return schemas.read("asyncapi.json")


def test_every_reference_leads_somewhere(document: schemas.Document) -> None:
    """It leads into the document, or to the schemas beside it."""
    assert [ref for ref in schemas.references(document) if not schemas.resolve(ref)] == []


def test_it_has_every_operation_and_no_other(document: schemas.Document) -> None:
    """The catalogue decides which these are."""
    assert document["operations"].keys() == {operation.name for operation in OPERATIONS}


@BY_NAME
def test_an_operation_stands_in_its_queue(document: schemas.Document, operation: Operation) -> None:
    """Its one message is a message of that channel."""
    outcome = document["operations"][operation.name]
    [message] = outcome["messages"]

    assert schemas.resolve(outcome["channel"]["$ref"])["address"] == operation.queue
    assert message["$ref"] == f"{outcome['channel']['$ref']}/messages/{operation.name}"
    assert schemas.resolve(schemas.resolve(message["$ref"])["$ref"])["name"] == operation.name


@BY_NAME
def test_an_operation_is_answered_with_its_answer_or_an_error(
    document: schemas.Document, operation: Operation
) -> None:
    """What changes something may be asked to answer at once."""
    reply = document["operations"][operation.name]["reply"]
    answers = [ref["$ref"].rsplit("/", 1)[-1] for ref in reply["messages"]]
    at_once = ["Accepted"] if models.can_be_async(operation) else []

    assert answers == [operation.answer.__name__, *at_once, "Failed", "Revoked"]
    assert reply["channel"] == {"$ref": "#/channels/answer"}


@BY_NAME
def test_the_example_fits_headers_and_payload(
    document: schemas.Document, operation: Operation
) -> None:
    """It is an example of its own message."""
    message = f"/components/messages/{operation.name}"
    [example] = document["components"]["messages"][operation.name]["examples"]

    assert schemas.complaints(f"{message}/headers", example["headers"]) == []
    assert schemas.complaints(f"{message}/payload", example["payload"]) == []
    assert schemas.complaints(f"{message}/payload", [[], {"nosuch": 1}, {}]) != []
    assert schemas.complaints(f"{message}/headers", {"task": "another", "id": "1"}) != []


def test_it_names_the_classes_of_errors(document: schemas.Document) -> None:
    """Every class that a code leads to is named."""
    outcome = document["components"]["schemas"]["Error"]["properties"]["exc_type"]["examples"]

    assert set(outcome) == {kind.__name__ for kind in errors.codes().values()}


def test_what_celery_sends_fits(valkey: valkey_server.Valkey, redis: Redis) -> None:
    """Envelope, headers and payload fit, of a message alone and of one in a chain."""
    with Celery("sender", broker=valkey.url, set_as_current=False) as app:
        started = app.signature("xenserver.vm.start", kwargs={"vm": "web01"}, queue="change")
        started.apply_async()
        (started.clone() | started.clone()).apply_async(link_error=started.clone())
    sent = [json.loads(text) for text in redis.lrange("change", 0, -1)]

    assert len(sent) == 2
    for envelope in sent:
        _assert_fits(envelope)


def _assert_fits(envelope: dict[str, Any]) -> None:
    message = f"/components/messages/{envelope['headers']['task']}"
    payload = json.loads(base64.b64decode(envelope["body"]))

    assert schemas.complaints("/components/schemas/Envelope", envelope) == []
    assert schemas.complaints(f"{message}/headers", envelope["headers"]) == []
    assert schemas.complaints(f"{message}/payload", payload) == []


WIDE = "x" * 255


def _envelope(**members: Any) -> dict[str, Any]:
    """Return the least message that is enough, with other members."""
    body = base64.b64encode(b"[[], {}, {}]").decode()
    return {
        "body": body,
        "headers": {"task": "xenserver.vm.find", "id": "1"},
        "properties": {"body_encoding": "base64"},
        **members,
    }


def _embedding(**embed: Any) -> dict[str, Any]:
    return _envelope(body=json.dumps([[], {}, embed]), properties={})


@pytest.mark.parametrize(
    ("envelope", "is_right"),
    [
        (_envelope(), True),
        (_envelope(body="[[], {}, {}]", properties={}), True),
        ({name: part for name, part in _embedding().items() if name != "properties"}, True),
        (_envelope(headers={"task": "xenserver.vm.find", "id": WIDE}), True),
        (_envelope(headers={"task": "xenserver.vm.find", "id": f"{WIDE}x"}), False),
        (_envelope(headers={"task": "xenserver.vm.find", "id": "a\nb"}), False),
        (_envelope(headers={"task": "xenserver.vm.find", "id": ""}), False),
        (_envelope(headers={"task": "xenserver.vm.find", "id": 7}), False),
        (_envelope(headers={"id": "1"}), False),
        (_envelope(headers={"task": "xenserver.vm.find"}), False),
        (_envelope(headers={"task": "xenserver.vm.find", "id": "1", "timelimit": [1]}), False),
        (_envelope(headers={"task": "xenserver.vm.find", "id": "1", "retries": "2"}), False),
        (_envelope(properties={"body_encoding": "hex"}), False),
        (_envelope(properties={"body_encoding": "base64", "priority": 9}), True),
        (_envelope(properties={"body_encoding": "base64", "priority": -1}), False),
        (_envelope(**{"content-type": "application/x-python-serialize"}), False),
        (_envelope(**{"content-encoding": "latin-1"}), False),
        (_embedding(callbacks=[{"task": "orders.book"}], chord={"task": "orders.sum"}), True),
        (_embedding(callbacks=["orders.book"]), False),
        (_embedding(chord=5), False),
        (_embedding(chain=[{"args": []}]), False),
    ],
)
def test_schema_and_worker_agree_on_an_envelope(
    envelope: dict[str, Any], *, is_right: bool
) -> None:
    """What a client may leave out is left out; what a worker refuses has no place."""
    body = envelope["body"]
    text = body if body.startswith("[") else base64.b64decode(body)
    payload = "/components/messages/xenserver.vm.find/payload"
    found = schemas.complaints("/components/schemas/Envelope", envelope)
    found += schemas.complaints(payload, json.loads(text))

    assert (found == []) is is_right, found
    assert _is_admitted(envelope) is is_right


def _is_admitted(envelope: dict[str, Any]) -> bool:
    item = json.dumps(envelope).encode()
    taken = Taken(item, len(item), queue="change", tag="xenflow:1:0", now=0.0)
    try:
        sound = Admission({"xenserver.vm.find"}, (), 2**20).admit(taken)
        message.check_id(envelope["headers"]["id"])
    except (Unreadable, errors.Refused):
        return False
    return isinstance(sound, Sound) and refusals.REFUSAL not in sound.message["headers"]


@pytest.mark.parametrize(
    ("task", "fields", "ending"),
    [
        ("xenserver.vm.find", {"name": "web01"}, "Found"),
        ("flow.find_list_of_vms", {}, "VmList"),
        ("xenserver.vm.start", {"vm": "nosuch"}, "Failed"),
        ("xenserver.vm.start", {"nosuch": 1}, "Failed"),
    ],
)
def test_what_the_stack_answers_fits(
    stack: StackHarness, task: str, fields: dict[str, str], ending: str
) -> None:
    """It is the document that Celery keeps under the id."""
    sent = stack.send(task, **fields)
    sent.get(timeout=60, propagate=False)
    address = schemas.read("asyncapi.json")["channels"]["answer"]["address"]
    kept = json.loads(stack.runtime.journal.redis.get(address.format(id=sent.id)) or "null")

    assert schemas.complaints(f"/components/messages/{ending}/payload", kept) == []


@pytest.fixture(scope="module")
def official() -> schemas.Document:
    """Return AsyncAPI's own schema, out of the package in which it is published."""
    version = schemas.read("asyncapi.json")["asyncapi"]
    cache = schemas.DOCS.parent / ".cache" / "asyncapi"
    path = cache / f"{version}.json"
    if not path.exists():
        _fetch(cache, f"package/schemas/{version}.json", path)
    document: schemas.Document = json.loads(path.read_text(encoding="utf-8"))
    return document


def _fetch(cache: Path, member: str, path: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        pytest.skip(f"AsyncAPI's own schema was NOT consulted: {OFFICIAL} needs npm")
    cache.mkdir(parents=True, exist_ok=True)
    soon = ["--fetch-retries=0", "--fetch-timeout=20000"]  # ms; without a network it gives up
    packed = subprocess.run(
        [npm, "pack", "--silent", *soon, OFFICIAL],
        cwd=cache,
        capture_output=True,
        check=False,
        text=True,
    )
    if packed.returncode:
        pytest.skip(f"AsyncAPI's own schema was NOT consulted: npm has no {OFFICIAL} to give")
    with tarfile.open(cache / packed.stdout.split()[-1]) as package:
        content = package.extractfile(member)
        assert content is not None
        path.write_bytes(content.read())


def test_it_fits_asyncapis_own_schema(
    document: schemas.Document, official: schemas.Document
) -> None:
    """AsyncAPI publishes one for each version."""
    wrong = jsonschema.Draft7Validator(official).iter_errors(document)

    assert [f"{error.json_path}: {error.message}" for error in wrong] == []
