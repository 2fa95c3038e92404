"""The page of settings."""

from collections.abc import Mapping
from typing import Any

from cli.generators.pages import markdown
from cli.generators.schemas import simplify
from config import setting_files, settings

_ABOUT = """\
Each process reads them once, from its environment. If one is wrong, the process names it in one
line and ends with exit code 2. Durations are seconds, or text with a unit: `90s`, `10m`, `7d`.

A secret can come from a file that other users cannot read: `XENFLOW_KEYS_FILE=/run/secrets/keys` in
place of `XENFLOW_KEYS`. These settings have such a variable: {files}."""


def page() -> str:
    """Return the page of settings."""
    schema = settings.Settings.model_json_schema()["properties"]
    rows = [_row(name, simplify.tidied(schema)) for name, schema in schema.items()]
    return markdown.page(
        "Settings",
        _ABOUT.format(files=_files()),
        markdown.table(["variable", "type", "default", "meaning"], rows),
    )


def _files() -> str:
    return ", ".join(markdown.term(settings.PREFIX + name.upper()) for name in setting_files.FIELDS)


def _row(name: str, schema: Mapping[str, Any]) -> list[str]:
    variable = settings.PREFIX + name.upper()
    default = schema.get("default", "")
    return [
        markdown.term(variable),
        _kind(schema),
        markdown.term(_default(default)),
        schema["description"],
    ]


def _default(default: object) -> str:
    match default:
        case bool():
            return str(default).lower()
        case int() | float():
            return f"{default:.10g}"
    return str(default)


def _kind(schema: Mapping[str, Any]) -> str:
    there = simplify.without_null(schema)
    if "enum" in there:
        return " or ".join(there["enum"])
    kinds = there["type"] if isinstance(there["type"], list) else [there["type"]]
    return _KINDS[there.get("format", "/".join(kinds))]


_KINDS = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "number/string": "duration",
    "password": "secret",
    "path": "path",
    "string": "text",
}
