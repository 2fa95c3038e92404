"""Pool files: TOML, read into a plan, errors named by the place in the file."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulator import validation
from simulator.inventory import references
from simulator.inventory.plan import Pool


class PoolFileError(ValueError):
    """A pool file that cannot be used; the text names the file and the places in it."""


def read(path: Path) -> Pool:
    """Return the plan in a file; raise PoolFileError if it is invalid."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PoolFileError(f"{path}: {error.strerror}") from error
    except (ValueError, UnicodeDecodeError) as error:
        raise PoolFileError(f"{path}:\n{error}") from error


def parse(text: str) -> Pool:
    """Return the plan in a text; raise ValueError if it is invalid."""
    return plan_of(tomllib.loads(text))


def plan_of(tables: Mapping[str, Any]) -> Pool:
    """Return the plan in the tables of a text; raise ValueError if it is invalid."""
    try:
        plan = Pool.model_validate(tables)
    except ValidationError as error:
        raise ValueError(validation.words(error)) from error
    if wrong := list(references.problems(plan)):
        raise ValueError("\n".join(wrong))
    return plan


def default() -> Pool:
    """Return the plan of a simulator that is given no other."""
    return parse(resources.files(__package__).joinpath("default.toml").read_text())
