"""Structured logs on stderr, one line per record, as text or JSON, with secrets masked."""

import logging
import os
import sys
from contextlib import suppress

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config import library_logs, masking
from config.settings import Settings


def configure(settings: Settings) -> None:
    """Configure all loggers of this process, the libraries' too, as the settings require."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_facts(), processors=_form(settings.log_format)
        )
    )
    handler.addFilter(library_logs.LibraryFilter())
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_facts(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def write_at_once(logger: str, event: str) -> None:
    """Write a record without the locks of logging and of the stream.

    A signal handler needs this: it may interrupt the writing of another record. A stream that
    nobody reads any more is no reason for it to fail.
    """
    record = logging.makeLogRecord({"name": logger, "levelname": "INFO", "msg": event})
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            with suppress(OSError):
                os.write(handler.stream.fileno(), f"{handler.format(record)}\n".encode())


def hide_secrets(_: WrappedLogger, __: str, record: EventDict) -> EventDict:
    """Mask secrets in a log record, found by the name of a field or the form of a text."""
    return {name: _hidden(name, value) for name, value in record.items()}


def _hidden(name: str, value: object) -> object:
    if name.startswith("_"):  # structlog's own
        return value
    if masking.is_secret(name):
        return masking.STARS
    match value:
        case str():
            return masking.mask(value)
        case dict():
            return {key: _hidden(str(key), within) for key, within in value.items()}
        case list() | tuple():
            return [_hidden("", within) for within in value]
        case _:
            return value


def _facts() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _form(name: str) -> list[Processor]:
    last: Processor = (
        structlog.processors.JSONRenderer()
        if name == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,  # before the next: a traceback may quote a secret
        hide_secrets,
        last,
    ]
