"""A health check says in its exit status whether a part still answers."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from config import settings
from tests.stack import CLOSED
from workers import health_check


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name that http.server calls
        self.send_response(http.HTTPStatus.OK)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[http.server.HTTPServer]:
    """Serve a page at the port that is set for Flower."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Page) as server:
        monkeypatch.setenv("XENFLOW_FLOWER_PORT", str(server.server_port))
        settings.load.cache_clear()
        yield server
        settings.load.cache_clear()


def test_a_part_that_answers_is_alive(page: http.server.HTTPServer) -> None:
    """The exit code is 0."""
    answering = threading.Thread(target=page.handle_request)
    answering.start()

    assert health_check.main(["flower"]) == 0
    answering.join()


def test_a_part_that_is_gone_is_not(page: http.server.HTTPServer) -> None:
    """The exit code is 1."""
    page.server_close()

    assert health_check.main(["flower"]) == 1


def test_a_part_unheard_of_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is 2, and the usage is printed."""
    assert health_check.main(["moon"]) == 2
    assert capsys.readouterr().err.startswith("usage: xenflow-alive ")


def test_its_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """It says what the exit codes mean."""
    assert health_check.main(["--help"]) == 0
    assert "exit code" in capsys.readouterr().out


def test_a_redis_that_is_away_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line has its address and the reason; a next step follows."""
    monkeypatch.setenv("XENFLOW_REDIS_URL", f"redis://127.0.0.1:{CLOSED}/0")
    settings.load.cache_clear()

    assert health_check.main(["worker"]) == 1
    settings.load.cache_clear()

    problem, next_step = capsys.readouterr().err.splitlines()
    assert problem == f"xenflow-alive: cannot reach Redis at 127.0.0.1:{CLOSED}: connection refused"
    assert next_step.startswith("Next: ")
