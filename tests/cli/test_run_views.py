"""A run is shown as a tree with times, and listed in a line."""

import time
from typing import Any

import pytest

from cli import output, run_views
from workers.run_record import Run, Step, Suspension

MADE = [{"class": "VM", "uuid": "u1", "name": "web01"}]
FAILURE = {
    "type": "Refused",
    "code": "VM_BAD_POWER_STATE",
    "params": [],
    "message": "VM web01 is running; undone: VM web01",
    "undone": MADE,
    "traceback": "Traceback: here",
}
CLONE = Suspension("0", "VM.clone", launched=2.0, parked=None, landed=3.0, status="success")


def step(name: str, **fields: Any) -> Step:
    """Return a step that began a second after the epoch, and is open."""
    plain: dict[str, Any] = {
        "id": "11111111-aaaa-4000-8000-000000000000",
        "phase": "parked",
        "created": 1.0,
        "ended": None,
        "progress": None,
        "target": "lab",
        "origin": "",
        "inputs": {},
        "suspensions": (),
        "answer": None,
        "failure": None,
        "reason": "",
        "cancelled": "",
        "undoes": False,
    }
    return Step(name=name, **{**plain, **fields})


def failed(*steps: Step, **failure: Any) -> Run:
    """Return the run of a flow that has failed."""
    error = {**FAILURE, **failure}
    return Run("1", [step("flow.outer", ended=4.0, phase="ended", failure=error, steps=steps)])


def drawn(run: Run, capsys: pytest.CaptureFixture[str], *, traces: bool = False) -> str:
    """Return the tree as it is printed."""
    output.show(run_views.tree(run, traces=traces))
    return capsys.readouterr().out


def test_the_tree_shows_that_other_messages_had_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever sent them hears nothing while the operation goes on."""
    why = "the id 1 is that of xenserver.vm.clone, with other fields"

    shown = drawn(Run("1", [step("xenserver.vm.clone", refused=why, refusals=2)]), capsys)

    assert f"2 under its id refused, the latest: {why}" in " ".join(shown.split())


def test_the_tree_shows_steps_with_their_calls_and_times(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each step is below its flow, each call below its step."""
    shown = drawn(failed(step("xenserver.vm.clone", suspensions=[CLONE])), capsys)

    assert "✗ flow.outer" in shown
    assert "── … xenserver.vm.clone" in shown
    assert "VM.clone  launched +1.00 s, landed +2.00 s" in shown


def test_a_step_that_gathers_answers_is_shown_if_it_has_not_succeeded(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It does nothing on XenServer."""
    ended = step(
        "xenflow.gather", ended=2.0, phase="ended", answer={"return_result": "2 steps done"}
    )
    clone = step("xenserver.vm.clone", suspensions=[CLONE])

    shown = drawn(failed(clone, ended), capsys)
    assert "xenserver.vm.clone" in shown
    assert "xenflow.gather" not in shown
    assert "… xenflow.gather" in drawn(failed(clone, step("xenflow.gather")), capsys)


def test_the_tree_shows_the_beginning_of_lists(capsys: pytest.CaptureFixture[str]) -> None:
    """It says how many more there are, and cuts what is long."""
    inputs = {
        "vms": ["a", "b", "c", "d", "e"],
        "disks": [{"size": "1GiB", "sr": "x" * 99}],
        "n": [],
    }

    shown = drawn(Run("1", [step("flow.start_vms", inputs=inputs)]), capsys)

    assert "vms=[a, b, c, 2 more] disks=[size=1GiB, sr=xxx" in " ".join(shown.split())
    assert "…]" in shown
    assert "n=" not in shown


def test_a_run_begins_without_a_delay_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """What is shown of its first operation is how long it took."""
    shown = drawn(failed(step("xenserver.vm.clone", created=1.012)), capsys)

    assert "flow.outer  3.00 s" in shown
    assert "xenserver.vm.clone  +12 ms, " in shown


def test_what_was_undone_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    """The message of the error contains it already."""
    assert drawn(failed(), capsys).count("undone: VM web01") == 1


def test_stack_traces_are_shown_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    """There is none without --debug."""
    assert "Traceback" not in drawn(failed(), capsys)
    assert "Traceback: here" in drawn(failed(), capsys, traces=True)


def test_what_a_step_leaves_behind_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Its message does not name what it made: that is for its flow to undo."""
    assert "kept: VM web01" in drawn(failed(message="VM web01 is running", kept=MADE), capsys)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_the_state_is_in_the_list_at_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No line is longer than the terminal is wide; what the run fails with is shown whole."""
    monkeypatch.setenv("COLUMNS", str(width))

    output.show(run_views.listed([failed()]))

    head, line, *further = capsys.readouterr().out.splitlines()
    assert "state" in head
    assert " failed" in line
    assert "flow.outer" in line
    assert max(map(len, [head, line, *further])) <= width
    assert str(FAILURE["message"]) in " ".join(" ".join([line, *further]).split())
    left_out = {"took", "began"} - set(head.split())
    assert all(name in " ".join(further) for name in left_out)
    assert ("not shown" in " ".join(further)) == bool(left_out)


def test_what_a_run_fails_with_stands_below_it_where_the_line_has_no_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line still says how long the run took."""
    monkeypatch.setenv("COLUMNS", "58")

    output.show(run_views.listed([failed()]))

    _, line, below = capsys.readouterr().out.splitlines()
    assert "3.00 s  failed" in line
    assert below == f"  {FAILURE['message']}"


def test_a_wide_list_shows_all_of_the_status(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is cut with --wide."""
    monkeypatch.setenv("COLUMNS", "60")

    output.show(run_views.listed([failed(message="long " * 50)], wide=True), wide=True)

    assert capsys.readouterr().out.count("long") == 50


def test_times_are_local(capsys: pytest.CaptureFixture[str]) -> None:
    """They are those of the clock on the wall."""
    assert time.strftime("%Y-%m-%d", time.localtime(1.0)) in drawn(failed(), capsys)


@pytest.mark.parametrize("width", [60, 80])
def test_a_long_name_does_not_cut_the_state(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    """A narrow terminal shows fewer times, and the name and the state of each run whole."""
    monkeypatch.setenv("COLUMNS", str(width))
    flow = step("flow.create_vm_from_configured_template", ended=4.0, phase="ended", answer={})
    runs = [Run("1", [flow]), failed()]

    output.show(run_views.listed(runs))

    lines = capsys.readouterr().out.partition("\n\n")[0].splitlines()
    states = [line.rstrip().rpartition(" ")[2] for line in lines if not line.startswith(" ")]
    assert states == ["state", "succeeded", "failed"]
    assert flow.name in lines[1]
    assert all(len(line) <= width for line in lines)


def test_a_call_that_was_repeated_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """Its task was lost with a toolstack; then it was called again, and failed."""
    moments: dict[str, Any] = {"launched": 2.0, "parked": None, "landed": 3.0}
    lost = Suspension("0", "VM.pool_migrate", **moments, status="vanished")
    again = Suspension("0.1", "VM.pool_migrate", **moments, status="failure", error="HOST_OFFLINE")

    one = step("xenserver.vm.migrate", suspensions=[lost, again])
    shown = " ".join(drawn(Run("1", [one]), capsys).split())

    assert "vanished: XenServer lost the task, and its effect was looked for" in shown
    assert "VM.pool_migrate again" in shown
    assert "failure: HOST_OFFLINE" in shown
