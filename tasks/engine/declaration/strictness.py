"""What pydantic lets pass and a message does not: booleans as numbers, characters XML cannot carry.

XenServer keeps its database as XML and cuts a text off at the first character that XML has no place
for, so such a text is refused before it is sent.
"""

import re
from typing import TypeVar, cast

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NUMBERS = frozenset({"int", "float"})
_ANY_JSON = "json-or-python"  # the schema of JsonValue: answers of steps, which are as they are


def _checked(schema: object) -> object:
    """Return a schema whose leaves are checked."""
    match schema:
        case {"type": "int" | "float"}:
            return core_schema.no_info_before_validator_function(_no_boolean, _core(schema))
        case {"type": "str"}:
            return core_schema.no_info_after_validator_function(_fit_for_xml, _core(schema))
        case {"type": str(kind)} if kind == _ANY_JSON:
            return schema
        case dict():
            return {
                name: part if name == "metadata" else _checked(part)
                for name, part in schema.items()
            }
        case list():
            return [_checked(part) for part in schema]
    return schema


def _core(schema: object) -> CoreSchema:
    return cast("CoreSchema", schema)  # a node of the schema that pydantic made


def _no_boolean(value: T) -> T:
    if isinstance(value, bool):
        text = "true and false are not numbers"
        raise ValueError(text)  # noqa: TRY004 - pydantic makes a refusal of a ValueError only
    return value


def _fit_for_xml(text: str) -> str:
    found = _NOT_XML.search(text)
    if found:
        where = f"the character {code_point(found[0])} at position {found.start()}"
        message = f"has {where}, which XenServer cannot keep"
        raise ValueError(message)
    return text


def code_point(character: str) -> str:
    """Return a character that cannot be printed as Unicode writes it: "U+0000"."""
    return f"U+{ord(character):04X}"


class Strict(BaseModel):
    """A model none of whose numbers is a boolean, and all of whose texts XenServer can keep."""

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Add the checks to each number and text of the model."""
        return cast("CoreSchema", _checked(handler(source)))
