"""A short round of `make fuzz`, always the same."""

import pytest

from tests.fuzz.round import LIVE_MEMORY, play
from tests.stack import StackHarness


@pytest.mark.slow
def test_hostile_messages_stop_no_worker(isolated_stack: StackHarness) -> None:
    """Each that has an id is answered, none is stuck, no worker ends, hangs or leaks memory."""
    isolated_stack.services.choose(operations_path=str(LIVE_MEMORY))
    isolated_stack.services.worker(name="worker-1")

    outcome = play(isolated_stack, count=400, seed=11)

    assert outcome.is_well, outcome
    assert outcome.answered > 300
    assert outcome.dead_letters > 30
