"""The schema of each message and answer, from the models by which the worker checks them."""

from collections.abc import Iterable, Iterator
from typing import Any

from cli.generators.schemas import simplify
from cli.generators.schemas.simplify import Schema
from tasks.engine.declaration import answers, message
from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.declaration.operation import Operation

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def of_message(operation: Operation) -> Schema:
    """Return the schema of the messages that an operation takes: its own fields first."""
    found = simplify.tidied(operation.model.model_json_schema(by_alias=True))
    needed = found.pop("required", ())
    feedable = [name for name in dict(_own_first(operation, found["properties"])) if name != "feed"]
    found["properties"]["feed"]["propertyNames"] = {"enum": feedable}
    schema = {
        "$schema": DIALECT,
        "title": operation.name,
        "description": found["description"],
        "type": "object",
        "properties": dict(_own_first(operation, found["properties"])),
        "allOf": [*map(_given_or_fed, needed), _HOST_OF_ITS_OWN],
        "not": {"anyOf": [{"required": [name, "feed"], **_feeds(name)} for name in feedable]},
        "additionalProperties": False,
    }
    return _with_definitions(schema, found)


def of_answer(answer: type[answers.Answer]) -> Schema:
    """Return the schema of an answer: fields that are null are left out, and others may come."""
    found = simplify.tidied(answer.model_json_schema(mode="serialization"))
    schema = {
        "$schema": DIALECT,
        "title": answer.__name__,
        "description": found.get("description", ""),
        "type": "object",
        **_given_unless_null(found),
    }
    definitions = {
        name: {**part, **_given_unless_null(part)} for name, part in found.get("$defs", {}).items()
    }
    return _with_definitions(schema, {"$defs": _open(definitions)})


def answers_of(operations: Iterable[Operation]) -> dict[str, type[answers.Answer]]:
    """Return the answers of operations by name, and that of `async`.

    Raises DeclarationError where two have the same name.
    """
    named: dict[str, type[answers.Answer]] = {answers.Accepted.__name__: answers.Accepted}
    for operation in operations:
        kind = operation.answer
        if named.setdefault(kind.__name__, kind) is not kind:
            problem = f"another answer is called {kind.__name__} too; give this one another name"
            raise DeclarationError(operation.where, problem)
    return dict(sorted(named.items()))


def can_be_async(operation: Operation) -> bool:
    """Return whether an operation takes `async`."""
    return issubclass(operation.model, message.ChangingMessage)


def _own_first(operation: Operation, properties: Schema) -> Iterator[tuple[str, Any]]:
    by_key = {
        field.serialization_alias or name: name in message.COMMON
        for name, field in operation.model.model_fields.items()
    }
    return iter(sorted(properties.items(), key=lambda item: by_key[item[0]]))


def _given_or_fed(name: str) -> Schema:
    """Return that a field is given unless it is fed: what is missing is reported by its name."""
    return {"if": {"not": {"required": ["feed"], **_feeds(name)}}, "then": {"required": [name]}}


def _feeds(name: str) -> Schema:
    return {"properties": {"feed": {"type": "object", "required": [name]}}}


_HOST_OF_ITS_OWN: Schema = {
    "if": {"required": ["hostname"], "properties": {"hostname": {"type": "string"}}},
    "then": {
        "required": ["password"],
        "properties": {"username": {"type": "string"}, "password": {"type": "string"}},
        "allOf": [_given_or_fed("username")],
        "not": {"required": ["target"]},
    },
}


def _given_unless_null(found: Schema) -> Schema:
    properties = found.get("properties", {})
    needed = [name for name, part in properties.items() if not simplify.is_nullable(part)]
    present = {name: simplify.without_null(part) for name, part in properties.items()}
    return {"properties": present, "required": needed}


def _open(definitions: Schema) -> Schema:
    return {
        name: {key: value for key, value in part.items() if key != "additionalProperties"}
        for name, part in definitions.items()
    }


def _with_definitions(schema: Schema, found: Schema) -> Schema:
    return {**schema, "$defs": found["$defs"]} if found.get("$defs") else schema
