"""What every call answers that is not as it should be, whatever its class."""

from typing import Any

import pytest

MISMATCH = "MESSAGE_PARAMETER_COUNT_MISMATCH"
NULL = "OpaqueRef:NULL"
MEMORY = {f"memory_{name}": "134217728" for name in ("static_max", "dynamic_max", "dynamic_min")}


@pytest.fixture
def record() -> dict[str, Any]:
    """Return what VM.create needs at least: every field without a default."""
    return {
        "user_version": "0",
        "is_a_template": False,
        "affinity": NULL,
        **MEMORY,
        "memory_static_min": "0",
        "VCPUs_params": {},
        "VCPUs_max": "1",
        "VCPUs_at_startup": "1",
        "actions_after_shutdown": "destroy",
        "actions_after_reboot": "restart",
        "actions_after_crash": "destroy",
        "PV_bootloader": "",
        "PV_kernel": "",
        "PV_ramdisk": "",
        "PV_args": "",
        "PV_bootloader_args": "",
        "PV_legacy_args": "",
        "HVM_boot_policy": "BIOS order",
        "HVM_boot_params": {},
        "platform": {},
        "PCI_bus": "",
        "other_config": {},
        "recommendations": "",
    }


@pytest.mark.parametrize("method", ["VM.start", "Async.VM.start"])
def test_too_few_parameters_are_counted_without_the_session(
    xen: Any, halted: str, method: str
) -> None:
    """F020, F021: The method is named without `Async.`, and no task is made."""
    assert xen.refusal(method, halted) == [MISMATCH, "VM.start", "3", "1"]
    assert xen("task.get_all") == []


def test_no_parameter_at_all_is_one_less_than_none(wire: Any) -> None:
    """A missing session counts as -1."""
    assert wire.refusal("VM.get_all") == [MISMATCH, "VM.get_all", "0", "-1"]


def test_too_many_parameters_are_refused(xen: Any, halted: str) -> None:
    """F022: A message without defaults is strict."""
    assert xen.refusal("VM.clone", halted, "n", "extra") == [MISMATCH, "VM.clone", "2", "3"]


def test_a_parameter_with_a_default_may_be_left_out(xen: Any, halted: str) -> None:
    """F023: VM.snapshot takes two parameters, or three, or more that it ignores."""
    extras: list[list[Any]] = [[], [[]], [[], "ignored"]]
    for more in extras:
        assert xen("VM.snapshot", halted, "n", *more).startswith("OpaqueRef:")


def test_an_unknown_method_is_unknown_to_an_administrator(wire: Any, xen: Any) -> None:
    """F024: The session may be missing or live; `Async.` is stripped from the name."""
    assert wire.refusal("no.such") == ["MESSAGE_METHOD_UNKNOWN", "no.such"]
    assert xen.refusal("no.such") == ["MESSAGE_METHOD_UNKNOWN", "no.such"]
    assert xen.refusal("Async.no.such", 1) == ["MESSAGE_METHOD_UNKNOWN", "no.such"]


def test_an_unknown_method_takes_its_first_parameter_for_a_session(wire: Any) -> None:
    """F025: The refusal says that it is none."""
    assert wire.refusal("no.such", "x") == ["SESSION_INVALID", "x"]


def test_an_unknown_method_is_an_extension_to_lesser_roles(login: Any) -> None:
    """Only an administrator may call extensions, so others hear of that."""
    code, permission, _ = login("reader").refusal("no.such")

    assert (code, permission) == ("RBAC_PERMISSION_DENIED", "host.call_extension")


@pytest.mark.parametrize(
    "method", ["VM.get_record", "VM.get_all", "VM.set_name_label", "task.cancel"]
)
def test_what_is_done_at_once_has_no_async_form(xen: Any, halted: str, method: str) -> None:
    """F026: The error code is literally `Fault`."""
    parameters = {"VM.get_all": [], "VM.set_name_label": [halted, "n"]}.get(method, [halted])

    text = f"No async mode for this operation (rpc: {method})"
    assert xen.refusal(f"Async.{method}", *parameters) == ["Fault", text]


def test_a_uuid_of_another_class_is_unknown(xen: Any) -> None:
    """F027: A UUID that nothing has is unknown too."""
    storage = xen("SR.get_uuid", xen("SR.get_all")[0])

    for uuid in ("00000000-0000-0000-0000-000000000000", storage):
        assert xen.refusal("VM.get_by_uuid", uuid) == ["UUID_INVALID", "VM", uuid]


def test_a_uuid_finds_its_object(xen: Any, halted: str) -> None:
    """get_by_uuid is the way back of get_uuid."""
    assert xen("VM.get_by_uuid", xen("VM.get_uuid", halted)) == halted


def test_a_name_that_nothing_has_finds_nothing(xen: Any) -> None:
    """F028: It is not an error."""
    assert xen("VM.get_by_name_label", "nobody") == []


@pytest.mark.parametrize("ref", [NULL, "OpaqueRef:x", ""])
def test_a_dead_reference_is_an_invalid_handle(xen: Any, ref: str) -> None:
    """F029: NULL is as dead as any other."""
    assert xen.refusal("VM.get_record", ref) == ["HANDLE_INVALID", "VM", ref]


@pytest.mark.parametrize(
    ("cls", "field", "column"),
    [("VM", "other_config", "other_config"), ("VM", "HVM_boot_params", "HVM__boot_params")],
)
def test_a_key_is_added_once(xen: Any, halted: str, cls: str, field: str, column: str) -> None:
    """F030: The same value is refused too; the error names the database's column."""
    xen(f"{cls}.add_to_{field}", halted, "k", "v")

    refusal = xen.refusal(f"{cls}.add_to_{field}", halted, "k", "v")

    assert refusal == ["MAP_DUPLICATE_KEY", cls, column, halted, "k"]


def test_a_key_is_removed_whether_it_is_there_or_not(xen: Any, halted: str) -> None:
    """F031: Removing is idempotent."""
    xen("VM.add_to_other_config", halted, "k", "v")

    for _ in range(2):
        assert xen("VM.remove_from_other_config", halted, "k") == ""

    assert "k" not in xen("VM.get_other_config", halted)


def test_a_set_holds_a_value_once(xen: Any, halted: str) -> None:
    """Adding what is there and removing what is not change nothing."""
    for _ in range(2):
        xen("VM.add_tags", halted, "a")
    xen("VM.add_tags", halted, "b")
    xen("VM.remove_tags", halted, "c")
    xen("VM.remove_tags", halted, "a")

    assert xen("VM.get_tags", halted) == ["b"]


def test_create_wants_what_has_no_default(xen: Any, record: dict[str, Any]) -> None:
    """F032: The text names HVM_boot_policy; a name that is missing is empty."""
    machine = xen("VM.create", record)
    del record["HVM_boot_policy"]

    code, text = xen.refusal("VM.create", record)

    assert xen("VM.get_name_label", machine) == ""
    assert code == "INTERNAL_ERROR"
    assert "Dispatcher_FieldNotFound" in text
    assert "HVM_boot_policy" in text


def test_create_ignores_what_it_does_not_take(xen: Any, record: dict[str, Any]) -> None:
    """F033: Read-only fields and unknown ones alike."""
    host = xen("host.get_all")[0]

    machine = xen("VM.create", {**record, "uuid": "u", "resident_on": host, "foo": "bar"})

    assert xen("VM.get_uuid", machine) != "u"
    assert xen("VM.get_resident_on", machine) == NULL


def test_a_type_error_beats_a_dead_session(wire: Any) -> None:
    """Parameters are read before the session is looked at; their count before that."""
    assert wire.refusal("VM.start", "dead", "vm", 1, True)[0] == "INTERNAL_ERROR"
    assert wire.refusal("VM.start", "dead", "vm", 1)[0] == MISMATCH
    assert wire.refusal("VM.start", "dead", "vm", True, True) == ["SESSION_INVALID", "dead"]


@pytest.mark.parametrize("value", ["much", 1.5, True, [], {}])
def test_what_is_no_number_is_refused(xen: Any, halted: str, value: Any) -> None:
    """A number is a number or decimal text."""
    assert xen.refusal("VM.set_user_version", halted, value)[0] == "INTERNAL_ERROR"


def test_an_unknown_word_of_an_enum_is_refused(xen: Any, halted: str) -> None:
    """Enums are read as strictly as numbers."""
    assert xen.refusal("VM.set_actions_after_shutdown", halted, "dance")[0] == "INTERNAL_ERROR"


def test_roles_bound_what_may_be_done(login: Any, halted: str) -> None:
    """A read-only user reads; what it may not do is named in lower case."""
    reader = login("reader")

    code, permission, text = reader.refusal("VM.start", halted, False, False)

    assert reader("VM.get_power_state", halted) == "Halted"
    assert (code, permission) == ("RBAC_PERMISSION_DENIED", "vm.start")
    assert text.startswith("No permission in user session. (Roles with this permission: pool-admin")


def test_a_role_refused_to_an_async_call_lands_in_its_task(login: Any, halted: str) -> None:
    """The call itself answers with a task."""
    reader = login("reader")

    task = reader.ended(reader("Async.VM.start", halted, False, False))

    assert task["status"] == "failure"
    assert task["error_info"][:2] == ["RBAC_PERMISSION_DENIED", "vm.start"]


def test_messages_without_a_method_are_refused(xen: Any) -> None:
    """They fail with NOT_IMPLEMENTED, with MESSAGE_REMOVED if the toolstack dropped them."""
    host = xen("host.get_all")[0]

    assert xen.refusal("host.get_log", host) == ["NOT_IMPLEMENTED", "get_log"]
    assert xen.refusal("host.apply_recommended_guidances", host) == ["MESSAGE_REMOVED"]


def test_every_message_answers_something(xen: Any, served: Any) -> None:
    """Called with nothing but dead references, no message makes the toolstack stumble."""
    model = served.pool.db.model
    exempt = {"event.next", "event.from", "session.logout", "session.local_logout"}

    for message in model.messages.values():
        if message.sessionless or message.method in exempt:
            continue
        answer = _try(xen, message.method, [_sample(param.type, model) for param in message.params])
        assert "Error(" not in str(answer), message.method


def _try(xen: Any, method: str, params: list[Any]) -> Any:
    try:
        return xen(method, *params)
    except AssertionError as refusal:
        return refusal


def _sample(kind: Any, model: Any) -> Any:
    samples = {"int": "1", "float": 1.0, "bool": False, "datetime": "20260101T00:00:00Z"}
    match kind.kind:
        case "set":
            return []
        case "map":
            return {}
        case "record":
            fields = model.classes[kind.name].fields.values()
            return {each.name: _sample(each.type, model) for each in fields}
        case "enum":
            return model.enums[kind.name][0]
        case "ref":
            return NULL
        case other:
            return samples.get(other, "")


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ('field "name__label" = "web02"', ["web02"]),
        ('field "name_label"="web01" or field "name__label"="web02"', ["web01", "web02"]),
        ('field "name__label" = "web02" and field "power_state" = "Running"', []),
        ('field "name__label" = "web02" and not (field "is_a_template" = "true")', ["web02"]),
        ('field "name__label" = "web01" or true and field "name__label" = "web02"', ["web02"]),
        ('field "is_a_template" = "false" and not not field "name__label" = "web02"', ["web02"]),
        ("false", []),
    ],
)
def test_records_are_chosen_by_an_expression(xen: Any, expression: str, names: list[str]) -> None:
    """get_all_records_where knows fields by both names; `and` and `or` bind alike."""
    found = xen("VM.get_all_records_where", expression)

    assert sorted(record["name_label"] for record in found.values()) == names


def test_not_negates_all_that_follows(xen: Any) -> None:
    """The toolstack's grammar gives `not` less weight than `and`."""
    both = 'field "is_a_template" = "true" and field "name__label" = "web02"'

    assert len(xen("VM.get_all_records_where", f"not {both}")) == len(xen("VM.get_all"))


def test_true_chooses_all_records(xen: Any) -> None:
    """The expression `true` is as good as none."""
    assert xen("VM.get_all_records_where", "true") == xen("VM.get_all_records")


@pytest.mark.parametrize("expression", ["", 'field "uuid" =', "true true", '"a" = "b'])
def test_a_malformed_expression_is_an_invalid_value(xen: Any, expression: str) -> None:
    """The refusal names the expression and what the parser says."""
    code, shown, reason = xen.refusal("VM.get_all_records_where", expression)

    assert (code, shown) == ("INVALID_VALUE", expression)
    assert reason in {"Stdlib.Parsing.Parse_error", 'Failure("lexing: empty token")'}


def test_an_unknown_field_in_an_expression_is_an_internal_error(xen: Any) -> None:
    """It is met when the first record is compared, never where there is none."""
    refusal = xen.refusal("VM.get_all_records_where", 'field "nothing" = "x"')

    assert refusal == ["INTERNAL_ERROR", "missing field", "nothing", ""]
    assert xen("Bond.get_all_records_where", 'field "nothing" = "x"') == {}
