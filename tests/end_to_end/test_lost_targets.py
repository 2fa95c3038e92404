"""A target is gone, or its password is another, while operations are parked there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stack import TIMEOUT, StackHarness


@pytest.fixture
def profiles(isolated_stack: StackHarness) -> Path:
    """Return the file of profiles; a second one leads to the same pool."""
    path = isolated_stack.services.folder / "targets.toml"
    path.write_text(path.read_text() + path.read_text().replace("[default]", "[second]"))
    return path


def move_in(stack: StackHarness) -> None:
    """Start a worker and a poller, which read the profiles anew; those there were are gone."""
    stack.kill(*(m for m in stack.processes if m.is_running and m.name in {"worker", "poller"}))
    stack.services.worker()
    stack.services.poller()


def lost(text: str) -> str:
    """Leave the second profile out."""
    return text.partition("[second]")[0]


def estranged(text: str) -> str:
    """Remove the file with the second profile's password."""
    first, second = text.split("[second]")
    return f"{first}[second]{second.replace('pool.password', 'no.password')}"


@pytest.mark.parametrize(
    ("become", "reply"), [(lost, "no target 'second'"), (estranged, "no.password")]
)
def test_the_trouble_is_logged_and_what_is_parked_goes_on_after_it(
    isolated_stack: StackHarness,
    profiles: Path,
    name: str,
    become: Callable[[str], str],
    reply: str,
) -> None:
    """`xenflow targets` shows it; when the profile is right again, nothing is left of it."""
    stack, right = isolated_stack, profiles.read_text()
    health = stack.runtime.parked.health
    move_in(stack)
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name, target="second")
        stack.until(lambda: stack.runtime.parked.count("second"), "parked")
        profiles.write_text(become(right))
        move_in(stack)
        stack.until(lambda: reply in health("second").get("error", ""), "the error is shown")

    profiles.write_text(right)
    move_in(stack)

    assert result.get(timeout=TIMEOUT)["name_label"] == name
    stack.until(lambda: not health("second"), "the trouble over")
