"""Passwords are sent sealed; a plain one is refused, and is stored nowhere."""

import base64
import json
import secrets
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from config import sealing
from tests.end_to_end import messages
from tests.stack import TIMEOUT, StackHarness, running_stack
from workers.local_stack.http_probes import Flower
from workers.local_stack.supervisor import XENFLOW, Supervisor
from xenserver import errors

FLOW = "flow.create_vm_from_configured_template"
UNCONFIGURED = "flow.create_vm_from_unconfigured_template"
LISTENING = "listening on http://127.0.0.1:"
HOST, USER = "127.0.0.1", "root"


@dataclass(frozen=True)
class Vault:
    """A stack, and a pool of another password that its messages have to bring along."""

    stack: StackHarness
    flower: Flower
    port: int
    password: str
    key: str

    def connection(self, password: str) -> dict[str, Any]:
        """Return the fields of a message that lead to the pool."""
        where = {"hostname": HOST, "port": self.port, "protocol": "http"}
        return {**where, "username": USER, "password": password}

    def sealed(self) -> dict[str, Any]:
        """Return them with the password sealed."""
        where = sealing.address(HOST, protocol="http", port=self.port)
        seal = sealing.Sealer([self.key]).seal
        return self.connection(seal(SecretStr(self.password), address=where, user=USER))

    def kept(self, secret: str) -> list[str]:
        """Return all places, in Redis, in files and in Flower, where a secret can be read."""
        places = {**self._redis(), **self._files(), **self._flower()}
        forms = _forms(secret)
        return [place for place, text in places.items() if any(form in text for form in forms)]

    def rewrite_log(self) -> None:
        """Make Valkey rewrite its append-only file, from what it holds once all is done."""
        redis = self.stack.runtime.journal.redis
        self.stack.until(lambda: not redis.exists("change", "unacked"), "every message done with")
        redis.bgrewriteaof()
        self.stack.until(lambda: not _rewrites(redis.info("persistence")), "the rewrite")

    def _redis(self) -> dict[str, bytes]:
        redis: Any = self.stack.runtime.journal.redis
        return {f"Redis {key!r}": key + _read(redis, key) for key in redis.scan_iter()}

    def _files(self) -> dict[str, bytes]:
        files = [path for path in self.stack.services.folder.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in files}

    def _flower(self) -> dict[str, bytes]:
        tasks = self.flower.tasks()
        details = [self.flower.task(task["uuid"]) for task in tasks]
        return {"Flower": json.dumps([tasks, details]).encode()}


def _rewrites(persistence: Mapping[str, Any]) -> bool:
    return any(persistence[f"aof_rewrite_{word}"] for word in ("in_progress", "scheduled"))


def _read(redis: Any, key: bytes) -> bytes:
    """Return what a key holds, as text."""
    read: dict[bytes, Callable[[bytes], Any]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"none": repr,  # it has gone meanwhile
    }
    return repr(read[redis.type(key)](key)).encode()


def _forms(secret: str) -> list[bytes]:
    """Return the forms of a secret: plain, and within base64 at each of its three offsets."""
    within = [base64.b64encode(b"." * n + secret.encode())[(0, 2, 3)[n] : -4] for n in range(3)]
    return [secret.encode(), *within]


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    """Run a stack with a sealing key, and a pool whose password it does not have."""
    key, password = Fernet.generate_key().decode(), secrets.token_hex(16)
    command = [*XENFLOW, "simulate", "--port=0", "--speed=20", f"--password={password}"]
    with (
        Supervisor(tmp_path_factory.mktemp("pool")) as elsewhere,
        running_stack(tmp_path_factory.mktemp("vault"), speed=20.0) as stack,
    ):
        pool = elsewhere.start("pool", command)
        elsewhere.wait(pool, lambda: LISTENING in pool.output())
        stack.services.choose(keys=key, allow_http="true")
        stack.services.worker()
        stack.services.poller()
        url = stack.services.flower()
        flower = Flower(url, stack.services.environment["XENFLOW_FLOWER_PASSWORD"])
        port = pool.output().partition(LISTENING)[2].split()[0]
        yield Vault(stack, flower, int(port), password, key)


@pytest.mark.parametrize(
    ("task", "fields"),
    [("xenserver.vm.install", {"template": "blank"}), (FLOW, {"template": "deb12"})],
)
def test_a_sealed_password_opens_the_pool(
    vault: Vault, name: str, task: str, fields: dict[str, str]
) -> None:
    """It is opened for each call, and nowhere in plain text, not even in Valkey's log."""
    result = vault.stack.send(task, **fields, **vault.sealed(), name=name)
    made = result.get(timeout=TIMEOUT)

    vault.flower.wait_for(result.id, state="SUCCESS")
    found = vault.stack.do("xenserver.vm.find", name=name, **vault.sealed())
    assert [record["uuid"] for record in found["records"]] == [made["uuid"]]
    assert vault.kept(vault.password) == []


def test_inner_flows_and_undoings_are_handed_the_connection(vault: Vault, name: str) -> None:
    """A flow within a flow cannot make a disk so large there; what undoes the others finds them."""
    fields = {"template": "Debian Bookworm 12", "name": name, "sr": "NFS virtual disk storage"}
    disks = [{"size": "1GiB"}, {"size": "3TiB"}]
    before = _count(vault, "vm"), _count(vault, "vdi")

    with pytest.raises(errors.Refused, match=f"a disk of that size.*undone: .*{name}"):
        vault.stack.do(UNCONFIGURED, **fields, disks=disks, **vault.sealed())

    assert (_count(vault, "vm"), _count(vault, "vdi")) == before


def _count(vault: Vault, cls: str) -> int:
    return int(vault.stack.do(f"xenserver.{cls}.find", **vault.sealed())["count"])


def test_the_command_line_seals_before_it_sends(vault: Vault) -> None:
    """The password comes by standard input and goes no further in the clear."""
    reply = vault.connection("")
    where = [f"--{name}={reply[name]}" for name in ("hostname", "port", "username", "protocol")]

    ended = subprocess.run(
        [*XENFLOW, "host", "find", *where, "--password-stdin", "--json"],
        env=vault.stack.services.environment,
        input=f"{vault.password}\n",
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["answer"]["count"] == 3
    assert vault.password not in ended.stdout + ended.stderr
    assert vault.kept(vault.password) == []


@pytest.mark.parametrize(
    "elsewhere", [{"hostname": "localhost"}, {"port": 1}, {"protocol": "https"}]
)
def test_a_seal_for_another_address_is_refused(vault: Vault, elsewhere: dict[str, Any]) -> None:
    """A sealed password that was intercepted is of no use elsewhere."""
    with pytest.raises(errors.Refused, match="sealed for another address or user"):
        vault.stack.do("xenserver.host.find", **{**vault.sealed(), **elsewhere})


def test_http_is_refused_unless_the_worker_allows_it(stack: StackHarness) -> None:
    """Nobody is asked for a password in the clear."""
    where = {"hostname": "127.0.0.1", "port": 1, "protocol": "http", "username": "root"}

    with pytest.raises(errors.Refused, match="XENFLOW_ALLOW_HTTP"):
        stack.do("xenserver.host.find", **where, password="sealed:v2:x")


@pytest.mark.parametrize("way", ["root", "root.0.deep"])
def test_a_plain_password_that_is_fed_is_refused_and_kept_nowhere(vault: Vault, way: str) -> None:
    plain, task_id = secrets.token_hex(16), str(uuid.uuid4())
    before = {"root": plain} if way == "root" else {"root": [{"deep": plain}]}
    fields = {**vault.connection(""), "feed": {"password": way}}
    del fields["password"]
    redis: Any = vault.stack.redis  # its part for publications has no types
    published = redis.pubsub()
    published.psubscribe("*")

    vault.stack.app.send_task(
        "xenserver.host.find", args=[before], kwargs=fields, task_id=task_id, queue="change"
    )
    with pytest.raises(errors.Refused) as caught:
        vault.stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)

    assert caught.value.code == "XENFLOW_PASSWORD_NOT_SEALED"
    vault.flower.wait_for(task_id, state="FAILURE")
    vault.rewrite_log()
    assert vault.kept(plain) == []
    reply = list(iter(lambda: published.get_message(timeout=0.1), None))
    assert reply
    assert plain not in str(reply)
    published.close()


@pytest.mark.parametrize("task", ["xenserver.vm.clone", FLOW])
@pytest.mark.parametrize("protocol", [None, *messages.PROTOCOLS])
def test_a_plain_password_is_refused_and_kept_nowhere(
    vault: Vault, name: str, task: str, protocol: messages.Protocol | None
) -> None:
    """Valkey's log has what was received until it is rewritten; nothing else ever has."""
    plain, task_id = secrets.token_hex(16), str(uuid.uuid4())
    fields = {"vm" if task != FLOW else "template": "deb12", "name": name}

    _send(vault, protocol, task, task_id, {**fields, **vault.connection(plain)})
    with pytest.raises(errors.Refused) as caught:
        vault.stack.app.AsyncResult(task_id).get(timeout=TIMEOUT)

    assert caught.value.code == "XENFLOW_PASSWORD_NOT_SEALED"
    vault.flower.wait_for(task_id, state="FAILURE")
    vault.rewrite_log()
    assert vault.kept(plain) == []


@pytest.mark.parametrize("field", ["passwd", "Password", "root_password"])
def test_a_password_under_a_wrong_name_is_kept_nowhere(vault: Vault, field: str) -> None:
    """It is refused as an unknown field, and masked all the same."""
    plain = secrets.token_hex(16)
    fields = {"vm": "web02", field: plain}

    result = vault.stack.send("xenserver.vm.start", **fields)
    with pytest.raises(errors.Refused, match=f"{field}: there is no such field"):
        result.get(timeout=TIMEOUT)

    vault.flower.wait_for(result.id, state="FAILURE")
    vault.rewrite_log()
    assert vault.kept(plain) == []


def test_a_password_of_a_wrong_type_is_kept_nowhere(vault: Vault) -> None:
    plain = secrets.token_hex(16)
    fields = {**vault.connection(""), "password": {"plain": [plain]}}

    result = vault.stack.send("xenserver.host.find", **fields)
    with pytest.raises(errors.Refused, match="password"):
        result.get(timeout=TIMEOUT)

    vault.flower.wait_for(result.id, state="FAILURE")
    vault.rewrite_log()
    assert vault.kept(plain) == []


def _send(
    vault: Vault,
    protocol: messages.Protocol | None,
    task: str,
    task_id: str,
    fields: dict[str, Any],
) -> None:
    if protocol is None:
        vault.stack.send(task, task_id=task_id, **fields)
    else:
        message = messages.envelope(*protocol(task, task_id, fields), queue="change")
        vault.stack.runtime.journal.redis.lpush("change", message)
