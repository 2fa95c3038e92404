"""The poller's loop."""

import math
import threading

import pytest

from tests.stack import StackHarness
from workers import poller


def test_a_process_that_is_to_end_polls_no_more(
    stack: StackHarness, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its slice ends although operations are parked, so that a short grace period suffices."""
    monkeypatch.setattr(poller, "stopping", threading.Event())
    with stack.xenserver.held():
        result = stack.send("xenserver.vm.clone", vm="deb12", name=name)
        stack.until_parks(result.id)
        poller.stop()

        poller.Poller(stack.app, stack.runtime, "default", {}).work(math.inf)

        assert not result.ready()
