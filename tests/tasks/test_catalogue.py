"""Every operation, by real messages through a real worker, judged by the pool's records."""

import uuid

import pytest

from config import queues
from config.settings import Settings
from tasks.engine.declaration import catalogue, message
from tests.stack import StackHarness
from tests.tasks.fixtures import Maker, fresh
from tests.tasks.table import BETWEEN_POOLS, CASES, OBJECTS, OTHERS, TABLE, Case, Fields
from workers import loader
from xenserver import errors

REFERENCES = [
    (case.name, field)
    for case in TABLE
    for field in OBJECTS
    if field in message.own_fields(case.operation.model)
]
"""Each operation with each of its fields that names an object."""

LASTING = [
    case for case in TABLE if case.operation.queue == queues.CHANGE and case.operation.is_long
]


@pytest.fixture
def maker(stack: StackHarness) -> Maker:
    """Make objects in the pool of the stack."""
    return Maker(stack.xenserver, stack.xenserver.control)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_it_brings_about_what_it_says(stack: StackHarness, maker: Maker, case: Case) -> None:
    """The answer, and the effect in the pool."""
    fields = case.ready(maker)

    answer = stack.do(case.name, **fields)

    assert case.seen(maker, fields, answer)
    if case.makes:
        assert answer["return_result"] == answer["uuid"]
        assert not maker.gone(case.says, answer["uuid"])
    elif case.says:
        assert answer["return_result"] == case.says


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_it_refuses_what_is_wrong(stack: StackHarness, maker: Maker, case: Case) -> None:
    fields = case.wrong(maker)

    with pytest.raises(errors.Refused) as refused:
        stack.do(case.name, **fields)

    assert refused.value.code == case.code
    assert "OpaqueRef:" not in refused.value.message


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_it_refuses_a_field_that_it_does_not_have(stack: StackHarness, case: Case) -> None:
    """The refusal lists those it has."""
    with pytest.raises(errors.Refused, match="colour: there is no such field") as refused:
        stack.do(case.name, colour="red")

    assert refused.value.code == "XENFLOW_MESSAGE_INVALID"


@pytest.mark.parametrize("case", LASTING, ids=lambda case: case.name)
def test_it_answers_at_once_when_asked_to(stack: StackHarness, maker: Maker, case: Case) -> None:
    """The answer has XenServer's task; the effect comes all the same."""
    fields = case.ready(maker)

    answer = stack.do(case.name, **fields, run_async=True)

    assert answer["task"]["name_label"].startswith("Async.")
    assert answer["task"]["status"] in {"pending", "success", "cancelled"}
    assert stack.until(lambda: case.seen(maker, fields, answer), f"the effect of {case.name}")


@pytest.mark.parametrize(("name", "field"), REFERENCES)
def test_it_does_not_find_what_is_not_there(
    stack: StackHarness, maker: Maker, name: str, field: str
) -> None:
    """An unknown UUID is named as unknown."""
    stranger = str(uuid.uuid4())

    with pytest.raises(errors.Missing, match=f"has the UUID {stranger}") as missing:
        stack.do(name, **_reference(maker, name, field, stranger))

    assert missing.value.code == "XENFLOW_NO_SUCH_OBJECT"


@pytest.mark.parametrize(("name", "field"), REFERENCES)
def test_it_tells_a_uuid_of_another_class(
    stack: StackHarness, maker: Maker, name: str, field: str
) -> None:
    """What it is, and what is wanted."""
    [pool] = stack.xenserver.records("pool")

    with pytest.raises(errors.Refused, match=f"{pool} is the UUID of a pool, not of a") as wrong:
        stack.do(name, **_reference(maker, name, field, pool))

    assert wrong.value.code == "XENFLOW_WRONG_CLASS"


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, field in REFERENCES if OBJECTS[field].twins]
)
def test_it_lists_all_that_a_name_may_mean(
    stack: StackHarness, maker: Maker, name: str, field: str
) -> None:
    label, twins = fresh(), OBJECTS[field].twins
    assert twins
    twins(maker, label)

    with pytest.raises(errors.Ambiguous, match=f"2 .* are named {label}") as ambiguous:
        stack.do(name, **_reference(maker, name, field, label))

    assert ambiguous.value.code == "XENFLOW_AMBIGUOUS_NAME"
    assert len(ambiguous.value.params) == 4


def test_every_operation_is_in_the_table() -> None:
    """Whoever declares one says here what it promises; internal ones are tried with their flows."""
    loader.load(Settings())
    everything = [o for o in catalogue.everything() if o.name.startswith("xenserver.")]

    table = CASES.keys() | BETWEEN_POOLS
    assert {o.name for o in everything if not o.is_internal} - table == set()
    assert table - {o.name for o in everything} == set()


def _reference(maker: Maker, name: str, field: str, text: str) -> Fields:
    """Return a message that is right but for one object."""
    fields: Fields = dict(OBJECTS["vdi"].known(maker)) if name.endswith("vbd.create") else {}
    for other, info in message.own_fields(CASES[name].operation.model).items():
        if other in OBJECTS and (info.is_required() or other == field):
            fields |= OBJECTS[other].known(maker)
        elif other in OTHERS:
            fields[other] = OTHERS[other]
    return fields | {field: text}
