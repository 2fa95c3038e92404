"""The way of `vm.clone` on the page about the architecture is the way that the code takes."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tasks.engine.execution.execution import Answered, Suspended
from tests.tasks.engine.deliveries import Engine

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "architecture.md"
NOT_HERE = {"OperationTask.run", "Publisher.resume"}  # Celery and the poller call these
FILES = {"py", "lua", "md"}

_NAME = re.compile(r"`(?:\w+/)?(\w+)\.(\w+)`")


def named(heading: str) -> list[str]:
    """Return the functions that a part of the way names, in its order."""
    part = PAGE.read_text(encoding="utf-8").partition(f"**{heading}.**")[2].partition("\n**")[0]
    found = [f"{owner}.{name}" for owner, name in _NAME.findall(part) if name not in FILES]
    return [name for name in found if name not in NOT_HERE]


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Record the functions that this thread calls, by their module and by their class."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            code = frame.f_code
            called.append(f"{Path(code.co_filename).stem}.{code.co_name}")
            called.append(code.co_qualname)

    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(None)


def assert_in_order(names: list[str], called: list[str]) -> None:
    """Assert that functions are called, each after the one before it."""
    rest = iter(called)
    assert names
    assert [name for name in names if name not in rest] == []


def test_the_way_of_a_clone_is_the_one_on_the_page(engine: Engine) -> None:
    """Each delivery calls what the page names, in its order."""
    worker = engine.worker()

    with recorded() as first:
        parked = worker.deliver("xenserver.vm.clone", "op", vm="deb12", name="new")
    engine.land()
    with recorded() as second:
        ended = worker.deliver("xenserver.vm.clone", "op", tag="again", vm="deb12", name="new")

    assert isinstance(parked, Suspended)
    assert isinstance(ended, Answered)
    assert_in_order(named("First delivery"), first)
    assert_in_order(named("Second delivery"), second)
