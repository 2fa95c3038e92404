"""Our names are nobody else's."""

import importlib.metadata
import sys
from pathlib import Path


def test_no_room_has_a_name_of_the_standard_library(rooms: list[str]) -> None:
    """Within the rooms imports are absolute, so that there a name can stand for two things."""
    assert not sys.stdlib_module_names & set(rooms)


def test_no_other_distribution_owns_one_of_our_rooms(rooms: list[str]) -> None:
    """Plain names such as `tasks` are ours alone in our environment."""
    owners = importlib.metadata.packages_distributions()

    assert {owner for room in rooms for owner in owners.get(room, [])} <= {"xenflow"}


def test_no_file_is_told_from_another_by_capitals_alone(tracked: list[Path]) -> None:
    """Some file systems cannot."""
    names = [str(path).casefold() for path in tracked]

    assert len(names) == len(set(names))


def test_no_room_shadows_xenservers_own_client(rooms: list[str]) -> None:
    """`XenAPI` and `xenapi` are one where file names ignore case."""
    assert "xenapi" not in {room.casefold() for room in rooms}
