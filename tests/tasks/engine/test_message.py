"""Messages are read off signatures, checked on both ends, and speak two spellings."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from config import sealing
from tasks.engine.declaration import message
from tasks.engine.declaration.field_types import Label, Map, Size, Text, VmName
from tasks.engine.declaration.problems import INVALID
from xenserver import errors


def body(
    xen: Any, *, vm: VmName, size: Size = 2**20, delete_disks: bool = False, name: Label = "x"
) -> None:
    """Do something to a VM."""


MODEL = message.model_of(body, "xenserver.vm.test", message.ChangingMessage)


def check(previous: object = None, **fields: Any) -> Any:
    return message.check(MODEL, fields, previous)


def refusal(previous: object = None, **fields: Any) -> errors.Refused:
    with pytest.raises(errors.Refused) as caught:
        check(previous, **fields)
    return caught.value


def test_fields_come_from_the_signature() -> None:
    """What the body takes is what the message holds, with its defaults."""
    assert set(message.own_fields(MODEL)) == {"vm", "size", "delete_disks", "name"}
    assert check(vm="web01").name == "x"


@pytest.mark.parametrize("spelling", ["delete_disks", "deleteDisks"])
def test_both_spellings_are_understood(spelling: str) -> None:
    assert check(vm="web01", **{spelling: True}).delete_disks is True


def test_a_field_in_both_spellings_at_once_is_refused() -> None:
    """Nobody can tell which one is meant."""
    refused = refusal(vm="web01", deleteDisks=True, delete_disks=False)

    assert "deleteDisks: is delete_disks, and that is given too" in refused.message


def test_other_spellings_are_no_field() -> None:
    """Two are understood, and no third."""
    assert "DeleteDisks: there is no such field" in refusal(vm="web01", DeleteDisks=True).message


@pytest.mark.parametrize("spelling", ["async", "run_async", "runAsync"])
def test_async_is_understood_in_every_spelling(spelling: str) -> None:
    """`async` is not a name in Python, so it has a second one."""
    assert check(vm="web01", **{spelling: True}).run_async is True


def test_an_unknown_field_is_refused_by_name() -> None:
    """A typing error does not pass silently, and the refusal says what there is."""
    refused = refusal(vm="web01", vn="x")

    assert refused.code == INVALID
    assert "vn: there is no such field" in refused.message
    assert "vm, size, delete_disks, name" in refused.message


def test_a_missing_field_is_refused_by_name() -> None:
    """What has no default must be given."""
    assert "vm: is missing" in refusal().message


def test_a_wrong_type_is_refused_in_words() -> None:
    """The refusal names the field and what it wants."""
    assert "size: 'large' is not a size such as 10GiB" in refusal(vm="web01", size="large").message


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (2**20, 2**20),
        ("1048576", 2**20),
        ("10GiB", 10 * 2**30),
        ("512 MB", 512 * 10**6),
        ("2g", 2 * 2**30),
        ("2048k", 2**21),
    ],
)
def test_sizes_are_bytes_or_text_with_a_unit(text: object, size: int) -> None:
    assert check(vm="web01", size=text).size == size


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (4, "size: 4 is a number of bytes, and less than 1 MiB; if you mean more, write 4GiB"),
        ("64", "size: 64 is a number of bytes, and less than 1 MiB"),
        (0, "size: 0 is a number of bytes, and less than 1 MiB"),
        (-1, "size: '-1' is not a size"),
        ("0GiB", "size: 0 GiB is less than 1 MiB, the smallest size"),
        ("64 kB", "size: 64 kB is less than 1 MiB, the smallest size"),
    ],
)
def test_a_size_below_a_mebibyte_is_refused_with_the_spelling_meant(
    size: object, words: str
) -> None:
    """Whoever says 4 means 4 GiB, and never 4 bytes."""
    assert words in refusal(vm="web01", size=size).message


def numbers(
    xen: Any,
    *,
    count: int = 1,
    share: float = 0.5,
    maybe: int | None = None,
    many: tuple[int, ...] = (),
) -> None:
    """Count."""


NUMBERS = message.model_of(numbers, "xenserver.test.numbers", message.ChangingMessage)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", True),
        ("count", False),
        ("share", True),
        ("maybe", True),
        ("many", [1, True]),
        ("port", True),
        ("timeout", True),
    ],
)
def test_a_boolean_is_no_number(field: str, value: object) -> None:
    with pytest.raises(errors.Refused) as caught:
        message.check(NUMBERS, {field: value})

    assert caught.value.message.startswith(f"the message is wrong: {field}")


def test_a_boolean_is_no_size() -> None:
    assert "size: true and false are not numbers" in refusal(vm="web01", size=True).message


@pytest.mark.parametrize("name", ["web\x01", "web\n01", "web\x7f", "\x1b[31mweb", "a\u2028b"])
def test_a_control_character_in_a_name_is_refused_in_words(name: str) -> None:
    """It is shown as Python writes it, so that it does no harm where it is printed."""
    refused = refusal(vm="web01", name=name)

    assert "name: has the c" in refused.message
    assert refused.message.isprintable()


def texts(xen: Any, *, vm: VmName, text: Text = "", config: Map | None = None) -> None:
    """Keep texts."""


TEXTS = message.model_of(texts, "xenserver.test.texts", message.ChangingMessage)


@pytest.mark.parametrize(
    "fields",
    [
        {"vm": "web\x00"},
        {"vm": "v", "text": "a\x0bb"},
        {"vm": "v", "text": "a\ud800b"},
        {"vm": "v", "config": {"key": "\x01"}},
        {"vm": "v", "config": {"\x01": "value"}},
    ],
)
def test_a_text_that_xenserver_would_cut_off_is_refused(fields: dict[str, Any]) -> None:
    """It keeps no character that XML has no place for."""
    with pytest.raises(errors.Refused) as caught:
        message.check(TEXTS, fields)

    assert caught.value.message.isprintable()


def test_a_description_may_have_lines() -> None:
    """Line ends and tabs are kept."""
    kept: Any = message.check(TEXTS, {"vm": "v", "text": "one\n\ttwo"})

    assert kept.text == "one\n\ttwo"


def test_a_fed_field_comes_from_the_previous_answer() -> None:
    """A chain hands values on where `feed` says so."""
    fed = check({"uuid": "u-1", "name_label": "n"}, feed={"vm": "uuid"})

    assert fed.vm == "u-1"


@pytest.mark.parametrize("key", ["return_result", "returnResult"])
def test_the_answer_before_is_read_in_both_spellings(key: str) -> None:
    """A chain that was written for the old integration goes on working."""
    assert check({"return_result": "u-1"}, feed={"vm": key}).vm == "u-1"


def test_feeding_reaches_into_lists() -> None:
    """A chord hands on a list of answers."""
    assert check([{"uuid": "a"}, {"uuid": "b"}], feed={"vm": "1.uuid"}).vm == "b"


def test_an_unfed_previous_answer_is_ignored() -> None:
    """A step may follow any task."""
    assert check({"vm": "other"}, vm="web01").vm == "web01"


READ: list[tuple[list[object], dict[str, object], bool]] = [
    ([], {}, False),
    ([None], {}, False),
    (["u-1"], {"feed": {"vm": "*"}}, False),
    ([{"uuid": "u-1"}], {}, True),
    (["the id of a task that failed"], {"vm": "web01"}, True),
]
UNREAD: list[tuple[list[object], dict[str, object], bool]] = [
    (["web01"], {"size": 1}, False),
    ([{"vm": "web01"}], {}, False),
    ([4711], {}, True),
    (["web01", "web02"], {"feed": {"vm": "*"}}, True),
]


@pytest.mark.parametrize(("args", "fields", "follows"), READ)
def test_one_positional_argument_is_the_answer_before(
    args: list[object], fields: dict[str, object], *, follows: bool
) -> None:
    """Celery inserts it for a step that follows; `feed` reads one that a producer sends."""
    message.check_positional(MODEL, fields, args, follows=follows)


@pytest.mark.parametrize(("args", "fields", "follows"), UNREAD)
def test_a_positional_argument_that_nobody_reads_is_refused(
    args: list[object], fields: dict[str, object], *, follows: bool
) -> None:
    """It asks for something that would not be done."""
    with pytest.raises(errors.Refused, match=r'not read: send kwargs=\{"vm"'):
        message.check_positional(MODEL, fields, args, follows=follows)


def test_a_list_is_fed_from_by_star() -> None:
    """A chord hands on a list; the refusal says how to read one."""
    refused = refusal([{"uuid": "u-1"}], feed={"vm": "uuid"})

    assert 'a list: "*.uuid" takes it of each, "0.uuid" of the first' in refused.message


@pytest.mark.parametrize("previous", [None, {}, {"other": 1}, "text", [1]])
def test_feeding_from_what_is_not_there_is_refused(previous: object) -> None:
    """The refusal says which key was missing and what there was."""
    assert "vm: the previous answer has no 'uuid'" in refusal(previous, feed={"vm": "uuid"}).message


def test_a_plain_password_is_refused_and_not_repeated() -> None:
    refused = refusal(vm="web01", hostname="h", username="root", password="s3cret-canary")

    assert refused.code == message.PLAIN_SECRET
    assert "s3cret-canary" not in repr(refused.args)


def test_a_sealed_password_passes() -> None:
    """Only the client opens it."""
    sealed = sealing.MARK + "token"

    assert check(vm="web01", hostname="h", username="root", password=sealed).connection() == {
        "hostname": "h",
        "username": "root",
        "password": sealed,
        "protocol": "https",
    }


def test_no_wrong_value_is_repeated_in_full() -> None:
    """What somebody put into a field of the wrong type stays out of the error."""
    refused = refusal(vm={"password": "s3cret-canary"})

    assert "s3cret-canary" not in repr(refused.args)


def test_a_message_is_checked_before_it_is_sent() -> None:
    """A producer gets the error of a wrong field before anything is sent."""
    with pytest.raises(errors.Refused):
        message.check_unfed(MODEL, {"vm": "web01", "vn": 1})


def test_what_will_be_fed_is_not_missed_before_it_is_sent() -> None:
    """Fields named by `feed` come later."""
    assert message.check_unfed(MODEL, {"feed": {"vm": "uuid"}, "name": "n"}) == {
        "feed": {"vm": "uuid"},
        "name": "n",
    }


def test_only_given_fields_are_sent() -> None:
    """Defaults are not sent, so a later default applies to messages in flight."""
    assert message.check_unfed(MODEL, {"vm": "web01", "run_async": True}) == {
        "vm": "web01",
        "async": True,
    }


@pytest.mark.parametrize("name", ["password", "passwd", "rootPassword"])
def test_masking_hides_passwords_only(name: str) -> None:
    """The journal keeps inputs, without a secret, even one that was sent under a wrong name."""
    assert message.masked({"vm": "web01", name: "x"}) == {"vm": "web01", name: "***"}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Decimal(1), "is a decimal number"),
        (datetime.now(UTC), "is a moment"),
        (datetime.now(UTC).date(), "is a moment"),
        (b"web01", "is bytes"),
        ([{"a": b"web01"}], "is bytes"),
        (10**4000, "more than 64 bits"),
    ],
)
def test_a_value_that_is_not_plain_is_refused_in_words(value: object, words: str) -> None:
    """Kombu's JSON carries more than fields can hold."""
    assert words in str(refusal(vm=value))
    assert words in str(refusal({"answer": value}, feed={"vm": "answer"}))


def test_a_uuid_is_as_good_as_its_text() -> None:
    """Python's clients send the object."""
    value = uuid.uuid4()

    assert check(vm=value).vm == str(value)


def test_a_field_may_be_called_as_python_calls_the_object() -> None:
    """It is refused as any other unknown field is."""
    assert "self: there is no such field" in str(refusal(vm="web01", self=1))


@pytest.mark.parametrize("size", ["9" * 400, f"{2**63}", "9" * 400 + "GiB"])
def test_a_size_without_measure_is_refused(size: str) -> None:
    assert "is more than any disk or memory has" in str(refusal(vm="web01", size=size))


def test_a_size_is_exact_to_the_byte() -> None:
    assert check(vm="web01", size="9007199254740993").size == 9007199254740993


@pytest.mark.parametrize("timeout", [1e300, "9" * 400, 10**18])
def test_a_timeout_without_measure_is_refused(timeout: object) -> None:
    """Nothing is kept for ever."""
    assert "timeout: " in str(refusal(vm="web01", timeout=timeout))


def test_names_without_measure_are_refused_soon() -> None:
    """A name of a million letters, as a field and as a key to feed from; and many of them."""
    long = "A" * 1_000_000

    assert len(str(refusal(vm="web01", **{long: 1}))) < 20_000
    assert len(str(refusal({"a": 1}, feed={"vm": long}))) < 20_000
    assert len(str(refusal(vm="web01", **{f"x{n}": 1 for n in range(10_000)}))) < 20_000


def test_a_refusal_keeps_nothing_of_pydantics_alive() -> None:
    """Its error holds what our validator raised where no garbage collector looks: a leak."""
    assert refusal(vm="web01", timeout="soon").__context__ is None
