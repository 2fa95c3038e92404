"""A process that serves says what is wrong with Redis, waits for it, and ends by a signal."""

import json
import os
import signal
import subprocess
import sys

from workers.local_stack import valkey_server

XENFLOW = (sys.executable, "-m", "cli")


def test_a_refused_login_is_explained_once(valkey: valkey_server.Valkey) -> None:
    """The worker ends on SIGTERM while it waits; no list of all tasks stands before the error."""
    wrong = valkey.url.replace(valkey.password, "swordfish")
    with subprocess.Popen(
        [*XENFLOW, "worker"],
        env={**os.environ, "XENFLOW_REDIS_URL": wrong},
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stderr
        lines = [worker.stderr.readline() for _ in range(5)]
        worker.terminate()

    assert "refuses the login" in lines[0]
    assert lines[1] == "Next: correct user and password in XENFLOW_REDIS_URL\n"
    assert lines[2] == "Redis is waited for\n"
    assert "process_starts" in lines[3]
    assert "Cannot connect" in lines[4]
    assert "swordfish" not in "".join(lines)
    assert worker.returncode == 0


def test_a_refused_login_is_a_record_where_logs_are_json(valkey: valkey_server.Valkey) -> None:
    """Whatever collects the log can read its first line too."""
    wrong = valkey.url.replace(valkey.password, "swordfish")
    with subprocess.Popen(
        [*XENFLOW, "worker"],
        env={**os.environ, "XENFLOW_REDIS_URL": wrong, "XENFLOW_LOG_FORMAT": "json"},
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stderr
        record = json.loads(worker.stderr.readline())
        worker.terminate()

    assert record["event"] == "redis_is_away"
    assert "refuses the login" in record["explanation"]


def test_a_process_that_serves_is_interrupted_as_any_command(
    valkey: valkey_server.Valkey,
) -> None:
    """Its exit code is 130; what it says is of no worker, and of no target where it has none."""
    with subprocess.Popen(
        [*XENFLOW, "poller"],
        env={**os.environ, "XENFLOW_REDIS_URL": valkey.url},
        stderr=subprocess.PIPE,
        text=True,
    ) as poller:
        assert poller.stderr
        said = ""
        while "ready" not in said:
            said += poller.stderr.readline()
        poller.send_signal(signal.SIGINT)
        said += poller.stderr.read()

    assert poller.returncode == 130
    assert "targets='none: XENFLOW_TARGETS names" in said
    assert "warm shutdown" in said
    assert "worker:" not in said
    assert "Hitting" not in said
