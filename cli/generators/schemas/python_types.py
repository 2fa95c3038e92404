"""Schemas as types of Python: annotations, and TypedDicts."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

WIDTH = 100

_PLAIN = {
    "boolean": "bool",
    "integer": "int",
    "null": "None",
    "number": "float",
    "object": "dict[str, Any]",
    "string": "str",
}


def annotation(  # noqa: PLR0911 - one for each form of a schema
    schema: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> str:
    """Return the type of what a schema allows; `names` says what its definitions are called."""
    match schema:
        case {"$ref": ref} | {"allOf": [{"$ref": ref}]}:
            name = ref.rsplit("/", 1)[-1]
            return (names or {}).get(name, name)
        case {"enum": values}:
            return _literal(values)
        case {"anyOf": parts}:
            return " | ".join(dict.fromkeys(annotation(part, names) for part in parts))
        case {"type": [*kinds]}:
            return " | ".join(annotation({**schema, "type": kind}, names) for kind in kinds)
        case {"type": "array"}:
            return f"list[{annotation(schema.get('items', {}), names)}]"
        case {"type": "object", "additionalProperties": {} as inner}:
            return f"dict[str, {annotation(inner, names)}]"
        case {"type": kind}:
            return _PLAIN[kind]
    return "Any"


def laid_out(text: str, width: int) -> list[str]:
    """Return the lines of an annotation, broken within its brackets where it is too long."""
    indent = " " * (len(text) - len(text.lstrip()))
    if len(text) <= width or "[" not in text:
        return [text]
    head, _, rest = text.partition("[")
    inner, bracket, end = rest.rpartition("]")
    parts = _parts(inner)
    comma = "," if len(parts) > 1 else ""
    lines = [f"{indent}    {part}{comma}" for part in parts]
    broken = [line for one in lines for line in laid_out(one, width)]
    return [f"{head}[", *broken, f"{indent}{bracket}{end}"]


def _parts(text: str) -> list[str]:
    """Return what commas separate, those within brackets aside."""
    parts, depth = [""], 0
    for sign in text:
        depth += {"[": 1, "]": -1}.get(sign, 0)
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def definition(name: str, schema: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Return the definition of a type: a TypedDict for an object, else a name for what it is."""
    if schema.get("type") != "object":
        return f"{name} = {annotation(schema, names)}"
    lines = [f"class {name}(TypedDict):", *docstring(schema.get("description", ""), 4), ""]
    needed = schema.get("required", ())
    for field, part in schema.get("properties", {}).items():
        kind = annotation(part, names)
        lines.append(f"    {field}: {kind if field in needed else f'NotRequired[{kind}]'}")
        lines += docstring(part.get("description", ""), 4)
    return "\n".join(lines)


def docstring(text: str, indent: int, *, width: int = WIDTH) -> list[str]:
    """Return the lines of a docstring, none without a text."""
    if not text:
        return []
    first, *more = text.replace("\\", "\\\\").split("\n\n")
    lines = textwrap.wrap(f'"""{_sentence(first)}', width - indent - len('"""'))
    for paragraph in more:
        lines += ["", *_lines(paragraph, width - indent)]
    closing = [f'{lines.pop()}"""'] if len(lines) == 1 else ['"""']
    return [f"{' ' * indent}{line}".rstrip() for line in (*lines, *closing)]


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?", ":")) else ".")


def _lines(paragraph: str, width: int) -> Iterator[str]:
    for line in paragraph.split("\n"):
        yield from textwrap.wrap(
            line, width, subsequent_indent="        " if line[0] == " " else ""
        )


def _literal(values: list[Any]) -> str:
    there = [value for value in values if value is not None]
    values_text = ", ".join(
        f'"{value}"' if isinstance(value, str) else repr(value) for value in there
    )
    return f"Literal[{values_text}]" + (" | None" if None in values else "")
