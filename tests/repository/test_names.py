"""Package and file names collide with no others."""

import importlib.metadata
import sys
from pathlib import Path


def test_no_package_has_a_name_of_the_standard_library(packages: list[str]) -> None:
    """Imports are absolute, so a top-level name must have one meaning."""
    assert not sys.stdlib_module_names & set(packages)


def test_no_other_distribution_owns_one_of_our_packages(packages: list[str]) -> None:
    """No other distribution in the environment installs a package such as `tasks`."""
    owners = importlib.metadata.packages_distributions()

    assert {owner for package in packages for owner in owners.get(package, [])} <= {"xenflow"}


def test_no_two_files_differ_only_in_case(tracked: list[Path]) -> None:
    """Some file systems ignore case."""
    names = [str(path).casefold() for path in tracked]

    assert len(names) == len(set(names))


def test_no_package_shadows_xenservers_own_client(packages: list[str]) -> None:
    """`XenAPI` and `xenapi` are the same file name where case is ignored."""
    assert "xenapi" not in {package.casefold() for package in packages}
