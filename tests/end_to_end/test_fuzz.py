"""A short round of `make fuzz`, always the same."""

import pytest

from tests.fuzz.round import play
from tests.stack import StackHarness


@pytest.mark.slow
def test_hostile_messages_stop_no_worker(isolated_stack: StackHarness) -> None:
    """Each that has an id is answered, none is stuck, no worker ends or is deaf.

    A round is too short to judge memory by: `make fuzz` does.
    """
    isolated_stack.services.worker(name="worker-1")

    outcome = play(isolated_stack, count=600, seed=11)

    assert (outcome.unanswered, outcome.ended_workers, outcome.stuck) == (0, 0, 0), outcome
    assert outcome.answered > 300
    assert outcome.dead_letters > 30
