"""The structures within messages and answers, each under a name that it has to itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cli.generators.schemas import models
from cli.generators.schemas.simplify import Schema
from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.declaration.operation import Operation

GIVEN = "Given"
"""Behind the name of what is given, where an answer holds the same with more of it certain."""


@dataclass(frozen=True)
class Structures:
    """Schemas by name: what answers are and hold, and what messages hold."""

    answers: Mapping[str, Schema]
    given: Mapping[str, Schema]
    names: Mapping[str, str]
    """What the definitions within messages are called."""


def of(operations: Iterable[Operation]) -> Structures:
    """Collect the structures of all operations.

    Raises DeclarationError where one name means two structures.
    """
    known = list(operations)
    kinds = {name: models.of_answer(kind) for name, kind in models.answers_of(known).items()}
    answers = _definitions([{"$defs": kinds}, *kinds.values()])
    given = _definitions(models.of_message(operation) for operation in known)
    names = {name: _name(name, schema, answers) for name, schema in given.items()}
    apart = {names[name]: schema for name, schema in given.items() if names[name] not in answers}
    return Structures(answers=answers, given=apart, names=names)


def _definitions(schemas: Iterable[Schema]) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for schema in schemas:
        for name, part in schema.get("$defs", {}).items():
            if found.setdefault(name, part) != part:
                problem = "two structures have this name; give one of them another"
                raise DeclarationError(name, problem)
    return found


def _name(name: str, schema: Schema, answers: Mapping[str, Schema]) -> str:
    return f"{name}{GIVEN}" if answers.get(name, schema) != schema else name
