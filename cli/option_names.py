"""The words of a refusal as a person types them: options for fields, commands for operations."""

import re
from collections.abc import Iterable
from dataclasses import replace

from cli import catalogue_index, units
from cli.exit_codes import CommandFailed
from cli.inputs import Input, Kind

_HEAD = r"(?:(?<=^)|(?<=; )|(?<=failed: )|(?<=wrong: ))"
"""Where a message names the field that is wrong."""
_PLACE = r"(?<![\w.`\-])(?<!named )"
"""Where a word begins that is not the name of an object."""
_OPERATION = re.compile(_PLACE + r"[a-z]+\.[a-z_]+(?!\w|\.\w)")


def translated(failed: CommandFailed, inputs: Iterable[Input]) -> CommandFailed:
    """Return what ends a command of options, in words of options; its document stays as it is."""
    failure = failed.failure
    changed = CommandFailed(failure.code, failure.message, document=failed.document)
    changed.failure = replace(failure, message=in_options(failure.message, inputs))
    return changed


def in_options(text: str, inputs: Iterable[Input]) -> str:
    """Return a text with the options of fields, and the commands of operations."""
    for one in inputs:
        text = _with_option(text, one)
    return _OPERATION.sub(_command, text)


def in_help(text: str, inputs: Iterable[Input]) -> str:
    """Return what help says of an operation, with the options of the fields that it names."""
    for one in inputs:
        text = re.sub(rf"`{re.escape(one.key)}`", f"`{one.option}`", text)
        text = re.sub(rf"(?<=\bwith ){re.escape(one.key)}(?=[:;])", one.option, text)
    return text


def _with_option(text: str, one: Input) -> str:
    """Name an option where its field is the wrong one, is given a value, or is no plain word."""
    key = re.escape(one.key)
    text = re.sub(rf"{_PLACE}{key}=true\b", one.option, text)
    for choice in one.choices:
        text = re.sub(rf"{_PLACE}{key}={re.escape(choice)}\b", f"{one.option} {choice}", text)
    number = r"(?:\.\d+)?" if one.kind is Kind.LIST else ""  # which of a list
    text = re.sub(rf"{_HEAD}{key}{number}(?=: )", one.option, text)
    if one.shape == "DURATION":
        text = re.sub(rf"({one.option}: must be [a-z ]+)(\d+)(?:\.0)?", _with_unit, text)
    return re.sub(rf"{_PLACE}{key}(?!\w|\.\w)", one.option, text) if "_" in one.key else text


def _with_unit(found: re.Match[str]) -> str:
    """Return the bound of a duration as people read it."""
    return found[1] + units.duration(float(found[2]))


def _command(found: re.Match[str]) -> str:
    """Return the command of an operation; anything else that looks like one stays as it is."""
    known = {entry.name: entry for entry in catalogue_index.load().entries}
    entry = known.get(f"xenserver.{found[0]}")
    return f"`xenflow {entry.noun} {entry.verb}`" if entry else found[0]
