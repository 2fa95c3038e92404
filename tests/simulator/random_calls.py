"""Fuzzing of the simulated pool: random messages with random arguments, over both dialects.

    python -m tests.simulator.random_calls [--calls 20000] [--seed N]

The exit code is 1 when a call ended in HTTP 500 or in an exception that the simulator did not
foresee. The same seed makes the same calls.
"""

import argparse
import http.client
import json
import logging
import math
import random
import re
import sys
import urllib.parse
import xmlrpc.client
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from simulator.datamodel import Message
from simulator.server import Options, serve_in_thread
from tests.simulator.random_values import DEAD, Values

CALLS_OF_A_POOL = 500
_SPEED = 1e6
_TIMEOUT = 60.0
_OK = 200
_LEFT_OUT = {"event.next", "pool.designate_new_master"}  # waits for ever; ends what is played at
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class RandomCalls(RuleBasedStateMachine):
    """Calls every method of the data model, over both dialects, at one pool after another."""

    def __init__(self) -> None:
        super().__init__()
        self._serving = serve_in_thread(Options(speed=_SPEED))
        self._served = self._serving.__enter__()
        self._faults = Faults()
        self._pool = self._served.pool
        place = urllib.parse.urlsplit(self._served.url).netloc
        self._connection = http.client.HTTPConnection(place, timeout=_TIMEOUT)
        self._session = ""
        messages = self._pool.db.model.messages.values()
        self._messages = [each for each in messages if each.method not in _LEFT_OUT]
        self._custom = [each for each in self._messages if each.kind == "custom"]

    @initialize()
    def log_in(self) -> None:
        """Open the first session."""
        self._log_in()

    @rule(rng=st.randoms(use_true_random=True))
    def call(self, rng: random.Random) -> None:
        """Call a method, now and then with too few or too many parameters."""
        message = rng.choice(rng.choice((self._messages, self._custom)))
        params = self._parameters(message, Values(self._pool.db, rng), rng)
        prefix = rng.choice(("", "", "", "Async.")) if message.has_async else ""
        answer = self._send(prefix + message.method, params, as_json=rng.random() < 0.5)
        assert self._faults.found == [], (message.method, params, self._faults.found)
        if not self._pool.db.exists("session", self._session):
            self._log_in()
        assert answer is not None, (message.method, params)

    def teardown(self) -> None:
        """Read everything back: whatever was stored can be written."""
        try:
            if self._session:
                self._read_back()
        finally:
            self._connection.close()
            self._faults.close()
            self._serving.__exit__(None, None, None)

    def _read_back(self) -> None:
        for cls in self._pool.db.tables:
            if f"{cls}.get_all_records" in self._pool.db.model.messages:
                for as_json in (True, False):
                    assert self._send(f"{cls}.get_all_records", [self._session], as_json=as_json)
        assert self._send("event.from", [self._session, ["*"], "", 0.0], as_json=True)
        assert self._faults.found == [], "\n".join(self._faults.found)

    def _parameters(self, message: Message, values: Values, rng: random.Random) -> list[Any]:
        session = [] if message.sessionless else [self._session if rng.random() < 0.98 else DEAD]
        params = [*session, *(values.parameter(param.type) for param in message.params)]
        if message.method == "event.from":
            params[-1] = rng.choice((0.0, 0.01, "0", "x", DEAD))
        if rng.random() < 0.03:
            return rng.choice((params[:-1], [*params, "more"]))
        return params

    def _send(self, method: str, params: list[Any], *, as_json: bool) -> Any:
        """Return what was answered; every request that can be written is answered with 200."""
        if as_json:
            call = {"jsonrpc": "2.0", "method": method, "params": _for_json(params), "id": 1}
            body, path = json.dumps(call), "/jsonrpc"
        else:
            body = xmlrpc.client.dumps(tuple(_for_xml(params)), method, allow_none=True)
            path = "/"
        self._connection.request("POST", path, body.encode(errors="replace"))
        answer = self._connection.getresponse()
        read = answer.read()
        assert answer.status == _OK, (method, params, answer.status, read)
        return json.loads(read) if as_json else xmlrpc.client.loads(read)

    def _log_in(self) -> None:
        sessions = self._pool.sessions
        account = sessions.accounts["root"]
        login = [account.name, account.password, "1.0", "fuzz"]
        answer = self._send("session.login_with_password", login, as_json=True)
        self._session = answer["result"]


class Faults(logging.Handler):
    """Collects the exceptions that the simulator did not foresee."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.found: list[str] = []
        logging.getLogger("simulator").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a fault."""
        self.found.append(logging.Formatter().format(record))

    def close(self) -> None:
        """Listen no longer."""
        logging.getLogger("simulator").removeHandler(self)
        super().close()


def main() -> int:
    """Make the calls that the command line asks for."""
    parser = argparse.ArgumentParser(prog="fuzz", description=main.__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    run(options.calls, options.seed)
    print(f"{options.calls} calls, seed {options.seed}: none failed")  # noqa: T201 - a command
    return 0


def run(count: int, start: int) -> None:
    """Make `count` calls, the choices following from a seed."""
    steps = min(count, CALLS_OF_A_POOL)
    run_state_machine_as_test(
        seed(start)(RandomCalls),
        settings=settings(
            max_examples=-(-count // steps),
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
        ),
        _min_steps=steps,
    )


def _for_json(value: Any) -> Any:
    """Return what JSON can carry of a value: numbers that are finite."""
    if isinstance(value, list):
        return [_for_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _for_json(item) for key, item in value.items()}
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _for_xml(value: Any) -> Any:
    """Return what XML can carry of a value: other characters, and wide numbers as text."""
    if isinstance(value, list):
        return [_for_xml(item) for item in value]
    if isinstance(value, dict):
        return {_NOT_XML.sub("?", key): _for_xml(item) for key, item in value.items()}
    if isinstance(value, str):
        return _NOT_XML.sub("?", value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 1 << 31:
        return str(value)
    return value


if __name__ == "__main__":
    sys.exit(main())
