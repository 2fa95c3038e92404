"""Names of operations as people write them."""

from typing import Annotated

import typer

from cli.exit_codes import Code, Stop
from config import settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from workers import loader

_STEPS = "xenflow."  # of our own flows: nobody sends them by hand


def find(name: str) -> Operation:
    """Return the operation of a name: `xenserver.vm.start`, or `vm.start` for short."""
    loader.load(settings.load())
    for spelt in (name, f"xenserver.{name}"):
        operation = catalogue.find(spelt.replace("-", "_"))
        if operation:
            return operation
    near = " or ".join(catalogue.like(name))
    hint = f"; is {near} meant?" if near else ""
    raise Stop(Code.USAGE, f"there is no operation {name!r}{hint}", "xenflow catalogue")


def everything() -> list[Operation]:
    """Return all operations and flows that people send, by name."""
    loader.load(settings.load())
    return [one for one in catalogue.everything() if not one.name.startswith(_STEPS)]


def _begun(incomplete: str) -> list[str]:
    return [one.name for one in everything() if one.name.startswith(incomplete)]


Name = Annotated[
    str, typer.Argument(help="an operation or flow, such as vm.start", autocompletion=_begun)
]
