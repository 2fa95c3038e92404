"""`xenflow retry`: a failed run again, under a new id, with the same inputs."""

import importlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from cli import catalogue_index, command_words, journal_reader, run_lookup
from cli import command as commands
from cli.exit_codes import Code, CommandFailed
from cli.inputs import Input
from cli.options import RetryOptions, RunOptions
from cli.run_lookup import Id
from config import masking
from workers.run_record import Run, Step

_SUBMIT = "cli.submit"  # imports Celery: only when something is sent
_RETRIED = frozenset({"failed", "cancelled", "timed_out"})  # states


def command(name: str) -> TyperCommand:
    """Return `xenflow retry`."""
    return commands.make(name, retry)


def retry(
    id_: Id,
    *,
    same_id: Annotated[
        bool,
        typer.Option("--same-id", help="under its own id, if the failed run left nothing behind"),
    ] = False,
    options: RetryOptions,
) -> int:
    """Run a failed run again with the same inputs, under a new id or its own.

    A chain or group of another program has several operations: what failed of it is retried by its
    own id, the whole by that program.
    """
    with journal_reader.opened() as journal:
        run = run_lookup.find(journal, id_)
    step = _step(run, id_)
    entry = catalogue_index.load().find(step.name)
    inputs = _inputs(step)
    chosen: RunOptions = options
    if same_id:
        inputs, chosen = {**inputs, "repeat_failed": True}, _under_its_id(run, step, options)
    submit: Any = importlib.import_module(_SUBMIT)
    return int(submit.execute(entry, inputs, chosen))


def _under_its_id(run: Run, step: Step, options: RunOptions) -> RunOptions:
    """Return the options by which an operation runs under its own id again."""
    if options.id is not None:
        raise CommandFailed(Code.USAGE, "--same-id and --id exclude each other")
    if step not in run.steps:
        text = f"{step.name} {step.id} is a step of {run.name}, which has to run again as a whole"
        raise CommandFailed(Code.USAGE, text, f"xenflow retry {run.id} --same-id")
    return replace(options, id=step.id)


def _step(run: Run, name: str) -> Step:
    """Return the operation that is to run again."""
    step = run.find(name) or (run.steps[0] if len(run.steps) == 1 else None)
    if step is None or (step.id == run.id and len(run.steps) > 1 and step.state not in _RETRIED):
        raise CommandFailed(Code.USAGE, *_canvas(run))
    if step.ended is None:
        text = f"{step.name} {step.id} {step.status()}; only what has failed is retried"
        raise CommandFailed(Code.USAGE, text, f"xenflow watch {step.id}")
    if step.state not in _RETRIED:
        text = f"{step.name} {step.id} {step.status()}; only what has failed is retried"
        raise CommandFailed(Code.USAGE, text, _anew(step))
    return step


def _anew(step: Step) -> str:
    """Return the command that does the same under a new id, as far as the record knows it."""
    entry = catalogue_index.load().get(step.name)
    if entry is None:
        return f"xenflow show {step.id}"
    return command_words.command(entry, {one.key: _given(step, one) for one in entry.inputs})


def _given(step: Step, one: Input) -> Any:
    """Return what an input was given, under whatever spelling."""
    return next((step.inputs[name] for name in one.spellings if name in step.inputs), None)


def _canvas(run: Run) -> tuple[str, str]:
    """Return why a canvas of another program is not retried as a whole, and what can be done."""
    text = (
        f"run {run.id} is a chain or group of another program, with {len(run.steps)} operations; "
        "only that program knows its order and can send it again as a whole"
    )
    alone = [one for one in run.steps if one.failure and not one.inputs.get("feed")]
    ids = " · ".join(f"xenflow retry {one.id}" for one in alone)
    return text, ids or f"xenflow show {run.id}"


def _inputs(step: Step) -> Mapping[str, Any]:
    """Return the inputs as they were sent, without a password, which the record does not keep."""
    inputs = {key: value for key, value in step.inputs.items() if not masking.is_secret(key)}
    if inputs.get("feed"):
        text = f"{step.name} {step.id} was fed by the step before it, and cannot run alone"
        raise CommandFailed(Code.USAGE, text, _anew(step))
    return inputs
