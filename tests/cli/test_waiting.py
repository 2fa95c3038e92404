"""The line that is shown while a command waits."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from cli import waiting


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
