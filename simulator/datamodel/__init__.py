"""XenServer's published data model: every class, field and message of the API (August 2026).

The facts stand in the `.api` files beside this module; see `reader` for how they are read.
"""

import functools
from importlib import resources

from simulator.datamodel import reader
from simulator.datamodel.model import Class, Field, Link, Message, Model, Param
from simulator.datamodel.types import EPOCH, NULL, Type

__all__ = ["EPOCH", "NULL", "Class", "Field", "Link", "Message", "Model", "Param", "Type", "load"]


@functools.cache
def load() -> Model:
    """Read the whole data model; once per process."""
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
