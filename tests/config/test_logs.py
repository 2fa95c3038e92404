"""Logs go to stderr, in the form that was set, without secrets."""

import json
import logging

import pytest
import structlog

from config import logs
from config.settings import Settings

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


def _log_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_record_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_format="json"))

    structlog.get_logger("poller").error("lost", target="lab", exc_info=ValueError("no"))

    [line] = _log_lines(capsys)
    record = json.loads(line)
    assert (
        record.items()
        >= {"event": "lost", "target": "lab", "level": "error", "logger": "poller"}.items()
    )
    assert "ValueError: no" in record["exception"]
    assert record["timestamp"].endswith("Z")


def test_libraries_log_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    """Celery's own lines are records too."""
    logs.configure(Settings(log_format="json"))

    logging.getLogger("celery.worker").warning("missed %s", "heartbeat", extra={"host": "w1"})

    [line] = _log_lines(capsys)
    assert json.loads(line).items() >= {"event": "missed heartbeat", "host": "w1"}.items()


def test_people_read_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """No colours where nobody looks."""
    logs.configure(Settings(log_format="console"))

    structlog.get_logger("poller").info("landed", target="lab")

    [line] = _log_lines(capsys)
    assert "landed" in line
    assert "target=lab" in line
    assert "\x1b" not in line


def test_what_is_less_urgent_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(Settings(log_level="WARNING"))

    structlog.get_logger("poller").info("landed")

    assert _log_lines(capsys) == []


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_logged(capsys: pytest.CaptureFixture[str], form: str) -> None:
    logs.configure(Settings.model_validate({"log_format": form}))
    log = structlog.get_logger("worker")

    log.warning("refused", password="swordfish", kwargs={"password": "swordfish", "vm": "web01"})
    log.warning("cannot reach redis://:swordfish@one", args=["{'password': 'swordfish'}"])
    log.error("failed", exc_info=ValueError({"password": "swordfish"}))

    lines = _log_lines(capsys)
    assert "web01" in lines[0]
    assert not [line for line in lines if "swordfish" in line]
