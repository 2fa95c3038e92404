"""Events: what a client hears of changes, and when."""

import re
from typing import Any

import pytest


@pytest.fixture
def cd(xen: Any) -> dict[str, Any]:
    """Return the record of an empty CD drive of the halted VM."""
    return {
        "VM": xen.find("VM", "web02"),
        "VDI": "OpaqueRef:NULL",
        "userdevice": "autodetect",
        "bootable": False,
        "mode": "RO",
        "type": "CD",
        "empty": True,
        "other_config": {},
        "qos_algorithm_type": "",
        "qos_algorithm_params": {},
    }


def test_the_empty_token_tells_of_all_there_is(xen: Any) -> None:
    """F059: One `add` per object, as get_record gives it, and the count of rows."""
    batch = xen("event.from", ["vm"], "", 5.0)

    reported = {event["ref"]: event["snapshot"] for event in batch["events"]}
    assert reported == xen("VM.get_all_records")
    assert {event["operation"] for event in batch["events"]} == {"add"}
    assert batch["valid_ref_counts"]["vm"] == len(reported)
    assert re.fullmatch(r"\d{20},\d{20}", batch["token"])


def test_nothing_ends_with_the_timeout(xen: Any) -> None:
    """F060: No events, and the token that was sent."""
    token = xen("event.from", ["vm"], "", 0.0)["token"]

    batch = xen("event.from", ["vm"], token, 0.1)

    assert (batch["events"], batch["token"]) == ([], token)


def test_nothing_from_the_beginning_ends_with_a_usable_token(xen: Any, halted: str) -> None:
    """F060: The empty token waits too where there is no task at all."""
    batch = xen("event.from", ["task"], "", 0.1)
    assert batch["events"] == []

    task = xen("Async.VM.clone", halted, "n")

    assert [event["ref"] for event in xen.events(["task"], batch["token"])][:1] == [task]


def test_a_change_wakes_who_waits(xen: Any, halted: str) -> None:
    """The call blocks until there is something to tell."""
    waiting = xen.later("event.from", ["vm"], xen.token(), 20.0)

    xen("VM.set_name_label", halted, "renamed")

    (event,) = waiting.result()["events"]
    assert (event["operation"], event["snapshot"]["name_label"]) == ("mod", "renamed")


def test_the_case_of_a_class_does_not_matter(xen: Any, halted: str) -> None:
    """F061: Events name it in lower case."""
    token = xen.token()
    xen("VM.set_name_label", halted, "renamed")

    for name in ("VM", "vm", "Vm"):
        (event,) = xen.events([name], token)
        assert event["class"] == "vm"


def test_a_single_object_can_be_watched(xen: Any, halted: str, running: str) -> None:
    """F062: Others of its class are not reported."""
    token = xen.token()
    mine, other = xen("Async.VM.clone", halted, "a"), xen("Async.VM.pause", running)
    xen.ended(mine)
    xen.ended(other)

    events = xen.events([f"task/{mine}"], token)

    assert [event["ref"] for event in events] == [mine]


def test_everything_is_all_but_sessions(xen: Any, halted: str) -> None:
    """F063: Tasks, machines and messages are among it."""
    xen.ended(xen("Async.VM.start", halted, False, False))

    classes = {event["class"] for event in xen.events(["*"], "")}

    assert {"task", "vm", "message", "host", "pool"} <= classes
    assert not {"session", "user"} & classes


def test_an_event_has_no_time(xen: Any) -> None:
    """F064: `timestamp` is "0.0", `id` decimal text."""
    event = xen.events(["vm"], "")[0]

    assert event["timestamp"] == "0.0"
    assert event["id"].isdigit()
    assert "obj_uuid" not in event


def test_an_end_has_no_snapshot(xen: Any) -> None:
    """F065: A `del` names the object and nothing more."""
    task = xen("task.create", "l", "")
    xen("task.set_status", task, "success")
    token = xen.token()

    xen("task.destroy", task)

    (event,) = xen.events(["task"], token)
    assert (event["operation"], event["ref"]) == ("del", task)
    assert "snapshot" not in event


def test_what_came_and_went_is_not_reported(xen: Any) -> None:
    """F066: Made and destroyed between two looks."""
    token = xen.token()
    task = xen("task.create", "l", "")
    xen("task.set_status", task, "success")
    xen("task.destroy", task)

    assert xen.events(["task"], token, 0.0) == []


def test_changes_of_an_object_are_reported_once(xen: Any, halted: str) -> None:
    """F067: The snapshot is the latest state."""
    token = xen.token()
    for name in "abc":
        xen("VM.set_name_label", halted, name)

    (event,) = xen.events(["vm"], token)

    assert (event["operation"], event["snapshot"]["name_label"]) == ("mod", "c")


def test_a_new_object_that_changed_is_still_new(xen: Any) -> None:
    token = xen.token()
    task = xen("task.create", "l", "")
    xen("task.set_progress", task, 0.5)

    (event,) = xen.events(["task"], token)

    assert (event["operation"], float(event["snapshot"]["progress"])) == ("add", 0.5)


def test_setting_what_is_there_is_no_change(xen: Any, halted: str) -> None:
    """Writing the same value raises no event."""
    token = xen.token()

    xen("VM.set_name_label", halted, xen("VM.get_name_label", halted))

    assert xen.events(["vm"], token, 0.0) == []


@pytest.mark.parametrize("token", ["abc", "1,2,3", "1,x", ",", "0" * 20, f"{2**63},0"])
def test_a_malformed_token_is_refused(xen: Any, token: str) -> None:
    """F068: The refusal repeats the token."""
    refusal = xen.refusal("event.from", ["vm"], token, 5.0)

    assert refusal == ["EVENT_FROM_TOKEN_PARSE_FAILURE", token]


@pytest.mark.parametrize("token", ["0,0", "1,2", "-1,0", "+0,0"])
def test_a_token_is_any_two_numbers(xen: Any, token: str) -> None:
    """Few digits are as good as twenty."""
    assert xen("event.from", ["vm"], token, 5.0)["events"]


def test_a_token_from_the_future_waits_until_it_is_passed(xen: Any) -> None:
    """The answer has no events and the same numbers in twenty digits."""
    batch = xen("event.from", ["vm"], "99999999,99999999", 0.1)

    assert batch["events"] == []
    assert batch["token"][:21] == "00000000000099999999,"


def test_every_class_is_counted(xen: Any, served: Any) -> None:
    """`valid_ref_counts` has empty classes too, and none of what is not in the database."""
    counts = xen("event.from", ["pool"], "", 5.0)["valid_ref_counts"]

    assert set(counts) == {name.lower() for name in served.pool.db.model.classes}
    assert (counts["bond"], counts["message"], counts["role"]) == (0, 0, 0)


@pytest.mark.parametrize("seconds", [0.0, 0, "0"])
def test_no_timeout_answers_at_once(xen: Any, seconds: Any) -> None:
    """F069: A number without fraction, or text, is taken too."""
    assert xen("event.from", ["vm"], xen.token(), seconds)["events"] == []


def test_logout_wakes_who_waits(xen: Any, threads: Any) -> None:
    """F070: The wait ends with the session."""
    waiting = threads.submit(xen.refusal, "event.from", ["vm"], xen.token(), 30.0)

    xen("session.logout")

    assert waiting.result() == ["SESSION_INVALID", xen.session]


def test_both_ends_of_a_reference_change(xen: Any, cd: dict[str, Any]) -> None:
    """F071: A new VBD is a `mod` of its VM and of its VDI."""
    image = xen.find("VDI", "debian-12.iso")
    token = xen.token()

    drive = xen("VBD.create", {**cd, "VDI": image, "empty": False})

    reported = {
        (event["operation"], event["ref"]) for event in xen.events(["vm", "vbd", "vdi"], token)
    }
    assert {("add", drive), ("mod", cd["VM"]), ("mod", image)} <= reported


def test_a_batch_tells_news_changes_and_ends_in_that_order(xen: Any, halted: str) -> None:
    """F072: First what was added, then what changed, then what is gone."""
    gone = xen("task.create", "gone", "")
    xen("task.set_status", gone, "success")
    token = xen.token()
    xen("task.destroy", gone)
    xen("VM.set_name_label", halted, "renamed")
    xen("task.create", "new", "")

    reported = [event["operation"] for event in xen.events(["task", "vm"], token)]

    assert reported == ["add", "mod", "del"]


def test_messages_come_before_all_else(xen: Any, running: str) -> None:
    """The toolstack keeps them apart: they have no number of their own."""
    token = xen.token()
    xen("VM.pause", running)

    reported = xen.events(["*"], token)

    assert (reported[0]["class"], reported[0]["id"]) == ("message", "0")
    assert "message" not in {event["class"] for event in reported[1:]}


def test_a_single_message_cannot_be_watched(xen: Any, running: str) -> None:
    """A subscription to one covers all."""
    token = xen.token()
    xen("VM.pause", running)
    xen("VM.unpause", running)

    reported = xen.events(["message/OpaqueRef:x"], token)

    assert [event["snapshot"]["name"] for event in reported] == ["VM_PAUSED", "VM_UNPAUSED"]


def test_what_was_not_reported_does_not_move_the_token(xen: Any, halted: str) -> None:
    """It is the number of the latest event in the batch; for messages a second one counts."""
    token = xen.token()
    xen("VM.set_name_label", halted, "renamed")

    assert xen("event.from", ["sr"], token, 0.1)["token"][:20] == token[:20]
    assert xen("event.from", ["sr"], token, 0.1)["token"][21:] == "0" * 20
    batch = xen("event.from", ["vm"], token, 0.1)
    assert int(batch["token"][:20]) == int(batch["events"][-1]["id"])
    assert xen("event.from", [], "", 0.0)["token"] == f"{0:020d},{0:020d}"


def test_next_wants_register(xen: Any) -> None:
    """F073: The parameter is a hash, not the reference."""
    code, track = xen.refusal("event.next")

    assert code == "SESSION_NOT_REGISTERED"
    assert re.fullmatch(r"trackid=[0-9a-f]{32}", track)


def test_next_tells_what_happened_since_register(xen: Any, halted: str) -> None:
    """F074: A plain list, with a time and no initial state."""
    xen("event.register", ["vm"])
    xen("VM.set_name_label", halted, "renamed")

    (event,) = xen("event.next")

    assert (event["class"], event["ref"], event["operation"]) == ("vm", halted, "mod")
    assert event["snapshot"]["name_label"] == "renamed"
    assert re.fullmatch(r"\d+\.", event["timestamp"])


def test_next_blocks_until_something_happens(xen: Any, halted: str) -> None:
    """F074: There is no timeout."""
    xen("event.register", ["vm"])
    waiting = xen.later("event.next")

    xen("VM.set_name_label", halted, "renamed")

    assert [event["ref"] for event in waiting.result()] == [halted]


def test_next_reports_every_change_by_itself(xen: Any) -> None:
    """In their order, each with the record of its time; what came and went is reported too."""
    token = xen("event.get_current_id")
    xen("event.register", ["task"])
    task = xen("task.create", "l", "")
    xen("task.set_progress", task, 0.5)
    xen("task.set_status", task, "success")
    xen("task.destroy", task)

    reported = xen("event.next")

    assert [event["operation"] for event in reported] == ["add", "mod", "mod", "del"]
    assert [float(event["snapshot"]["progress"]) for event in reported] == [0.0, 0.5, 0.5, 0.5]
    assert [event["snapshot"]["status"] for event in reported[1:]] == ["pending", *["success"] * 2]
    assert [int(event["id"]) for event in reported] == [int(token) + number for number in range(4)]
    assert int(xen("event.get_current_id")) == int(token) + 4


def test_who_reads_too_late_has_lost_events(xen: Any, halted: str, served: Any) -> None:
    """The queue is bounded: EVENTS_LOST once, then what is left."""
    xen("event.register", ["vm"])
    served.pool.events.queue.limit = 20_000
    for number in range(20):
        xen("VM.set_name_label", halted, f"name {number}")

    assert xen.refusal("event.next") == ["EVENTS_LOST"]
    xen("VM.set_name_label", halted, "last")
    (event,) = xen("event.next")
    assert event["snapshot"]["name_label"] == "last"


def test_unregister_needs_no_register(xen: Any, halted: str) -> None:
    """The session then has a subscription, to nothing."""
    xen("event.unregister", ["vm"])
    waiting = xen.later("event.next")
    xen("VM.set_name_label", halted, "first")

    xen("event.register", ["VM"])
    xen("event.register", ["vm"])
    xen("event.unregister", ["Vm"])
    xen("event.register", [f"VM/{halted}"])
    xen("VM.set_name_label", halted, "second")

    assert [event["snapshot"]["name_label"] for event in waiting.result()] == ["second"]


def test_logout_wakes_who_waits_for_the_next(xen: Any, threads: Any) -> None:
    xen("event.register", ["vm"])
    waiting = threads.submit(xen.refusal, "event.next")

    xen("session.logout")

    assert waiting.result() == ["SESSION_INVALID", xen.session]


def test_whoever_listens_to_the_pool_hears_that_it_lives(xen: Any, held: Any) -> None:
    """Every 30 seconds a change is reported that is none."""
    xen("event.register", ["pool"])

    held(30.0)

    (event,) = xen("event.next")
    assert (event["class"], event["operation"]) == ("pool", "mod")


def test_unregister_takes_exact_entries_away(xen: Any, halted: str) -> None:
    """The class that is left is still reported."""
    xen("event.register", ["vm", "task"])
    xen("event.unregister", ["vm"])
    xen("VM.set_name_label", halted, "renamed")
    task = xen("task.create", "l", "")

    assert [event["ref"] for event in xen("event.next")] == [task]


def test_inject_forces_a_change(xen: Any, halted: str) -> None:
    """From the token that it gives, the object has changed."""
    token = xen("event.inject", "VM", halted)

    (event,) = xen.events(["vm"], token)

    assert (event["operation"], event["ref"]) == ("mod", halted)
    assert xen.refusal("event.inject", "SR", halted) == ["HANDLE_INVALID", "SR", halted]
    assert xen.refusal("event.inject", "vm", halted) == ["HANDLE_INVALID", "vm", halted]


def test_a_token_works_in_another_session(xen: Any, halted: str, login: Any) -> None:
    """It belongs to the database, not to who got it."""
    token = xen.token()
    xen("VM.set_name_label", halted, "renamed")

    assert [event["ref"] for event in login("root").events(["vm"], token)] == [halted]


def test_many_calls_of_a_session_may_wait(xen: Any, halted: str) -> None:
    """All of them wake."""
    token = xen.token()
    waiting = [xen.later("event.from", ["vm"], token, 20.0) for _ in range(5)]

    xen("VM.set_name_label", halted, "renamed")

    assert [len(each.result()["events"]) for each in waiting] == [1] * 5


def test_a_toolstack_restart_ends_what_waits(xen: Any, control: Any, login: Any) -> None:
    """The connection breaks; the generation goes on, so that the token still works."""
    token = xen.token()
    waiting = xen.later("event.from", ["vm"], token, 30.0)
    while control("stats")["calls"].get("event.from", 0) < 2:
        pass

    control("restart_toolstack")

    assert isinstance(waiting.exception(), OSError)
    assert login("root")("event.from", [], token, 0.0)["token"] == token
