"""Values that no answer could carry are refused at the call."""

import json
from typing import Any

import pytest

from simulator.server import Served

BEYOND = [2**63, -(2**63) - 1, 2**64, 10**30]


@pytest.mark.parametrize("number", BEYOND)
@pytest.mark.parametrize("notation", [int, str])
def test_an_integer_beyond_64_bits_is_refused(
    xen: Any, halted: str, number: int, notation: type[int | str]
) -> None:
    """Neither a number nor decimal text may exceed 64 bits; the record stays readable."""
    value = notation(number)

    refusal = _send_integer(xen, halted, value)

    assert refusal[0] == "INTERNAL_ERROR"
    assert int(xen("VM.get_record", halted)["user_version"]) < 2**63


def _send_integer(xen: Any, vm: str, value: int | str) -> list[str]:
    """Call VM.set_user_version; XML-RPC clients in Python cannot send large integers as numbers."""
    if xen.wire.dialect == "xml":
        value = str(value)
    return list(xen.refusal("VM.set_user_version", vm, value))


@pytest.mark.parametrize("text", ["0x1F", "-5", "007", str(2**63 - 1), str(-(2**63))])
def test_an_integer_may_come_in_any_notation(xen: Any, halted: str, text: str) -> None:
    """Hexadecimal text, leading zeros and the extreme values are integers."""
    xen("VM.set_user_version", halted, text)

    value = int(text, 16) if text.startswith("0x") else int(text)
    assert int(xen("VM.get_user_version", halted)) == value


@pytest.mark.parametrize("text", ["", " 1", "1.0", "1e3", "one", "٣"])
def test_text_that_is_no_integer_is_refused(xen: Any, halted: str, text: str) -> None:
    """Only integer notation is accepted."""
    assert xen.refusal("VM.set_user_version", halted, text)[0] == "INTERNAL_ERROR"


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1e999", "much"])
def test_a_float_is_finite(xen: Any, halted: str, text: str) -> None:
    """A float that no answer can carry is refused."""
    assert xen.refusal("VM.set_HVM_shadow_multiplier", halted, text)[0] == "INTERNAL_ERROR"


@pytest.mark.parametrize("date", ["99991399T00:00:00Z", "20260824T25:00:00Z", "yesterday", ""])
def test_a_date_exists(xen: Any, date: str) -> None:
    """A date that no calendar has is refused."""
    assert xen.refusal("message.get_since", date)[0] == "INTERNAL_ERROR"


@pytest.mark.parametrize("text", ["a\u0000b", "\u0001", "\ufffe", "\ufdd0", "\U0001ffff"])
@pytest.mark.parametrize("place", ["value", "key", "inside"])
def test_text_that_xml_cannot_carry_is_refused_under_id_0(
    http_request: Any, served: Served, text: str, place: str
) -> None:
    """Control characters and non-characters get INVALID_VALUE in the form 1.0 with id 0."""
    session = served.pool.sessions.login("root", "xenflow", "", served.pool.coordinator)
    vm = served.pool.db.refs("VM")[0]
    param = {"value": text, "key": {text: ""}, "inside": [{"a": text}]}[place]
    params = [session, vm, param]
    call = {"jsonrpc": "2.0", "id": 9, "method": "VM.set_other_config", "params": params}

    answer = json.loads(http_request("POST", "/jsonrpc", json.dumps(call).encode()).body)

    assert answer["id"] == 0
    assert answer["result"] is None
    assert answer["error"][:2] == ["INVALID_VALUE", "Invalid UTF-8 string in parameter"]
    assert text in answer["error"][2]


@pytest.mark.parametrize("number", [2**62, -(2**62) - 1, 2**64])
def test_an_id_beyond_63_bits_is_an_internal_error(http_request: Any, number: int) -> None:
    """The toolstack's native integers have 63 bits."""
    call = json.dumps({"method": "system.listMethods", "params": [], "id": number}).encode()

    assert http_request("POST", "/jsonrpc", call).status == 500


@pytest.mark.parametrize("params", ["text", 3, True])
@pytest.mark.parametrize("version", [{}, {"jsonrpc": "2.0"}])
def test_parameters_are_an_array_or_an_object(
    http_request: Any, params: Any, version: dict[str, str]
) -> None:
    """A string, a number or a boolean as `params` is an internal error."""
    call = {"method": "system.listMethods", "params": params, "id": 1, **version}

    assert http_request("POST", "/jsonrpc", json.dumps(call).encode()).status == 500


@pytest.mark.parametrize("depth", [199, 200, 201, 900, 5000])
def test_a_value_may_be_nested_at_will(http_request: Any, depth: int) -> None:
    """No type is nested so deeply: any such value is of the wrong type, in both dialects."""
    text = rb'"]\""'
    json_value = b"[%s," % text * depth + b"{}" + b"]" * depth
    xml_value = b"<value><array><data>" * depth + b"</data></array></value>" * depth
    name = b"session.login_with_password"
    call = b'{"method": "%s", "id": 1, "params": ["root", %s]}' % (name, json_value)
    xml = (
        b"<methodCall><methodName>%s</methodName><params><param><value>root</value></param>"
        b"<param>%s</param></params></methodCall>" % (name, xml_value)
    )

    for path, body in (("/jsonrpc", call), ("/", xml)):
        answer = http_request("POST", path, body)
        assert answer.status == 200
        assert b"INTERNAL_ERROR" in answer.body


def test_base64_is_no_text(http_request: Any, served: Served) -> None:
    """No type of the API takes base64."""
    session = served.pool.sessions.login("root", "xenflow", "", served.pool.coordinator)
    params = (
        f"<param><value>{session}</value></param>"
        "<param><value><base64>AAE=</base64></value></param>"
    )
    call = (
        "<methodCall><methodName>VM.get_by_name_label</methodName>"
        f"<params>{params}</params></methodCall>"
    )

    assert b"INTERNAL_ERROR" in http_request("POST", "/", call.encode()).body


def test_is_alive_echoes_anything(http_request: Any) -> None:
    """`system.isAlive:` repeats a value of any type in both dialects."""
    call = json.dumps({"method": "system.isAlive:", "params": [[1, {"a": 2.5}]], "id": 1}).encode()
    xml = (
        b"<methodCall><methodName>system.isAlive:x</methodName>"
        b"<params><param><value><int>5</int></value></param></params></methodCall>"
    )

    assert json.loads(http_request("POST", "/jsonrpc", call).body)["result"] == [1, {"a": 2.5}]
    assert b"<value>5</value>" in http_request("POST", "/", xml).body


def test_what_follows_from_huge_values_can_be_written(xen: Any, halted: str) -> None:
    """Sums of sizes wrap around as 64 bits do; records are read back."""
    xen("VM.set_HVM_shadow_multiplier", halted, 1e300)
    xen("VM.clone", halted, "twin")

    assert all(record["uuid"] for record in xen("VM.get_all_records").values())
