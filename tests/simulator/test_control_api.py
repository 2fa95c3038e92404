"""The control app: faults, the clock, the toolstack, the journal of effects."""

import http.client
import json
from typing import Any

import pytest

from simulator.server import Options, Served
from tests.simulator.conftest import ask

WEB = "web02"


def test_a_refused_verb_has_no_effect(xen: Any, control: Any, halted: str) -> None:
    """The next call of the verb is refused, the one after it is not."""
    control("fault", what="refuse", method="VM.start", code="HOST_OFFLINE", params=["h"])

    assert xen.refusal("VM.start", halted, False, False) == ["HOST_OFFLINE", "h"]
    assert xen("VM.get_power_state", halted) == "Halted"
    assert xen("VM.start", halted, False, False) == ""


def test_a_refusal_of_an_async_call_lands_in_its_task(xen: Any, control: Any, halted: str) -> None:
    control("fault", what="busy", method="VM.start", object=halted)

    task = xen.ended(xen("Async.VM.start", halted, False, False))

    assert task["error_info"][:3] == ["OTHER_OPERATION_IN_PROGRESS", "VM", halted]


def test_a_fault_may_mean_asynchronous_calls_only(xen: Any, control: Any, halted: str) -> None:
    control("fault", what="refuse", method="Async.VM.start")

    task = xen.ended(xen("Async.VM.start", halted, False, False))

    assert task["error_info"] == ["INTERNAL_ERROR"]
    assert xen("VM.start", halted, False, False) == ""


def test_a_fault_befalls_the_object_it_is_meant_for(
    xen: Any, control: Any, halted: str, running: str
) -> None:
    """Other objects and other methods go on."""
    control("fault", what="refuse", method="VM.*", object=running, count=-1)

    assert xen("VM.get_power_state", halted) == "Halted"
    for _ in range(2):
        assert xen.refusal("VM.get_power_state", running) == ["INTERNAL_ERROR"]
    control("clear")
    assert xen("VM.get_power_state", running) == "Running"


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("VM.strat", "there is no VM.strat; did you mean VM.start"),
        ("Async.VM.clome", "there is no VM.clome; did you mean VM.clone"),
        ("Async.VM.get_record", "there is no VM.get_record in its asynchronous form"),
        ("VN.*", "there is no VN.*"),
        ("", "method: there is no"),
    ],
)
def test_a_fault_of_no_method_is_refused(
    served: Served, control: Any, method: str, words: str
) -> None:
    """A typing mistake would make a test that cannot fail."""
    waiting = control("stats")["faults"]["waiting"]

    assert words in _refusal(served, {"do": "fault", "what": "refuse", "method": method})
    assert control("stats")["faults"]["waiting"] == waiting


@pytest.mark.parametrize(
    ("do", "parameters", "words"),
    [
        ("fault", {}, "what: is missing"),
        ("fault", {"what": "lose", "foo": 1}, "foo: there is no such parameter"),
        ("fault", {"what": "loose"}, "what: must be 'refuse'"),
        ("advance", {}, "seconds: is missing"),
        ("stats", {"foo": 1}, "`stats` does not take these parameters: foo"),
        ("guest", {"kind": "x"}, "`guest` does not take these parameters: kind"),
    ],
)
def test_a_wrong_command_is_refused_in_words(
    served: Served, do: str, parameters: dict[str, Any], words: str
) -> None:
    """The words name the parameter, and nothing of Python."""
    assert _refusal(served, {"do": do, **parameters}).startswith(words)


def _refusal(served: Served, order: dict[str, Any]) -> str:
    """Return why the control API refuses a command."""
    answer = ask(served.url, "POST", "/control", json.dumps(order).encode())
    assert answer.status == http.client.BAD_REQUEST
    return str(json.loads(answer.body)["error"])


def test_an_answer_is_lost_before_the_effect(xen: Any, control: Any, halted: str) -> None:
    """The connection closes, and nothing was done."""
    control("fault", what="lose", method="VM.set_name_label")

    with pytest.raises((OSError, http.client.HTTPException)):
        xen("VM.set_name_label", halted, "renamed")

    assert xen("VM.get_name_label", halted) == WEB


def test_an_answer_is_lost_after_the_effect(xen: Any, control: Any, halted: str) -> None:
    """The connection closes, and what was asked is done."""
    control("fault", what="lose", method="VM.set_name_label", when="after")

    with pytest.raises((OSError, http.client.HTTPException)):
        xen("VM.set_name_label", halted, "renamed")

    assert xen("VM.get_name_label", halted) == "renamed"


def test_an_answer_breaks_off_in_its_middle(xen: Any, control: Any, halted: str) -> None:
    """A dropped answer is shorter than it promised."""
    control("fault", what="drop", method="VM.set_name_label")

    with pytest.raises((OSError, http.client.HTTPException)):
        xen("VM.set_name_label", halted, "renamed")

    assert xen("VM.get_name_label", halted) == "renamed"


def test_a_hung_call_never_answers(xen: Any, control: Any, halted: str) -> None:
    """Until the server goes, or the toolstack restarts."""
    control("fault", what="hang", method="VM.set_name_label", when="after")
    hung = xen.later("VM.set_name_label", halted, "renamed")
    while xen("VM.get_name_label", halted) != "renamed":
        pass

    assert not hung.done()
    control("restart_toolstack")
    assert isinstance(hung.exception(), OSError | http.client.HTTPException)


def test_a_delayed_answer_comes(xen: Any, control: Any, halted: str) -> None:
    control("fault", what="delay", method="VM.get_power_state", seconds=0.01)

    assert xen("VM.get_power_state", halted) == "Halted"
    assert control("stats")["faults"] == {"waiting": 0, "applied": 1}


def test_a_fault_may_strike_by_chance(xen: Any, control: Any, halted: str) -> None:
    """The pool's seed decides; what never strikes waits for ever."""
    control("fault", what="refuse", method="VM.get_power_state", probability=0.0)

    assert xen("VM.get_power_state", halted) == "Halted"
    assert control("stats")["faults"]["waiting"] == 1


def test_the_journal_tells_effects_in_order(xen: Any, control: Any, halted: str) -> None:
    """What changed something is reported once, with its parameters; what only looked is not."""
    xen("VM.get_record", halted)
    xen("VM.add_tags", halted, "a")
    task = xen("Async.VM.start", halted, False, False)
    xen.ended(task)
    xen.refusal("VM.start", halted, False, False)

    effects = control("journal")["effects"]

    reported = [(effect["order"], effect["method"], effect["params"]) for effect in effects]
    assert reported == [(1, "VM.add_tags", [halted, "a"]), (2, "VM.start", [halted, False, False])]
    assert effects[1]["task"] == task
    assert control("journal", after=1)["effects"] == effects[1:]


def test_stats_count_calls_sessions_and_tasks(xen: Any, control: Any, halted: str) -> None:
    control("hold")
    for name in "ab":
        xen("Async.VM.clone", halted, name)

    stats = control("stats")

    assert stats["calls"]["Async.VM.clone"] == 2
    assert stats["sessions"]["open"] == stats["sessions"]["logins"] == 1
    assert stats["tasks"]["pending"] >= 2
    assert stats["tasks"]["peak"] >= 2
    control("reset")
    assert control("stats")["calls"] == {}


def test_a_restart_cuts_connections_that_idle(served: Any, control: Any) -> None:
    """A client that kept one alive finds it closed."""
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"))
    _look(connection)

    control("restart_toolstack")

    assert connection.sock is not None
    with pytest.raises((OSError, http.client.HTTPException)):
        _look(connection)
    connection.close()


def _look(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", "/")
    connection.getresponse().read()


def test_a_held_clock_stands(control: Any) -> None:
    before = control("hold")["now"]

    assert control("stats")["clock"] == {"now": before, "held": True}
    assert control("advance", seconds=60)["now"] == pytest.approx(before + 60)
    assert control("release")["held"] is False


def test_another_host_may_become_the_coordinator(control: Any, wire: Any) -> None:
    """Then the old one answers as a member does."""
    assert control("move_coordinator", to="127.0.0.2") == {"address": "127.0.0.2"}

    refusal = wire.refusal("session.login_with_password", "root", "xenflow")

    assert refusal == ["HOST_IS_SLAVE", "127.0.0.2"]
    moved = type(wire)(wire.url.replace("127.0.0.1", "127.0.0.2"), wire.dialect)
    assert moved("session.login_with_password", "root", "xenflow")


@pytest.mark.parametrize(
    "order",
    [{}, {"do": "dance"}, {"do": "hold", "x": 1}, {"do": "fault", "what": "x"}, [], "x"],
)
def test_a_wrong_order_is_reported(http_request: Any, order: Any) -> None:
    http_answer = http_request("POST", "/control", json.dumps(order).encode())

    assert http_answer.status == http.client.BAD_REQUEST
    assert json.loads(http_answer.body)["error"]


class TestWithoutTheControlApi:
    """A pool that was started without it."""

    @pytest.fixture
    def options(self) -> Options:
        """Start without the control app."""
        return Options()

    def test_the_path_is_like_any_other(self, http_request: Any) -> None:
        """It serves XML-RPC."""
        http_answer = http_request("POST", "/control", b'{"do": "stats"}')

        assert http_answer.status == http.client.INTERNAL_SERVER_ERROR
