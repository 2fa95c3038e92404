"""The Compose stack does what the documentation says. Run it with `make compose-test`."""

import json
import os

import pytest
from celery import Celery

from tests.compose.conftest import ASK
from tests.compose.installation import Installation, run_service
from tests.docs import pages
from tests.docs.pages import DOCS
from tests.stack import TIMEOUT

pytestmark = [pytest.mark.compose, pytest.mark.slow, pytest.mark.timeout(600)]

CONNECT = DOCS / "how-to" / "connect-a-service-to-compose.md"
BACKUP = DOCS / "how-to" / "back-up-and-restore.md"
PARTS = ("valkey", "worker", "poller", "flower")
BUILD = "flow.create_vm_from_configured_template"
COPY = "xenserver.vm.copy"
SERVICE = """
services:
  orders:
    image: {image}
    entrypoint: [python, /orders.py]
    volumes: ["./orders.py:/orders.py:ro"]
"""


@pytest.fixture(scope="module")
def producer(installation: Installation) -> Celery:
    """Return a Celery application of this host, for which the page publishes a port of Redis."""
    port = installation.ports["REDIS_PORT"]
    instead = {":6379": f":{port}"}
    printed = installation.type(*pages.marked(CONNECT, pages.COMPOSE), instead=instead)
    assert "web01" in printed
    url = f"redis://:{installation.secrets()['redis_password']}@127.0.0.1:{port}/0"
    return Celery(broker=url, backend=url)


def test_it_starts_as_the_page_says(installation: Installation) -> None:
    """Each part runs, three workers among them, and each passes its health check."""
    services = [container["Service"] for container in installation.containers()]

    assert sorted(services) == ["flower", "poller", "valkey", "worker", "worker", "worker"]


def test_the_doctor_finds_nothing_wrong(installation: Installation) -> None:
    """Redis, queues, clocks and pools are well; a pool without its CA file is not."""
    findings = installation.xenflow("doctor", expect=1)["findings"]

    assert [f["about"] for f in findings if f["severity"] != "notice"] == ["target uncertified"]


def test_a_pool_needs_its_ca_file(installation: Installation) -> None:
    """The CA file beside the targets file makes the difference."""
    printed = installation.type(ASK)
    refused = installation.xenflow("vm", "find", "--target", "uncertified", expect=1)

    assert "web01" in printed
    assert refused["error"]["code"] == "XENFLOW_CERTIFICATE_REFUSED"


def test_the_override_of_the_page_adds_a_pool(installation: Installation) -> None:
    """Its password is a secret of its own."""
    assert installation.xenflow("host", "find", "--target", "lab")["answer"]["count"] >= 1


def test_own_operations_are_in_the_folder_of_the_site(installation: Installation) -> None:
    """Workers and their command line know the operations of its page."""
    answer = installation.xenflow("vm", "relabel", "--vm", "web02", "--name", "frontend")

    assert answer["answer"]["return_result"] == "VM renamed"


def test_no_container_shows_a_secret(installation: Installation) -> None:
    """Neither the environment, nor the arguments, nor the log of a part has one."""
    secrets = installation.secrets().values()

    for part in PARTS:
        shown = installation.execute(part, "sh", "-c", "cat /proc/1/environ /proc/[0-9]*/cmdline")
        shown += installation.compose("logs", "--no-color", part)
        assert not [secret for secret in secrets if secret in shown], part


def test_each_part_has_only_its_secrets(installation: Installation) -> None:
    """The containers contain no other file of the folder."""
    given = {part: installation.execute(part, "ls", "/run/secrets").split() for part in PARTS}

    pools = ["default_password", "lab_password", "redis_password", "sealing_keys"]
    assert given == {
        "valkey": ["redis_password"],
        "worker": pools,
        "poller": pools,
        "flower": ["flower_password", "redis_password"],
    }


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_confined(installation: Installation, part: str) -> None:
    """No root, no capability, no new privilege, nothing to write to but /tmp."""
    status = installation.execute(part, "cat", "/proc/self/status")
    fields = dict(line.split(":\t") for line in status.splitlines() if ":\t" in line)
    written = installation.execute(
        part, "sh", "-c", "touch /tmp/here && ! touch /here 2> /dev/null && echo confined"
    )

    assert "0" not in fields["Uid"].split()
    assert int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0
    assert fields["NoNewPrivs"] == "1"
    assert written == "confined\n"


def test_the_logs_of_xenflow_are_json(installation: Installation) -> None:
    """A collector can read each line."""
    lines = installation.compose("logs", "--no-color", "--no-log-prefix", "worker").splitlines()

    assert len(lines) > 1
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []


def test_a_flow_is_sent_from_this_host(installation: Installation, producer: Celery) -> None:
    """A program that knows only Celery sends it, and reads its answer."""
    fields = {"template": "deb12", "name": "web03"}

    answer = producer.send_task(BUILD, kwargs=fields).get(timeout=TIMEOUT)

    assert answer["name_label"] == "web03"
    assert answer["power_state"] == "Running"


def test_a_service_in_a_container_sends(installation: Installation) -> None:
    """It joins the network by its name, gets the password as a secret, and sends."""
    folder = installation.folder.parent / "orders"
    project, program = (b for b in pages.blocks(CONNECT) if b.kind in {"yaml", "python"})
    override = SERVICE.format(image=os.environ["XENFLOW_IMAGE"])
    folder.mkdir(mode=0o755)
    (folder / "compose.yml").write_text(project.text, encoding="utf-8")
    (folder / "compose.override.yml").write_text(override, encoding="utf-8")
    (folder / "orders.py").write_text(program.text, encoding="utf-8")
    (folder / "orders.py").chmod(0o644)

    assert run_service(folder, "orders") == "1\n"


def test_flower_shows_the_runs(installation: Installation, producer: Celery) -> None:
    """It asks for its password, on a port of this host."""
    sent = producer.send_task("xenserver.vm.find", kwargs={"name": "web01"})
    sent.get(timeout=TIMEOUT)

    installation.wait_for(lambda: '"SUCCESS"' in installation.flower(f"/api/task/info/{sent.id}"))
    assert installation.flower("/tasks", password="wrong") == "401"


def test_nothing_is_lost_when_workers_and_poller_are_killed(
    installation: Installation, producer: Celery
) -> None:
    """All are killed while VMs are copied; those that are started again finish."""
    names = [f"copy-{number}" for number in range(4)]
    sent = [producer.send_task(COPY, kwargs={"vm": "deb12", "name": name}) for name in names]

    installation.compose("kill", "--signal=KILL", "worker", "poller")
    installation.compose("up", "--detach")

    for one in sent:
        assert one.get(timeout=2 * TIMEOUT)["return_result"]
    found = installation.xenflow("vm", "find", "--include-templates")["answer"]["records"]
    assert sorted(vm["name_label"] for vm in found if vm["name_label"] in names) == names


def test_a_restart_loses_nothing(installation: Installation, producer: Celery) -> None:
    """Valkey is restarted between a message and its answer, and workers come back to it."""
    sent = producer.send_task(COPY, kwargs={"vm": "deb12", "name": "survivor"})

    installation.compose("restart", "valkey", "worker")
    installation.wait_until_healthy()

    again = Celery(backend=producer.conf.result_backend)  # the connection of the first is lost
    assert again.AsyncResult(sent.id).get(timeout=2 * TIMEOUT)["name_label"] == "survivor"


@pytest.mark.parametrize("part", ["worker", "poller", "flower"])
def test_a_part_that_ends_is_started_again(installation: Installation, part: str) -> None:
    """The engine starts it again, whatever ended it."""
    started = ("cut", "--delimiter= ", "--fields=22", "/proc/1/stat")
    before = installation.execute(part, *started)

    installation.execute(part, "sh", "-c", "kill -TERM 1; sleep 60", expect=None)
    installation.wait_until_healthy()

    assert installation.execute(part, *started) != before


def test_a_backup_is_restored(installation: Installation, producer: Celery) -> None:
    """The commands of the page write a snapshot and bring back what was known then."""
    known = producer.send_task("xenserver.vm.find", kwargs={"name": "web01"})
    Celery(backend=producer.conf.result_backend).AsyncResult(known.id).get(timeout=TIMEOUT)
    take, restore = pages.marked(BACKUP, pages.COMPOSE)
    installation.type(take)
    assert (installation.folder / "xenflow.rdb").read_bytes()[:5] in {b"REDIS", b"VALKE"}
    later = installation.xenflow("vm", "find", "--name", "web02")["id"]

    restored = installation.type(restore)

    assert "restored " in restored
    installation.compose("up", "--detach")
    installation.wait_until_healthy()
    runs = installation.xenflow("runs")["runs"]
    assert known.id in {run["id"] for run in runs}
    assert later not in {run["id"] for run in runs}
