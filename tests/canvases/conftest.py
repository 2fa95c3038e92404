"""VMs for flows to work on, each test's own."""

import pytest

from tests.stack import StackHarness

DISK = "NFS virtual disk storage"


@pytest.fixture
def halted(stack: StackHarness, name: str) -> str:
    """Make a halted VM with a disk and an interface; return its name."""
    [web02] = stack.xenserver.named("VM", "web02")
    stack.xenserver("VM.clone", web02["ref"], name)
    return name


@pytest.fixture
def running(stack: StackHarness, halted: str) -> str:
    """Make a running VM with a disk and an interface; return its name."""
    [machine] = stack.xenserver.named("VM", halted)
    stack.xenserver("VM.start", machine["ref"], False, False)  # noqa: FBT003 - in wire order
    return halted
