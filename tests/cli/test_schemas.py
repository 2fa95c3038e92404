"""The schemas that are checked in say what the worker checks by."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from pydantic import create_model

from cli import examples
from cli.generators.schemas import json_layout, models, structures
from config import sealing, settings
from config.targets import TargetError
from tasks.engine.declaration import answers, message
from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.declaration.operation import Operation
from tasks.engine.execution import runtime
from tests.cli import schemas
from tests.cli.conftest import Run
from xenserver import errors

OPERATIONS = schemas.operations()
NAMES = schemas.names()
HOST = {"hostname": "xs1", "username": "root", "password": "sealed:v2:x"}
BY_HAND = ("README.md", "reliability.md", "simulator.md")


def _write(folder: Path, **more: str) -> Path:
    """Write all of it, in a process where no test has declared anything."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(settings.PREFIX)}
    places = {
        "--folder": folder / "schemas",
        "--python": folder / "client" / "xenflow_client.py",
        "--pages": folder / "reference",
    }
    words = [str(word) for place in places.items() for word in place]
    command = [sys.executable, "-m", "cli", "schema", *words]
    subprocess.run(command, check=True, capture_output=True, env={**environment, **more})
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what is checked in anew."""
    return _write(tmp_path_factory.mktemp("docs"))


def _texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.suffix in {".json", ".md", ".py"} and path.name not in BY_HAND
    }


@pytest.mark.parametrize("folder", ["schemas", "client", "reference"])
def test_what_is_checked_in_is_what_would_be_written(written: Path, folder: str) -> None:
    """`make docs` writes it."""
    now, then = _texts(written / folder), _texts(schemas.DOCS / folder)

    assert {name for name in now.keys() | then.keys() if now.get(name) != then.get(name)} == set()


OWN = '''\
from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.field_types import VmName
from tasks.engine.declaration.operation import operation


class Renamed(Answer):
    """A VM has another name."""

    before: str


@operation(queue="find")
def rename(_xen: object, *, vm: VmName) -> Renamed:
    """Give a VM another name."""
    return Renamed(return_result="VM renamed", before=vm)
'''


def test_peoples_own_operations_are_in_all_of_it(tmp_path: Path) -> None:
    """Their answers are there too."""
    operations = tmp_path / "operations"
    operations.mkdir()
    (operations / "backups.py").write_text(OWN, encoding="utf-8")

    folder = _write(tmp_path, XENFLOW_OPERATIONS_PATH=str(operations))

    reply = json.loads((folder / "schemas" / "asyncapi.json").read_text(encoding="utf-8"))
    assert reply["operations"]["xenserver.backups.rename"]["channel"] == {"$ref": "#/channels/find"}
    assert (folder / "schemas/messages/xenserver.backups.rename.json").exists()
    assert (folder / "schemas/answers/Renamed.json").exists()
    assert "class backups:" in (folder / "client/xenflow_client.py").read_text(encoding="utf-8")
    assert "## backups" in (folder / "reference/operations.md").read_text(encoding="utf-8")


def test_schemas_alone_are_written_where_one_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is written then."""
    monkeypatch.chdir(tmp_path)

    assert run("schema").code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["schemas"]


@pytest.mark.parametrize("dialect", [jsonschema.Draft202012Validator, jsonschema.Draft7Validator])
@pytest.mark.parametrize("name", NAMES)
def test_each_schema_fits_its_meta_schema(
    name: str, dialect: type[jsonschema.Draft202012Validator]
) -> None:
    """It also fits that of the dialect on which AsyncAPI builds."""
    dialect.check_schema(schemas.read(name))


def _messages(operation: Operation) -> Iterator[tuple[bool, dict[str, object]]]:
    """Return messages right and wrong: the example, and what can be done to it."""
    right = examples.message_of(operation)
    needed = [name for name, reply in operation.model.model_fields.items() if reply.is_required()]
    yield True, right
    yield True, {**right, "timeout": "90s"}
    yield False, {**right, "nosuch": 1}
    yield False, {**right, "port": 0}
    yield False, {**right, **HOST, "target": "lab"}
    for name in needed:
        less = {key: value for key, value in right.items() if key != name}
        yield False, less
        yield False, {**less, "feed": {"other": "uuid"}}
        yield False, {**right, name: {"of": ["another", "type"]}}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_schema_and_worker_agree(operation: Operation) -> None:
    """What one of them refuses the other refuses too."""
    for is_right, fields in _messages(operation):
        assert schemas.valid(f"messages/{operation.name}.json", fields) is is_right, fields
        assert _accepted(operation, fields) is is_right, fields


@pytest.mark.parametrize(
    ("name", "field", "value", "is_right"),
    [
        ("vm.start", "timeout", 90, True),
        ("vm.start", "timeout", "1.5h", True),
        ("vm.start", "timeout", " 500 MS ", True),
        ("vm.start", "timeout", "soon", False),
        ("vm.start", "timeout", 0, False),
        ("vdi.create", "size", 1 << 30, True),
        ("vdi.create", "size", "1073741824", True),
        ("vdi.create", "size", 1024, False),
        ("vdi.create", "size", "10GiB", True),
        ("vdi.create", "size", "0.5 tb", True),
        ("vdi.create", "size", "1024", False),
        ("vdi.create", "size", "huge", False),
        ("vdi.create", "size", "10GiBit", False),
        ("vdi.create", "size", -1, False),
        ("vbd.create", "device", 3, True),
        ("vbd.create", "device", "xvda", True),
        ("vbd.create", "device", "/dev/xvda", False),
    ],
)
def test_schema_and_worker_agree_on_what_is_read_from_text(
    name: str, field: str, value: object, *, is_right: bool
) -> None:
    """These are durations, sizes and devices."""
    [operation] = [one for one in OPERATIONS if one.name == f"xenserver.{name}"]
    fields = {"vdi": "a disk"} if name == "vbd.create" else {}
    message = {**examples.message_of(operation), **fields, field: value}

    assert schemas.valid(f"messages/{operation.name}.json", message) is is_right
    assert _accepted(operation, message) is is_right


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_a_field_that_is_fed_need_not_be_given(operation: Operation) -> None:
    """The answer of the step before has it."""
    right = examples.message_of(operation)
    for name, reply in operation.model.model_fields.items():
        if reply.is_required():
            less = {key: value for key, value in right.items() if key != name}
            fed = {**less, "feed": {name: "uuid"}}

            assert schemas.valid(f"messages/{operation.name}.json", fed), fed


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_schema_and_worker_agree_on_what_is_fed(operation: Operation) -> None:
    """A field is given or fed, not both, and only fields are fed."""
    schema = f"messages/{operation.name}.json"
    right = {**examples.message_of(operation), "target": "lab", "repeat_failed": True}
    for name in right.keys() - {"feed"}:
        both = {**right, "feed": {name: "uuid"}}
        assert not schemas.valid(schema, both), both
        assert not _accepted(operation, both), both

    unknown = {**right, "feed": {"nosuch": "uuid"}}
    assert not schemas.valid(schema, unknown)
    with pytest.raises(errors.Refused, match="nosuch"):
        message.check(operation.model, unknown, {"uuid": "x"})


@pytest.mark.parametrize(
    ("fields", "is_right"),
    [
        (HOST, True),
        ({**HOST, "port": 8443, "protocol": "https"}, True),
        ({"hostname": "xs1"}, False),
        ({**HOST, "username": None}, False),
        ({"hostname": "xs1", "username": "root"}, False),
    ],
)
def test_schema_and_worker_agree_on_a_host_of_its_own(
    fields: dict[str, object], *, is_right: bool
) -> None:
    """It needs a user and a password, whose seal is opened then."""
    [operation] = [one for one in OPERATIONS if one.name == "xenserver.vm.start"]
    connection = message.check(operation.model, {"vm": "web01", **fields}).connection()

    with pytest.raises(sealing.SealingError if is_right else TargetError):
        runtime.described(connection)
    assert schemas.valid("messages/xenserver.vm.start.json", {"vm": "web01", **fields}) is is_right


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("vm.find", {"limit": "2"}),
        ("vm.find", {"includeTemplates": True}),
        ("vm.start", {"vm": "web01", "ensure": "yes"}),
        ("vm.start", {"vm": "web01", "ensure": 1}),
        ("vm.start", {"vm": None, "feed": {"vm": "uuid"}}),
    ],
)
def test_what_a_worker_takes_beyond_the_schemas(name: str, fields: dict[str, object]) -> None:
    """The page about the schemas lists it."""
    [operation] = [one for one in OPERATIONS if one.name == f"xenserver.{name}"]

    assert not schemas.valid(f"messages/{operation.name}.json", fields)
    message.check(operation.model, fields, {"uuid": "x"})


def test_a_missing_field_is_reported_by_its_name() -> None:
    """Validators show which field a message needs."""
    [problem] = schemas.problems("messages/xenserver.vm.start.json", {})

    assert problem == "'vm' is a required property"


def _accepted(operation: Operation, fields: dict[str, object]) -> bool:
    try:
        message.check_unfed(operation.model, fields)
    except errors.Refused:
        return False
    return True


@pytest.mark.parametrize(
    "answer",
    [
        answers.Done(return_result="VM started"),
        answers.created("8f6e0c1a-5f0e-4c39-9c0b-3f6f4f0b7d21", name="web01"),
        answers.found([{"uuid": "8f6e0c1a", "tags": [], "host": None}], "VM"),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_answers_fit_their_schema(answer: answers.Answer) -> None:
    """Null fields are left out."""
    assert schemas.valid(f"answers/{type(answer).__name__}.json", answer.document())


def test_two_answers_of_one_name_are_refused() -> None:
    """One of them would have the schema of the other."""
    twin = create_model("Accepted", __base__=answers.Answer)
    [operation, *_] = OPERATIONS

    with pytest.raises(DeclarationError, match="another answer is called Accepted too"):
        models.answers_of([dataclasses.replace(operation, answer=twin)])


def test_two_structures_of_one_name_are_refused() -> None:
    """That holds within answers and within messages."""
    part, other = create_model("Part", a=(int, ...)), create_model("Part", b=(int, ...))
    kinds = [
        create_model(f"Kind{n}", __base__=answers.Answer, of=(p, ...))
        for n, p in enumerate((part, other))
    ]

    with pytest.raises(DeclarationError, match="Part: two structures have this name"):
        structures.of(dataclasses.replace(OPERATIONS[0], answer=kind) for kind in kinds)


def test_an_answer_without_words_has_a_schema_all_the_same() -> None:
    """The schema has its fields."""
    mute = create_model("Mute", __base__=answers.Answer, uuid=(str, ...))

    assert models.of_answer(mute)["required"] == ["return_result", "uuid"]


def test_json_is_laid_out_for_readers() -> None:
    """What fits on a line stands on one, and no other line is longer than it must be."""
    reply = json_layout.text({"short": {"a": 1}, "long": ["x" * 80, {"y": "z" * 80}], "none": []})

    assert reply.split("\n") == [
        "{",
        '  "short": {"a": 1},',
        '  "long": [',
        f'    "{"x" * 80}",',
        f'    {{"y": "{"z" * 80}"}}',
        "  ],",
        '  "none": []',
        "}",
        "",
    ]
