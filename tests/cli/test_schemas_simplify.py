"""Pydantic's schemas are made to say what they mean, and their types are Python's."""

from enum import Enum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, Field, JsonValue, create_model

from cli.generators.schemas import python_types, simplify
from tasks.engine.declaration.field_types import Device, Map, Size, SrName, Tags


class Colour(Enum):
    """A choice that has a name."""

    RED = "red"
    BLUE = "blue"


class Part(BaseModel):
    """A structure."""

    size: Size
    name: str | None = None


KINDS: list[tuple[Any, dict[str, Any], str]] = [
    (str, {"type": "string"}, "str"),
    (bool | None, {"type": ["boolean", "null"]}, "bool"),
    (Annotated[int, Field(ge=1)] | None, {"type": ["integer", "null"], "minimum": 1}, "int"),
    (
        Literal["a", "b"] | None,
        {"type": ["string", "null"], "enum": ["a", "b", None]},
        'Literal["a", "b"]',
    ),
    (float | str, {"type": ["number", "string"]}, "float | str"),
    (
        Map | None,
        {"type": ["object", "null"], "additionalProperties": {"type": "string"}},
        "dict[str, str]",
    ),
    (Tags, {"type": "array", "items": {"type": "string"}}, "list[str]"),
    (dict[str, JsonValue], {"type": "object", "additionalProperties": {}}, "dict[str, Any]"),
    (Any, {}, "Any"),
    (Part, {"$ref": "#/$defs/Part"}, "Part"),
    (Part | None, {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}]}, "Part"),
    (list[Part], {"type": "array", "items": {"$ref": "#/$defs/Part"}}, "list[Part]"),
    (Colour, {"$ref": "#/$defs/Colour"}, "Colour"),
    (
        Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=2)],
        {"type": ["string", "array"], "minLength": 1, "items": {"type": "string"}, "minItems": 2},
        "str | list[str]",
    ),
    (
        Literal["auto"] | int,
        {"anyOf": [{"type": "string", "enum": ["auto"]}, {"type": "integer"}]},
        'Literal["auto"] | int',
    ),
]
BY_KIND = pytest.mark.parametrize(("kind", "schema", "python"), KINDS)


def tidied(kind: Any) -> simplify.Schema:
    """Return the tidied schema of a model with one field of a type."""
    return simplify.tidied(create_model("Model", field=(kind, ...)).model_json_schema())


@BY_KIND
def test_a_type_is_simplified(kind: Any, schema: simplify.Schema, python: str) -> None:
    """There are no titles, and no choice between one type and null."""
    assert tidied(kind)["properties"]["field"] == schema


@BY_KIND
def test_a_type_of_python_is_given_for_it(kind: Any, schema: simplify.Schema, python: str) -> None:
    """It is the type of a value that is not null."""
    assert python_types.annotation(simplify.without_null(schema)) == python


@BY_KIND
def test_both_dialects_have_it(kind: Any, schema: simplify.Schema, python: str) -> None:
    """These are 2020-12 and draft 7, on which AsyncAPI builds."""
    jsonschema.Draft202012Validator.check_schema(tidied(kind))
    jsonschema.Draft7Validator.check_schema(tidied(kind))


def test_the_words_of_a_field_win_over_those_of_its_type() -> None:
    """The declaration of the field is more specific."""
    cd = Annotated[SrName, Field(description="where it is")]

    assert tidied(cd)["properties"]["field"]["description"] == "where it is"
    assert tidied(SrName | None)["properties"]["field"]["x-names"] == "SR"


def test_a_reference_stands_alone() -> None:
    """Draft 7 ignores what is beside it."""
    reply = tidied(Annotated[Part, Field(description="a part")])["properties"]["field"]

    assert reply == {"description": "a part", "allOf": [{"$ref": "#/$defs/Part"}]}
    assert python_types.annotation(reply) == "Part"


def test_a_limit_on_something_that_is_read_from_text_stays() -> None:
    """Pydantic writes it with a keyword that JSON Schema does not have."""
    assert tidied(Size)["properties"]["field"]["minimum"] == 1 << 20
    assert tidied(Device)["properties"]["field"]["type"] == ["integer", "string"]


def test_lines_of_a_docstring_are_joined() -> None:
    """A paragraph is a line."""
    assert (
        simplify.prose("One,\n    two.\n\n    Three,\n    four.\n    ")
        == "One, two.\n\nThree, four."
    )


def test_a_structure_is_a_typed_dict() -> None:
    """Its fields have types, and optional ones are marked."""
    reply = python_types.definition("Part", tidied(Part)["$defs"]["Part"], {})

    assert reply.splitlines()[:5] == [
        "class Part(TypedDict):",
        '    """A structure."""',
        "",
        "    size: int | str",
        '    """Bytes, or text with a unit (10GiB, 512 MB)."""',
    ]
    assert reply.splitlines()[5] == "    name: NotRequired[str | None]"


def test_a_choice_with_a_name_is_another_name() -> None:
    """The name stands for the literal values."""
    reply = python_types.definition("Colour", tidied(Colour)["$defs"]["Colour"], {})

    assert reply == 'Colour = Literal["red", "blue"]'
