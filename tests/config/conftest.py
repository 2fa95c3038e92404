"""What the tests of settings share: an environment of their own."""

import logging
import os
from collections.abc import Callable, Iterator

import pytest
import structlog
from cryptography.fernet import Fernet

from config import sealing, settings


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Set one variable, in an environment that has no other of ours."""
    for variable in [name for name in os.environ if name.startswith(settings.PREFIX)]:
        monkeypatch.delenv(variable)
    _forget()
    yield monkeypatch.setenv
    _forget()


@pytest.fixture
def key() -> str:
    """Make a sealing key."""
    return Fernet.generate_key().decode()


@pytest.fixture
def logging_as_it_was() -> Iterator[None]:
    """Undo what a test configures of the logs of this process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def _forget() -> None:
    settings.load.cache_clear()
    sealing._sealer.cache_clear()  # noqa: SLF001 - the one who set the keys forgets them
