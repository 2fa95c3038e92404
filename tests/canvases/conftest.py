"""VMs for flows to work on, each test's own."""

import pytest

from tests.stack import StackHarness
from tests.tasks.fixtures import Maker


@pytest.fixture
def maker(stack: StackHarness) -> Maker:
    """Make objects in the pool of the stack."""
    return Maker(stack.xenserver, stack.xenserver.control)


@pytest.fixture
def halted(maker: Maker, name: str) -> str:
    """Make a halted VM with a disk and an interface; return its name."""
    maker.vm(name=name)
    return name


@pytest.fixture
def running(stack: StackHarness, halted: str) -> str:
    """Make a running VM with a disk and an interface; return its name."""
    [machine] = stack.xenserver.named("VM", halted)
    stack.xenserver("VM.start", machine["ref"], False, False)  # noqa: FBT003 - in wire order
    return halted
