"""The metrics tell what happens, and everything that the documents promise is exposed."""

import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery import Celery
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from config.celery import celery_settings
from config.settings import Settings
from config.targets import Targets
from tasks.engine.journal import counters
from tasks.engine.journal.entry import Place
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.record import Document, Failure, Record
from tasks.engine.journal.scripts import text
from tests.stack import CLOSED, StackHarness
from workers.local_stack.valkey_server import Valkey
from workers.metrics import exporter, families, readings
from workers.metrics.readings import Source
from xenserver import errors

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
REFERENCE = ROOT / "docs/reference/metrics.md"
BY_NAME = {family.name: family for family in families.FAMILIES}

Samples = Mapping[tuple[str, ...], float]


@pytest.fixture
def source(redis: Redis, valkey: Valkey) -> Source:
    """Read an empty Redis."""
    app = Celery("xenflow", set_as_current=False)
    app.conf.update(celery_settings(Settings(redis_url=valkey.url)))
    journal = Journal(redis, Keys(), lease=10, keep=600)
    return Source(app, journal, Targets({}), lease_ms=10_000)


def values(source: Source, family: families.Family) -> Samples:
    """Return the values of a metric by those of its labels."""
    return {tuple(labels): value for labels, value in readings.read(source)[family.name]}


def end(journal: Journal, operation: str, how: Document | Failure, **fields: Any) -> None:
    """Begin an operation on a target, and end it."""
    first = replace(Record(name="xenserver.vm.start", target="lab"), **fields)
    place = Place(operation, undoes=first.undoes)
    journal.finish(journal.claim(operation, place, first, timeout=60), place, how)


@pytest.mark.parametrize(
    ("how", "undoes", "outcome"),
    [
        ({"return_result": "VM started"}, False, "succeeded"),
        (Failure("Refused", "VM_BAD_POWER_STATE", [], "it runs"), False, "failed"),
        (Failure("Cancelled", "XENFLOW_CANCELLED", [], "it was"), False, "cancelled"),
        (Failure("TimedOut", "XENFLOW_TIMED_OUT", [], "it did"), False, "timed_out"),
        ({"return_result": "VM discarded"}, True, "undone"),
        ({"return_result": "not undone", "not_undone": {}}, True, "not_undone"),
    ],
)
def test_an_end_is_counted_by_its_outcome(
    source: Source, how: Document | Failure, outcome: str, *, undoes: bool
) -> None:
    """The script that writes it counts it, with the time that it took."""
    end(source.journal, "op", how, undoes=undoes)

    labels = ("xenserver.vm.start", "lab", outcome)
    assert values(source, families.OPERATIONS_ENDED) == {labels: 1.0}
    assert 0.0 <= values(source, families.OPERATION_SECONDS)[labels] < 60.0
    assert values(source, families.RUNS_ENDED) == {(outcome,): 1.0}


def test_a_step_is_no_run(source: Source) -> None:
    """What ends within a flow is counted as an operation alone."""
    journal, place = source.journal, Place("flow", ("flow",))
    journal.claim("flow", Place("flow"), Record(name="flow.x"), timeout=60)
    step = journal.claim("step", place, Record(name="xenserver.vm.start"), timeout=60)

    journal.finish(step, place, {"return_result": "done"})

    assert values(source, families.OPERATIONS_ENDED) != {}
    assert source.journal.open_operations(most=10) == ["flow"]
    assert families.RUNS_ENDED.name not in readings.read(source)
    assert values(source, families.RUNS_OPEN) == {(): 1.0}


def test_the_number_of_counters_is_bounded(source: Source, redis: Redis) -> None:
    """Whoever sends messages for ever new hosts fills neither Redis nor Prometheus."""
    redis.hset(Keys().counters, mapping={f"ended\nrun\nx\nh{n}\nfailed": 1 for n in range(2_000)})

    for number in range(3):
        end(source.journal, f"op{number}", {"return_result": "done"}, target=f"host{number}")

    ended = values(source, families.OPERATIONS_ENDED)
    assert ended["xenserver.vm.start", counters.OTHER, "succeeded"] == 3.0
    assert redis.hlen(Keys().counters) == 2_002
    assert 0 < redis.ttl(Keys().counters) <= counters.KEPT


def test_a_queue_that_nobody_takes_from_grows_old(source: Source, redis: Redis) -> None:
    """The age is that of the next message; taking it makes the queue young again."""
    redis.lpush("change", "first", "second")
    assert values(source, families.QUEUE_HEAD)["change",] == 0.0
    heads = Keys().queue_heads
    checksum = text(redis.hget(heads, "change")).split()[0]
    redis.hset(heads, "change", f"{checksum} 1.0")

    assert values(source, families.QUEUE_MESSAGES)["change",] == 2.0
    assert values(source, families.QUEUE_HEAD)["change",] > 1e9
    redis.rpop("change")
    assert values(source, families.QUEUE_HEAD)["change",] == 0.0


def test_a_redis_that_is_away_is_a_metric(source: Source) -> None:
    """The exporter lives on, and says nothing else."""
    gone = Journal(Redis(port=CLOSED), Keys(), lease=1, keep=1)

    found = exporter.text(replace(source, journal=gone))

    assert [line for line in found.splitlines() if not line.startswith("#")] == ["xenflow_up 0.0"]


def exposed(page: str) -> dict[str, list[Mapping[str, str]]]:
    """Return the labels of each metric with a value, as a client of Prometheus reads them."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample.labels)
    return found


def _all_metrics(source: Source) -> dict[str, list[Mapping[str, str]]] | None:
    """Return what is exposed, once that is every metric."""
    found = exposed(exporter.text(source))
    return found if set(found) == set(BY_NAME) else None


def test_every_metric_is_exposed(stack: StackHarness, name: str) -> None:
    """Of a stack that works and fails and waits, with the labels that it is documented with."""
    with pytest.raises(errors.Refused):
        stack.do("xenserver.vm.start", vm="web01")
    with stack.xenserver.held():
        sent = stack.send("xenserver.vm.clone", vm="deb12", name=name)
        stack.until(lambda: stack.record(sent.id).phase == "parked", "parked")
        lease = stack.runtime.journal.lease_ms
        source = Source(stack.app, stack.runtime.journal, stack.runtime.targets, lease)
        # a poller that ends its slice has no lease until the next one begins
        found = stack.until(lambda: _all_metrics(source), "each metric")
    sent.get(timeout=60)

    for metric, samples in found.items():
        assert all(set(one) == set(BY_NAME[metric].labels) for one in samples), metric
    assert {"phase": "parked"} in found["xenflow_operations_open"]


def test_the_alerts_are_about_metrics_that_there_are() -> None:
    """Each name and each label in a rule; a misspelt one would never fire."""
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]

    for rule in rules:
        used = re.findall(r"(xenflow_\w+)(?:\{([^}]*)\})?", rule["expr"])
        assert used, rule["alert"]
        for metric, matchers in used:
            assert metric in BY_NAME, rule["alert"]
            labels = re.findall(r"(\w+)\s*=", matchers)
            assert set(labels) <= set(BY_NAME[metric].labels), rule["alert"]
        shown = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        kept = set.intersection(*(set(BY_NAME[metric].labels) for metric, _ in used))
        assert set(shown) <= kept, rule["alert"]


def test_the_reference_lists_every_metric() -> None:
    """It lists no other."""
    listed = re.findall(
        r"^\| `(xenflow_\w+)` \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert listed == list(BY_NAME)


def test_the_metrics_are_served_until_sigterm(stack: StackHarness) -> None:
    """They are at the address that was asked for; a wrong or a taken one is refused."""
    command = [sys.executable, "-m", "cli", "metrics", "--listen"]
    wrong = subprocess.run([*command, "9808"], capture_output=True, text=True, check=False)
    served = subprocess.Popen(
        [*command, "127.0.0.1:0"],
        env={**stack.environment, "XENFLOW_LOG_FORMAT": "json"},
        stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with served:
        assert served.stdout
        port = yaml.safe_load(served.stdout.readline())["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            page = answer.read().decode()
        taken = subprocess.run(
            [*command, f"127.0.0.1:{port}"],
            env=stack.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        served.send_signal(signal.SIGTERM)
        assert served.wait(timeout=60) == 0

    assert exposed(page)["xenflow_up"] == [{}]
    assert (wrong.returncode, "write HOST:PORT" in wrong.stderr) == (2, True)
    assert taken.returncode == 1
    assert f"127.0.0.1:{port}" in taken.stderr
    assert "another port" in taken.stderr
