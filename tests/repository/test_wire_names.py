"""Released names and fields stay, because messages with them may be in flight."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import released


@pytest.fixture(scope="module")
def now(root: Path) -> released.Names:
    """Return the catalogue of a separate process, where no test has declared operations."""
    shown = subprocess.run(
        [sys.executable, "-m", "tests.repository.released"],
        capture_output=True,
        check=True,
        cwd=root,
    )
    names: released.Names = json.loads(shown.stdout)
    return names


@pytest.fixture(scope="module")
def then() -> released.Names:
    """Return the golden list."""
    return released.released()


def test_every_released_name_is_still_understood(now: released.Names, then: released.Names) -> None:
    """A message from before an upgrade finds its operation."""
    assert then.keys() - now.keys() == set()


def test_every_released_field_is_still_there(now: released.Names, then: released.Names) -> None:
    """No field of a message or an answer was removed."""
    lost = {
        f"{name}.{field}"
        for name, entry in then.items()
        for part in ("takes", "answers")
        for field in set(entry[part]) - set(now[name][part])
    }

    assert lost == set()


def test_no_field_became_required(now: released.Names, then: released.Names) -> None:
    """A new field has a default, and an optional one stays optional."""
    demanded = {
        f"{name}.{field}"
        for name, entry in then.items()
        for field, need in now[name]["takes"].items()
        if need == "required" and entry["takes"].get(field) != "required"
    }

    assert demanded == set()


def test_everything_that_is_new_is_in_the_list(now: released.Names, then: released.Names) -> None:
    """`make released` adds what is missing."""
    new = {
        f"{name}.{field}"
        for name, entry in now.items()
        for part in ("takes", "answers")
        for field in set(entry[part]) - set(then.get(name, {}).get(part, ()))
    }

    assert new == set()
