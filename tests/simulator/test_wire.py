"""What goes over the wire, byte by byte where it matters."""

import http.client
import json
import socket
import urllib.parse
import xmlrpc.client
from typing import TYPE_CHECKING, Any

import pytest

from simulator.server import Served

if TYPE_CHECKING:
    from collections.abc import Callable


def _json(method: str, *params: Any, **members: Any) -> bytes:
    return json.dumps({"method": method, "params": params, **members}).encode()


def _xml(method: str, *params: Any) -> bytes:
    return xmlrpc.client.dumps(params, method).encode()


def _written(method: str, *values: str) -> bytes:
    """Write a call whose parameters are XML already."""
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    name = f"<methodName>{method}</methodName>"
    return f"<methodCall>{name}<params>{params}</params></methodCall>".encode()


def _raw(served: Served, request: bytes) -> bytes:
    """Send bytes and give all that comes until the connection closes."""
    address = urllib.parse.urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def session(served: Served) -> str:
    """Open a session of root, in the process."""
    return served.pool.sessions.login("root", "xenflow", "", served.pool.coordinator)


@pytest.fixture
def machine(served: Served) -> str:
    """Find a halted VM."""
    return served.pool.db.where("VM", name_label="web02")[0]


def test_json_rpc_2_answers_with_version_result_and_id(
    http_request: Any, session: str, served: Served
) -> None:
    """F001: A success in the form 2.0 has no member `error`."""
    call = _json("pool.get_all", session, jsonrpc="2.0", id="a1")

    http_answer = http_request("POST", "/jsonrpc", call)

    assert http_answer.status == http.client.OK
    assert http_answer.headers["content-type"] == "application/json"
    assert json.loads(http_answer.body) == {
        "jsonrpc": "2.0",
        "result": served.pool.db.refs("pool"),
        "id": "a1",
    }


def test_json_rpc_1_answers_with_result_error_and_id(
    http_request: Any, session: str, served: Served
) -> None:
    """F002: A success in the form 1.0 has `error` null and no `jsonrpc`."""
    http_answer = http_request("POST", "/jsonrpc", _json("pool.get_all", session, id=7))

    assert json.loads(http_answer.body) == {
        "result": served.pool.db.refs("pool"),
        "error": None,
        "id": 7,
    }


def test_json_rpc_2_refuses_with_code_message_and_data(http_request: Any, session: str) -> None:
    """F003: The code is always 1, the error code is the message, its parameters are the data."""
    call = _json("VM.get_record", session, "OpaqueRef:x", jsonrpc="2.0", id=1)

    http_answer = http_request("POST", "/jsonrpc", call)

    assert http_answer.status == http.client.OK
    error = {"code": 1, "message": "HANDLE_INVALID", "data": ["VM", "OpaqueRef:x"]}
    assert json.loads(http_answer.body) == {"jsonrpc": "2.0", "error": error, "id": 1}


def test_json_rpc_2_may_leave_parameters_out(http_request: Any) -> None:
    """Form 2.0 takes absent and null parameters for none, an object for one."""
    answers = [
        json.loads(http_request("POST", "/jsonrpc", json.dumps(call).encode()).body)
        for call in (
            {"jsonrpc": "2.0", "id": 1, "method": "no.such"},
            {"jsonrpc": "2.0", "id": 1, "method": "no.such", "params": None},
            {"jsonrpc": "2.0", "id": 1, "method": "VM.get_all", "params": {"a": 1}},
        )
    ]

    messages = [answer["error"]["message"] for answer in answers]
    assert messages == ["MESSAGE_METHOD_UNKNOWN", "MESSAGE_METHOD_UNKNOWN", "INTERNAL_ERROR"]


def test_json_rpc_1_refuses_with_a_list(http_request: Any, session: str) -> None:
    """F004: Code and parameters are in one list, and `result` is null."""
    http_answer = http_request(
        "POST", "/jsonrpc", _json("VM.get_record", session, "OpaqueRef:x", id=1)
    )

    error = ["HANDLE_INVALID", "VM", "OpaqueRef:x"]
    assert json.loads(http_answer.body) == {"result": None, "error": error, "id": 1}


def test_xml_rpc_refuses_with_an_error_description(http_request: Any, session: str) -> None:
    """F005: A refusal is an answer with status 200, never a fault."""
    http_answer = http_request("POST", "/", _xml("VM.get_record", session, "OpaqueRef:x"))

    assert http_answer.status == http.client.OK
    assert http_answer.headers["content-type"] == "text/xml"
    assert b"<fault>" not in http_answer.body
    assert xmlrpc.client.loads(http_answer.body)[0] == (
        {"Status": "Failure", "ErrorDescription": ["HANDLE_INVALID", "VM", "OpaqueRef:x"]},
    )


@pytest.mark.parametrize("path", ["/", "/RPC2", "/anything", "/json"])
def test_every_other_path_serves_xml_rpc(http_request: Any, session: str, path: str) -> None:
    """F006, F007: Routing is by longest prefix, and `/json` is a trap."""
    http_answer = http_request("POST", path, _xml("pool.get_all", session))

    assert b"<name>Status</name><value>Success</value>" in http_answer.body


def test_json_at_the_trap_is_an_internal_error(http_request: Any, session: str) -> None:
    """F007: `/json` does not read JSON."""
    http_answer = http_request("POST", "/json", _json("pool.get_all", session, id=1))

    assert http_answer.status == http.client.INTERNAL_SERVER_ERROR


def test_a_number_is_text_in_xml_and_a_number_in_json(
    http_request: Any, session: str, machine: str, served: Served
) -> None:
    """F008: There is no `<int>` and no `<i4>`."""
    number = served.pool.db.get("VM", machine)["VCPUs_max"]

    xml = http_request("POST", "/", _xml("VM.get_VCPUs_max", session, machine))
    as_json = http_request("POST", "/jsonrpc", _json("VM.get_VCPUs_max", session, machine, id=1))

    assert f"<name>Value</name><value>{number}</value>".encode() in xml.body
    assert json.loads(as_json.body)["result"] == number


@pytest.mark.parametrize("text", ["web01", "", 'a<b>&"c" ä'])
def test_text_has_no_tag_of_its_own(
    http_request: Any, session: str, machine: str, served: Served, text: str
) -> None:
    """F009: `<value>text</value>`, empty `<value></value>`; what is special is escaped."""
    served.pool.db.put("VM", machine, name_label=text)

    http_answer = http_request("POST", "/", _xml("VM.get_name_label", session, machine))

    assert b"<string>" not in http_answer.body
    assert xmlrpc.client.loads(http_answer.body)[0][0]["Value"] == text  # type: ignore[index,call-overload]  # a struct


def test_nothing_is_the_empty_text(http_request: Any, session: str, machine: str) -> None:
    """F010: The value of a void method is "", not null."""
    xml = http_request("POST", "/", _xml("VM.set_name_label", session, machine, "a"))
    as_json = http_request(
        "POST", "/jsonrpc", _json("VM.set_name_label", session, machine, "b", jsonrpc="2.0", id=1)
    )

    assert b"<name>Value</name><value></value>" in xml.body
    assert json.loads(as_json.body)["result"] == ""


def test_a_date_is_written_without_hyphens(http_request: Any, session: str, served: Served) -> None:
    """F011: It is `20260824T10:11:12Z`, over XML-RPC inside `dateTime.iso8601`."""
    task = served.pool.tasks.record("a task")
    date = served.pool.db.get("task", task)["created"]

    xml = http_request("POST", "/", _xml("task.get_created", session, task))
    as_json = http_request("POST", "/jsonrpc", _json("task.get_created", session, task, id=1))

    assert f"<value><dateTime.iso8601>{date}</dateTime.iso8601></value>".encode() in xml.body
    assert json.loads(as_json.body)["result"] == date
    assert date[8:9] == "T"
    assert date.endswith("Z")


def test_floats_keep_their_fraction(http_request: Any, session: str, served: Served) -> None:
    """A float is a `<double>` in XML and a number with a fraction in JSON."""
    task = served.pool.tasks.record("a task")

    xml = http_request("POST", "/", _xml("task.get_progress", session, task))
    as_json = http_request("POST", "/jsonrpc", _json("task.get_progress", session, task, id=1))

    assert b"<value><double>0</double></value>" in xml.body
    assert b'"result":0.0' in as_json.body


def test_a_number_may_come_as_text(wire: Any, session: str, machine: str) -> None:
    """F012: Decimal text is taken for a number, and `<int>` too."""
    for size in ("3", 4):
        wire("VM.set_user_version", session, machine, size)

        assert int(wire("VM.get_user_version", session, machine)) == int(size)


def test_a_value_of_another_type_is_shown_as_the_library_does(
    wire: Any, session: str, machine: str
) -> None:
    """The text names what was expected, and the value in the notation of its RPC library."""
    for method, value, text in (
        ("VM.set_name_label", 5, "Expected string, got 'I(5)'"),
        ("VM.set_name_label", True, "Expected string, got 'B(true)'"),
        ("VM.set_name_label", 1.5, "Expected string, got 'F(1.5)'"),
        ("VM.set_name_label", ["a", None], "Expected string, got '[S(a);N]'"),
        ("VM.set_user_version", 1.0, "Expected int64, got 'F(1)'"),
        ("VM.set_user_version", " 5", "Int64.of_string"),
        ("VM.set_user_version", "9223372036854775808", "Int64.of_string"),
        ("VM.set_is_a_template", "true", "Expected bool, got 'S(true)'"),
        ("VM.set_HVM_shadow_multiplier", "1.5x", "float_of_string"),
        ("VM.set_other_config", {"a": {}}, "Expected string, got '{}'"),
    ):
        refusal = wire.refusal(method, session, machine, value)
        assert refusal == ["INTERNAL_ERROR", f'Failure("{text}")']


def test_a_number_may_be_written_as_in_ocaml(
    http_request: Any, session: str, machine: str, served: Served
) -> None:
    """It may be text, or stand within the tags of XML-RPC."""
    for sent, read in (("0x1F", 31), ("1_000", 1000), ("-0b11", -3), ("0o17", 15), ("+7", 7)):
        for value in (sent, f"<i4>{sent}</i4>"):
            served.pool.db.put("VM", machine, user_version=0)
            http_request("POST", "/", _written("VM.set_user_version", session, machine, value))
            assert served.pool.db.get("VM", machine)["user_version"] == read


def test_a_truth_is_what_is_written_one(
    http_request: Any, session: str, machine: str, served: Served
) -> None:
    """Every other text within the tags is false."""
    for sent in ("1", "true", "1", "2", "1", "0"):
        value = f"<boolean>{sent}</boolean>"
        http_request("POST", "/", _written("VM.set_is_a_template", session, machine, value))
        assert served.pool.db.get("VM", machine)["is_a_template"] is (sent == "1")


def test_text_is_no_truth(wire: Any, session: str, machine: str) -> None:
    """F013: The text "true" is refused where a boolean is wanted."""
    assert wire.refusal("VM.start", session, machine, "true", False)[0] == "INTERNAL_ERROR"


@pytest.mark.parametrize("members", [{}, {"id": None}, {"id": 1.5}, {"id": 1, "jsonrpc": "1.1"}])
def test_json_without_an_id_is_an_internal_error(
    http_request: Any, session: str, members: dict[str, Any]
) -> None:
    """F014: A page in HTML, and the connection closes."""
    http_answer = http_request("POST", "/jsonrpc", _json("pool.get_all", session, **members))

    assert http_answer.status == http.client.INTERNAL_SERVER_ERROR
    assert http_answer.headers["content-type"] == "text/html"
    assert http_answer.closes
    assert b"Additional information" in http_answer.body


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"id": 1}', b"3"])
def test_json_that_is_no_call_is_an_internal_error(http_request: Any, body: bytes) -> None:
    """There are no batches, and a call has a method."""
    assert http_request("POST", "/jsonrpc", body).status == http.client.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize(
    "body", [b"", b"<methodCall/>", b"<a", b"<methodCall><params/></methodCall>"]
)
def test_xml_that_is_no_call_is_an_internal_error(http_request: Any, body: bytes) -> None:
    """Bad XML and a call without `<params>` are not answered as calls."""
    assert http_request("POST", "/", body).status == http.client.INTERNAL_SERVER_ERROR


@pytest.mark.parametrize(
    "rest", [b"\r\n", b"Transfer-Encoding: chunked\r\n\r\n3\r\n<a>\r\n0\r\n\r\n"]
)
def test_a_body_needs_a_length(served: Served, rest: bytes) -> None:
    """F015: A request without Content-Length, chunked or not, is an internal error."""
    http_answer = _raw(served, b"POST / HTTP/1.1\r\nHost: x\r\n" + rest)

    assert http_answer.startswith(b"HTTP/1.1 500 ")


def test_a_body_may_have_300_kib(http_request: Any, session: str) -> None:
    """F015: 307,200 bytes are read, one more is an internal error."""
    call = _json("pool.get_all", session, id=1)

    longest = http_request("POST", "/jsonrpc", call.ljust(307_200))
    longer = http_request("POST", "/jsonrpc", call.ljust(307_201))

    assert longest.status == http.client.OK
    assert longer.status == http.client.INTERNAL_SERVER_ERROR


def test_headers_may_have_a_kibibyte(http_request: Any, session: str) -> None:
    """A header block over 1,024 bytes is refused with 431."""
    call = _json("pool.get_all", session, id=1)

    http_answer = http_request("POST", "/jsonrpc", call, {"X-Long": "x" * 1000})

    assert http_answer.status == http.client.REQUEST_HEADER_FIELDS_TOO_LARGE
    assert http_answer.closes


@pytest.mark.parametrize("path", ["/", "/json", "/jsonrpc", "/nowhere"])
def test_options_allow_what_a_browser_asks(http_request: Any, path: str) -> None:
    """F016: The answer is 200, without a body, for any origin."""
    http_answer = http_request("OPTIONS", path, None, {"Access-Control-Request-Headers": "X-A"})

    assert (http_answer.status, http_answer.body) == (http.client.OK, b"")
    assert http_answer.headers["access-control-allow-methods"] == "PUT"
    assert http_answer.headers["access-control-allow-origin"] == "*"
    assert http_answer.headers["access-control-allow-headers"] == "X-A, X-Requested-With"


@pytest.mark.parametrize(
    ("verb", "status"), [("DELETE", 501), ("HEAD", 501), ("GET", 403), ("PUT", 403)]
)
def test_other_verbs_find_no_door(http_request: Any, verb: str, status: int) -> None:
    """Unknown verbs are not implemented, known ones forbidden; both close."""
    http_answer = http_request(verb, "/nowhere")

    assert http_answer.status == status
    assert http_answer.closes


def test_a_connection_serves_call_after_call(served: Served, session: str) -> None:
    """F017: HTTP/1.1 keeps alive until asked to close."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(served.url).netloc)
    kept = []
    for headers in ({}, {}, {"Connection": "close"}):
        connection.request("POST", "/jsonrpc", _json("pool.get_all", session, id=1), headers)
        answer = connection.getresponse()
        answer.read()
        kept.append((answer.getheader("connection"), connection.sock is not None))
    connection.close()

    assert kept == [("keep-alive", True), ("keep-alive", True), ("close", False)]


def test_http_1_0_closes(served: Served, session: str) -> None:
    """HTTP/1.0 closes unless asked to keep alive."""
    body = _json("pool.get_all", session, id=1)
    head = b"POST /jsonrpc HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % len(body)

    whole = _raw(served, head + body)

    assert b"connection: close" in whole
    assert whole.endswith(b"}")


def test_no_answer_is_kept_by_caches(http_request: Any, session: str) -> None:
    """Every answer says so, and that any origin may read it."""
    http_answer = http_request("POST", "/jsonrpc", _json("pool.get_all", session, id=1))

    assert http_answer.headers["cache-control"] == "no-cache, no-store"
    assert http_answer.headers["access-control-allow-origin"] == "*"
    assert http_answer.headers["access-control-allow-headers"] == "X-Requested-With"
    assert http_answer.headers["content-length"] == str(len(http_answer.body))


def test_the_list_of_methods_comes_bare_over_xml(http_request: Any) -> None:
    """F018: Without Status over XML-RPC, without the asynchronous names anywhere."""
    xml = http_request("POST", "/", _xml("system.listMethods"))
    as_json = http_request("POST", "/jsonrpc", _json("system.listMethods", jsonrpc="2.0", id=1))

    (names,), _ = xmlrpc.client.loads(xml.body)
    assert names == json.loads(as_json.body)["result"]
    assert "VM.start" in names  # type: ignore[operator]  # an array
    assert "Async.VM.start" not in names  # type: ignore[operator]  # an array


def test_is_alive_echoes(http_request: Any) -> None:
    """`system.isAlive:` and anything answers with its first parameter."""
    http_answer = http_request("POST", "/jsonrpc", _json("system.isAlive:x", "y", id=1))

    assert json.loads(http_answer.body)["result"] == "y"


def test_a_name_may_have_an_underscore_for_its_dot(wire: Any, session: str) -> None:
    """F019: `VM_get_all` is `VM.get_all`; an asynchronous name needs the dot."""
    assert wire("VM_get_all", session) == wire("VM.get_all", session)
    assert wire.refusal("Async.VM_clone", session)[0] == "MESSAGE_METHOD_UNKNOWN"


def test_text_that_is_not_utf_8_is_refused_under_id_0(http_request: Any) -> None:
    """What is refused before it is understood comes in the form 1.0."""
    call = b'{"jsonrpc":"2.0","id":9,"method":"VM.get_all","params":["\xff"]}'

    answer = json.loads(http_request("POST", "/jsonrpc", call).body)

    assert answer["id"] == 0
    assert answer["error"][:2] == ["INVALID_VALUE", "Invalid UTF-8 string in parameter"]


def test_a_record_reads_the_same_in_both_dialects(
    http_request: Any, session: str, served: Served
) -> None:
    """XML-RPC has numbers as text and tagged dates; all else is equal."""
    xml = http_request("POST", "/", _xml("VM.get_all_records", session))
    as_json = http_request("POST", "/jsonrpc", _json("VM.get_all_records", session, id=1))

    ((answer,), _) = xmlrpc.client.loads(xml.body)
    assert isinstance(answer, dict)
    reported = json.loads(as_json.body)["result"]
    assert {ref: _as_xml(record, served) for ref, record in reported.items()} == answer["Value"]


def _as_xml(record: dict[str, Any], served: Served) -> dict[str, Any]:
    kinds = served.pool.db.model.classes["VM"].fields
    marks: dict[str, Callable[[Any], Any]] = {"int": str, "datetime": xmlrpc.client.DateTime}
    return {
        name: marks.get(kinds[name].type.kind, lambda same: same)(value)
        for name, value in record.items()
    }
