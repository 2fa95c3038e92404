"""A context of the doctor on a stack."""

from collections.abc import Callable

import pytest

from tests.stack import StackHarness
from workers.doctor.context import Context


@pytest.fixture
def context() -> Callable[[StackHarness], Context]:
    """Return a maker of contexts: each reads anew."""

    def make(stack: StackHarness) -> Context:
        runtime = stack.runtime
        return Context(runtime.settings, stack.app, runtime.journal)

    return make
