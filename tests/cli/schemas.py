"""What the tests of schemas share: what is checked in, and how it is read."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import referencing
import referencing.jsonschema

from config import settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from workers import loader

DOCS = Path(__file__).parents[2] / "docs"
SCHEMAS = DOCS / "schemas"

Document = dict[str, Any]


@cache
def read(name: str) -> Document:
    """Read a document, by its name under docs/schemas."""
    document: Document = json.loads((SCHEMAS / name).read_text(encoding="utf-8"))
    return document


def names() -> list[str]:
    """List the schemas of messages and answers."""
    return sorted(str(path.relative_to(SCHEMAS)) for path in SCHEMAS.glob("*/*.json"))


def operations() -> list[Operation]:
    """List what has a schema, as it is declared; other tests may have declared more."""
    loader.load(settings.Settings())
    found = [catalogue.find(path.stem) for path in sorted(SCHEMAS.glob("messages/*.json"))]
    return [operation for operation in found if operation]


def valid(schema: str, value: object) -> bool:
    """Return whether a value fits a schema of its own file."""
    return jsonschema.Draft202012Validator(read(schema)).is_valid(value)


def problems(schema: str, value: object) -> list[str]:
    """Return what a validator says is wrong with a value, by a schema of its own file."""
    found = jsonschema.Draft202012Validator(read(schema)).iter_errors(value)
    return [error.message for error in found]


def complaints(pointer: str, value: object) -> list[str]:
    """Return what is wrong with a value by a schema within the AsyncAPI document."""
    follow: Any = jsonschema.Draft7Validator(
        {"$ref": f"asyncapi.json#{pointer}"}, registry=_registry()
    )
    return [f"{error.json_path}: {error.message}" for error in follow.iter_errors(value)]


def references(value: Any) -> Iterator[str]:
    """Return every `$ref` within a document."""
    if isinstance(value, dict):
        yield from (part for key, part in value.items() if key == "$ref")
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from references(part)


def resolve(reference: str) -> Any:
    """Return what a reference of the AsyncAPI document refers to; raise LookupError otherwise."""
    return _registry().resolver("asyncapi.json").lookup(reference).contents


@cache
def _registry() -> referencing.Registry[Any]:
    return referencing.Registry().with_resources(
        (name, referencing.jsonschema.DRAFT7.create_resource(read(name)))
        for name in ("asyncapi.json", *names())
    )
