"""The line that is shown while a command waits."""

import io
import time

import pytest
from rich.console import Console
from rich.progress import Progress

from cli import waiting
from workers.run_record import Run, Step


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_time_is_whole_at_any_width(width: int) -> None:
    """What a step does is cut off first; the bar is not drawn where it takes its place."""
    console = Console(width=width, file=io.StringIO())
    progress = Progress(*waiting.columns(width), console=console)
    label = "flow.create_vm_from_configured_template"
    progress.add_task("xenserver.vm.start waits for VM.start, 20%", label=label)

    with console.capture() as shown:
        console.print(progress.get_renderable())

    [line] = shown.get().splitlines()
    assert "0:00:00 flow.create_vm" in line
    assert len(line.rstrip()) <= width
    assert width < 60 or "xenserver.vm.start waits for" in line


@pytest.mark.parametrize(
    ("phase", "ago", "status"),
    [
        ("running", 1.0, "is running"),
        ("running", 60.0, "is running for long: does its target answer?"),
        ("deferred", 60.0, "is deferred for a moment"),
    ],
)
def test_what_runs_for_long_is_odd(phase: str, ago: float, status: str) -> None:
    """An operation parks while XenServer works, so one that only runs waits for an answer."""
    one = Step(
        id="1",
        name="xenserver.vm.find",
        phase=phase,
        created=time.time() - ago,
        ended=None,
        progress=None,
        target="lab",
        origin="",
        inputs={},
        suspensions=(),
        answer=None,
        failure=None,
        reason="",
        cancelled="",
        undoes=False,
    )

    assert waiting.status_of(Run("1", [one])) == status


def test_a_name_is_whole_where_there_is_room_for_it() -> None:
    """It is cut to a third of the line only where the rest needs the room."""
    console = Console(width=60, file=io.StringIO())
    progress = Progress(*waiting.columns(60), console=console)
    progress.add_task("is running", label="vm.create_from_template_of web01")

    with console.capture() as shown:
        console.print(progress.get_renderable())

    assert "vm.create_from_template_of web01 is running" in shown.get()
