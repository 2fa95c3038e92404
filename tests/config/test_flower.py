"""Flower is read-only, masks passwords, and shows what parked operations wait for."""

import copy
import runpy
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import Celery
from celery.events.state import Task
from flower import options as flower_options  # defines Flower's options
from tornado.options import OptionParser

import config
from tasks.engine import celery_events
from xenserver import errors

FILE = str(Path(config.__file__).with_name("flower.py"))


@pytest.fixture
def parser() -> OptionParser:
    """Make a parser of Flower's own options, apart from the process-wide one."""
    parser = OptionParser()
    for option in flower_options.options._options.values():  # noqa: SLF001 - tornado has no copy
        if option.name not in parser:
            parser.define(option.name, option.default, type=option.type, multiple=option.multiple)
    return parser


def test_flower_reads_the_file_by_itself(
    parser: OptionParser, setting: Callable[[str, str], None]
) -> None:
    """It may only look, from this machine, and asks for the password that was set."""
    setting("XENFLOW_FLOWER_PASSWORD", "swordfish")
    setting("XENFLOW_FLOWER_PORT", "5556")

    parser.parse_config_file(FILE)

    assert parser.read_only
    assert (parser.address, parser.port) == ("127.0.0.1", 5556)
    assert parser.basic_auth == ["xenflow:swordfish"]


@pytest.mark.usefixtures("setting")
def test_its_columns_are_flowers_own(parser: OptionParser) -> None:
    """A name that Flower does not know would be an empty column."""
    parser.parse_config_file(FILE)

    assert set(parser.tasks_columns.split(",")) <= Task().as_dict().keys()


Event = tuple[str, float, dict[str, object]]

PARKED: Event = ("parked", 110.0, {"result": "waits for VM.clone", "received": 100.0})
RESUMED: tuple[Event, ...] = ("received", 120.0, {}), ("started", 120.1, {})


@pytest.fixture
def format_task(setting: Callable[[str, str], None]) -> Callable[[Task], Task]:
    """Return the function by which Flower formats tasks."""
    setting("XENFLOW_LOG_LEVEL", "INFO")
    function: Callable[[Task], Task] = runpy.run_path(FILE)["format_task"]
    return function


def _task(*events: Event) -> Task:
    """Return a task as monitors make it of events: type, time, fields."""
    task = Task(uuid="one", args="()", kwargs="{}")
    for kind, at, fields in events:
        task.event(kind, at, at, dict(fields))
    return copy.copy(task)  # as Flower does


def test_a_parked_operation_shows_what_it_waits_for(
    format_task: Callable[[Task], Task],
) -> None:
    """Its state is PARKED, its runtime counts, and no exception is shown."""
    with Celery("test", backend="cache+memory://") as app:
        app.backend.store_result("one", {"progress": 0.42}, "PROGRESS")
        app.set_current()

        before = time.time()
        shown = format_task(_task(("received", 100.0, {}), ("started", 100.1, {}), PARKED))

    assert (shown.state, shown.result) == ("PARKED", "waits for VM.clone, 42%, since 00:01:50 UTC")
    assert (shown.received, shown.exception, shown.traceback) == (100.0, None, None)
    assert before - 100.0 <= (shown.runtime or 0.0) <= time.time() - 100.0


@pytest.mark.parametrize("end", ["succeeded", "failed", "revoked"])
def test_an_operation_that_was_parked_shows_its_end(
    format_task: Callable[[Task], Task], end: str
) -> None:
    """The time counts from the first delivery, and not from the last one."""
    before = time.time()
    ends = {"succeeded": {"result": "started"}, "failed": {"exception": "Refused()"}}
    sent = celery_events.revoked(100.0) if end == "revoked" else ends[end]
    fields = celery_events.fields(f"task-{end}", sent, 100.0)

    shown = format_task(_task(("received", 100.0, {}), PARKED, *RESUMED, (end, 130.0, fields)))

    assert shown.state == {"succeeded": "SUCCESS", "failed": "FAILURE", "revoked": "REVOKED"}[end]
    assert shown.result == {"succeeded": "started", "failed": "Refused()", "revoked": None}[end]
    assert shown.received == 100.0
    assert before - 100.0 <= (shown.runtime or 0.0) <= time.time() - 100.0


@pytest.mark.usefixtures("setting")
@pytest.mark.parametrize(
    ("exception", "shown"),
    [
        (
            repr(errors.Missing("GONE", ["VM", "it's"], 'no VM is "it\'s"')),
            'no VM is "it\'s"',
        ),
        ("Missing('GONE', ['VM'", "Missing('GONE', ['VM'"),
        ("ValueError(7)", "ValueError(7)"),
        ("Odd(1, [], 'text')", "Odd(1, [], 'text')"),
        ("ValueError(1, 2, 3", "ValueError(1, 2, 3"),
        ("", ""),
    ],
)
def test_an_error_is_shown_in_words(exception: str, shown: str) -> None:
    """The list shows the message; what is cut off, or of another kind, as it came."""
    format_task = runpy.run_path(FILE)["format_task"]

    task = format_task(Task(state="FAILURE", args="()", kwargs="{}", exception=exception))

    assert task.result == shown


@pytest.mark.usefixtures("setting")
def test_a_password_that_came_in_the_clear_is_not_shown() -> None:
    """The worker refuses it; Flower has it from the producer's own event."""
    format_task = runpy.run_path(FILE)["format_task"]
    task = Task(kwargs="{'vm': 'web01', 'password': 'swordfish'}", args="()", result=None)

    shown = format_task(task)

    assert shown.kwargs == "{'vm': 'web01', 'password': '***'}"
    assert (shown.args, shown.result) == ("()", None)
