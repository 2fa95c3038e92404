"""Houses with a neighbour: another service's worker on the same broker."""

import sys
from collections.abc import Iterator

import pytest

from tests.living import Inhabited
from workers.household import Household


@pytest.fixture(scope="session")
def neighbour(house: Inhabited, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inhabited]:
    """Put a foreign worker beside the shared house."""
    command = [sys.executable, "-m", "celery", "-A", "tests.whole.foreign", "worker"]
    options = [
        "-P",
        "threads",
        "-c",
        "2",
        "-Q",
        "foreign",
        "-n",
        "foreign@here",
        "--without-mingle",
    ]
    with Household(tmp_path_factory.mktemp("foreign")) as household:
        member = household.start("foreign", [*command, *options], environment=house.environment)
        household.wait(
            member,
            lambda: bool(house.app.control.ping(destination=["foreign@here"], timeout=0.5)),
        )
        yield house
