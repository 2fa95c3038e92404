"""VMs for flows to work on, each test's own."""

import pytest

from tests.stack import Inhabited

DISK = "NFS virtual disk storage"


@pytest.fixture
def halted(house: Inhabited, name: str) -> str:
    """Make a halted VM with a disk and an interface; return its name."""
    [web02] = house.xenserver.named("VM", "web02")
    house.xenserver("VM.clone", web02["ref"], name)
    return name


@pytest.fixture
def running(house: Inhabited, halted: str) -> str:
    """Make a running VM with a disk and an interface; return its name."""
    [machine] = house.xenserver.named("VM", halted)
    house.xenserver("VM.start", machine["ref"], False, False)  # noqa: FBT003 - in wire order
    return halted
