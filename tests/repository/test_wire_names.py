"""What was released stays: messages with these names and fields may be in flight anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import released


@pytest.fixture(scope="module")
def now(root: Path) -> released.Names:
    """Read the catalogue in a process of its own, where no test has declared anything."""
    told = subprocess.run(
        [sys.executable, "-m", "tests.repository.released"],
        capture_output=True,
        check=True,
        cwd=root,
    )
    names: released.Names = json.loads(told.stdout)
    return names


@pytest.fixture(scope="module")
def then() -> released.Names:
    """Read the golden list."""
    return released.released()


def test_every_released_name_is_still_understood(now: released.Names, then: released.Names) -> None:
    """A message sent yesterday finds its operation."""
    assert then.keys() - now.keys() == set()


def test_every_released_field_is_still_there(now: released.Names, then: released.Names) -> None:
    """In messages and in answers."""
    lost = {
        f"{name}.{field}"
        for name, told in then.items()
        for part in ("takes", "answers")
        for field in set(told[part]) - set(now[name][part])
    }

    assert lost == set()


def test_nothing_more_is_demanded_than_was_released(
    now: released.Names, then: released.Names
) -> None:
    """A field may be added with a default, and an optional one stays optional."""
    demanded = {
        f"{name}.{field}"
        for name, told in then.items()
        for field, need in now[name]["takes"].items()
        if need == "required" and told["takes"].get(field) != "required"
    }

    assert demanded == set()


def test_everything_that_is_new_is_in_the_list(now: released.Names, then: released.Names) -> None:
    """`make released` enters it."""
    new = {
        f"{name}.{field}"
        for name, told in now.items()
        for part in ("takes", "answers")
        for field in set(told[part]) - set(then.get(name, {}).get(part, ()))
    }

    assert new == set()
