"""Flower shows and does not act."""

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from celery.events.state import Task
from flower import options as flower_options  # defines Flower's options
from tornado.options import OptionParser

import config

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


@pytest.mark.usefixtures("setting")
def test_a_password_that_came_in_the_clear_is_not_shown() -> None:
    """The worker refuses it; Flower has it from the producer's own event."""
    format_task = runpy.run_path(FILE)["format_task"]
    task = Task(kwargs="{'vm': 'web01', 'password': 'swordfish'}", args="()", result=None)

    shown = format_task(task)

    assert shown.kwargs == "{'vm': 'web01', 'password': '***'}"
    assert (shown.args, shown.result) == ("()", None)
