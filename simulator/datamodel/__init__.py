"""XenServer's published data model: every class, field and message of the API (August 2026).

The facts stand in the `.api` files beside this module; see `reader` for how they are read.
"""

import functools
from importlib import resources

from simulator.datamodel import reader, selection
from simulator.datamodel.model import Class, Field, Link, Message, Model, Param
from simulator.datamodel.releases import CURRENT, Release, parse
from simulator.datamodel.types import EPOCH, NULL, Type

__all__ = [
    "CURRENT",
    "EPOCH",
    "NULL",
    "Class",
    "Field",
    "Link",
    "Message",
    "Model",
    "Param",
    "Release",
    "Type",
    "load",
    "parse",
]


@functools.cache
def load(release: Release = CURRENT) -> Model:
    """Read the data model of a release, by default the whole one; once per process."""
    return _whole() if release == CURRENT else selection.at(_whole(), release)


@functools.cache
def _whole() -> Model:
    sheets = [reader.sheet(text) for text in _texts()]
    enums = {name: values for sheet in sheets for name, values in sheet.enums.items()}
    links: dict[str, dict[str, Link]] = {sheet.name: {} for sheet in sheets}
    for near, far in (pair for sheet in sheets for pair in reader.back_links(sheet, enums)):
        links[near.cls][near.field] = far
    classes = {each.name: reader.build(each, enums, links[each.name]) for each in sheets}
    messages = {m.method: m for cls in classes.values() for m in cls.messages.values()}
    return Model(classes, messages, enums)


def _texts() -> list[str]:
    files = resources.files(__package__).iterdir()
    ordered = sorted((file for file in files if file.name.endswith(".api")), key=lambda f: f.name)
    return [file.read_text() for file in ordered]
