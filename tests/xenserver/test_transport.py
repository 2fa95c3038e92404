"""What holds for both transports: the same calls, values and errors."""

from collections.abc import Mapping

import pytest

from tests.xenserver.pools import PASSWORD, Pool
from xenserver import errors, references, values
from xenserver.session import Sessions
from xenserver.transport import Transport
from xenserver.values import Value


class Line:
    """A transport to one pool, in a session."""

    def __init__(self, carrier: Transport, pool: Pool) -> None:
        self._carrier = carrier
        self._url = pool.url
        self._session = self.bare("session.login_with_password", "root", PASSWORD)

    def bare(self, method: str, *params: Value) -> Value:
        """Call without a session."""
        return self._carrier.call(self._url, method, params, headers=None, timeout=5.0)

    def __call__(
        self, method: str, *params: Value, headers: Mapping[str, str] | None = None
    ) -> Value:
        """Call in the session."""
        sent = [self._session, *params]
        return self._carrier.call(self._url, method, sent, headers=headers, timeout=5.0)

    def ref(self, cls: str, name: str) -> str:
        """Return the one object of that name."""
        (ref,) = values.texts(self(f"{cls}.get_by_name_label", name))
        return ref


@pytest.fixture
def line(carrier: Transport, pool: Pool) -> Line:
    """Open a session over each transport."""
    return Line(carrier, pool)


def test_a_text_comes_as_it_was_set(line: Line) -> None:
    """Markup, accents and what lies beyond the first plane included."""
    vm = line.ref("VM", "web02")
    outcome = '<b>&amp; "ünïcode" 雪 𝄞</b>\n\ttwo lines'

    line("VM.set_name_description", vm, outcome)

    assert line("VM.get_name_description", vm) == outcome


def test_nothing_is_the_empty_text(line: Line) -> None:
    """A call that answers with nothing answers with ""."""
    assert line("VM.set_name_description", line.ref("VM", "web02"), "") == ""


@pytest.mark.parametrize("read", ["field", "record", "records"])
def test_an_integer_is_one_wherever_it_is_read(line: Line, read: str) -> None:
    """XML-RPC writes it as text."""
    vm = line.ref("VM", "web02")
    match read:
        case "field":
            size = line("VM.get_memory_static_max", vm)
        case "record":
            size = values.record(line("VM.get_record", vm))["memory_static_max"]
        case _:
            size = values.records(line("VM.get_all_records"))[vm]["memory_static_max"]

    assert size == 256 * 1024 * 1024
    assert isinstance(size, int)


def test_an_integer_is_one_in_events_too(line: Line) -> None:
    reply = values.record(line("event.from", ["pif"], "", 5.0))
    snapshots = [values.record(event["snapshot"]) for event in values.each(reply["events"])]

    assert {snapshot["MTU"] for snapshot in snapshots} == {1500}


def test_an_integer_beyond_32_bits_is_kept(line: Line) -> None:
    """XenServer's integers have 64."""
    vm = line.ref("VM", "web02")

    line("VM.set_user_version", vm, 1 << 40)

    assert line("VM.get_user_version", vm) == 1 << 40


def test_truth_and_fractions_keep_their_types(line: Line) -> None:
    """XenServer takes neither as text."""
    vm = line.ref("VM", "web02")

    assert line("VM.get_is_a_template", vm) is False
    assert isinstance(line("VM.get_HVM_shadow_multiplier", vm), float)


def test_a_date_is_the_text_that_xenserver_writes(line: Line) -> None:
    """XML-RPC has a type of its own for it."""
    vm = line.ref("VM", "web02")

    assert line("VM.get_snapshot_time", vm) == "19700101T00:00:00Z"


def test_lists_and_maps_are_kept_both_ways(line: Line) -> None:
    vm = line.ref("VM", "web02")

    line("VM.set_tags", vm, ["a", "b"])
    line("VM.set_xenstore_data", vm, {"vm-data/a": "1", "vm-data/b": ""})

    assert line("VM.get_tags", vm) == ["a", "b"]
    assert line("VM.get_xenstore_data", vm) == {"vm-data/a": "1", "vm-data/b": ""}


def test_a_header_reaches_the_task_of_the_call(line: Line) -> None:
    """By which the call is known again, whatever becomes of its answer."""
    headers = {"X-Http-Other-Config-xenflow-operation": "id/1"}

    task = line("Async.VM.clone", line.ref("VM", "web02"), "copy", headers=headers)

    assert line("task.get_other_config", task) == {"http:xenflow-operation": "id/1"}


def test_the_methods_of_a_server_can_be_listed(line: Line) -> None:
    """The only answer that comes bare over XML-RPC."""
    assert "VM.start" in values.texts(line.bare("system.listMethods"))


def test_a_refusal_has_its_place_code_and_parameters(line: Line) -> None:
    with pytest.raises(errors.Missing) as caught:
        line("VM.get_record", "OpaqueRef:nobody")

    assert caught.value.args[:2] == ("HANDLE_INVALID", ["VM", "OpaqueRef:nobody"])


def test_a_refusal_without_parameters_is_one_too(line: Line) -> None:
    """Its list of parameters is empty."""
    with pytest.raises(errors.Refused) as caught:
        line("VM.provision", line.ref("VM", "web02"))

    assert caught.value.args[:2] == ("PROVISION_ONLY_ALLOWED_ON_TEMPLATE", [])


def test_a_method_that_a_server_lacks_is_refused(line: Line) -> None:
    """It may be too old, or too new."""
    with pytest.raises(errors.Refused, match="MESSAGE_METHOD_UNKNOWN"):
        line("VM.levitate", line.ref("VM", "web02"))


def test_both_read_the_same_records(pool: Pool, sessions: Sessions) -> None:
    """Every class we speak of, field by field, over JSON-RPC and XML-RPC."""
    json, xml = pool.target(), pool.target(transport="xml-rpc")
    for cls in references.REFERENCES:
        method = f"{cls}.get_all_records"
        if cls != "task":
            assert sessions.call(json, method) == sessions.call(xml, method)
