"""Misuse of a command is explained, for programs as data."""

import io
import json
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from redis import Redis

import cli
from cli import journal_reader
from cli.exit_codes import Code
from tests.cli.conftest import Run
from workers.local_stack import valkey_server
from workers.local_stack.valkey_server import Valkey

ROOT = Path(__file__).parents[2]
MISUSES = [
    (["vmm"], "Did you mean 'vm'?"),
    (["vm", "strat"], "Did you mean 'start'?"),
    (
        ["flow", "create-vm"],
        "Did you mean 'create-vm-from-configured-template' or 'create-vm-from-un",
    ),
    (["vm.start", "web02"], "Did you mean 'vm start'?"),
    (["vm.strat", "web02"], "Did you mean 'vm start'?"),
    (["vm_start", "web02"], "No such command 'vm_start'. Did you mean 'vm start'?"),
    (["start", "web02"], "No such command 'start'. Did you mean 'vm start'?"),
    (["create_vm"], "Did you mean 'flow create-vm-from-configured-template' or 'flow create-vm-"),
    (["describe", "vm", "strat"], "'vm.strat'; did you mean xenserver.vm.start?"),
    (
        ["describe", "create-vm"],
        "did you mean flow.create_vm_from_configured_template or flow.create",
    ),
    (["run", "vm", "strat", "vm=web02"], "'vm.strat'; did you mean xenserver.vm.start?"),
    (["run", "vm.start", "vm=web02", "hots=xs1"], "no such field (did you mean host?); this"),
    (["run"], "Missing argument 'NAME'"),
    (["vm", "list"], "there is no `xenflow vm list`"),
    (["vm", "start"], "--vm is missing"),
    (["vm", "start", "web01", "web02"], "unexpected extra argument"),
    (["vm", "start", "web01", "--vm", "web01"], "--vm is given twice"),
    (["vm", "revert", "web01", "--snapshot", "a"], "'web01' without an option stands for it"),
    (["vm", "start", "--vm", "web02", "--vm", "web01"], "--vm is given 2 times; it takes one"),
    (["vm", "clone", "deb12", "--name=a", "--name", "a"], "--name is given 2 times"),
    (["vm", "find", "--include-templates", "--no-include-templates"], "is given 2 times"),
    (["runs", "--target", "a", "--target", "b"], "--target is given 2 times"),
    (["vm", "start", "a", "--hostname", "xs1"], "--hostname needs --username too"),
    (["dead-letters", "--drop"], "--drop needs either ids or --all"),
    (["vm", "start", ""], "vm: must not be empty"),
    (["vm", "start", "web01", "--timeout", "soon"], "timeout: a duration"),
    (["vm", "start", "web01", "--timeout", "400d"], "--timeout: must be at most 366 d"),
    (["vm", "start", "web01", "--port", "http"], "port: must be a whole number"),
    (["vm", "start", "web01", "--id", "a\nb"], "id: an id is"),
    (["vm", "find", "--power-state", "on"], "'halted', 'paused', 'running', 'suspended'"),
    (["vm", "find", "--limit", "0"], "limit: must be at least 1"),
    (["vif", "create", "--vm", "web01"], "Missing option '--network'"),
    (["run", "vm.start", "vm=a", "vm=b"], "vm is given 2 times"),
    (["run", "vm.start", "=a"], ": there is no such field"),
    (["run", "vm.start", "vm=a", "feed=b"], "feed: 'b' is not KEY=VALUE"),
    (["run", "nosuch.at_all"], "there is no operation 'nosuch.at_all'"),
    (["run", "flow.setup_disk_or_cd", "vm=a", "disks=[1"], "disks: there is no such field"),
    (["describe", ""], "there is no operation ''"),
    (["runs", "--since", "soon"], "'soon' is not a time"),
    (["runs", "--limit", "0"], "must be at least 1"),
    (["runs", "--limit", "many"], "must be a whole number"),
    (["runs", "--limit", "100001"], "'-n': must be at least 1 and at most 100000"),
    (["runs", "--since", ""], "--since: '' is not a time"),
    (["runs", "--since", "0001-01-01"], "--since: '0001-01-01' is not a time"),
    (["runs", "--until", "soon"], "--until: 'soon' is not a time"),
    (["demo", "--vms", "0"], "must be at least 1"),
    (["demo", "--folder", f"{__file__}/x"], f"--folder: {__file__}/x: Not a directory"),
    (["up", "--slots", "0"], "'--slots': must be at least 1 and at most 10000"),
    (["up", "--simulate", "--speed", "nan"], "'--speed': must be at least 0.001 and at most 1"),
    (["up", "--simulate", "--speed", "inf"], "'--speed': must be at least 0.001 and at most 1"),
    (["up", "--simulate", "--vms", "x"], "must be a whole number, at least 0 and at most 100000"),
    (["up", "--folder", __file__], f"--folder: {__file__}: it is a file, not a folder"),
    (["worker", "--slots", "10001"], "'--slots': must be at least 1 and at most 10000"),
    (["worker", "--name", ""], "--name: must be one word without @ and /, not ''"),
    (["poller", "--name", "a b"], "--name: must be one word without @ and /, not 'a b'"),
    (["seal", "--hostname", "xs1", "--port", "65536"], "'--port': must be at least 1 and at most"),
    (["seal", "--hostname", " "], "--hostname: must not be empty"),
    (["seal", "--hostname", "xs1", "--username", ""], "--username: must not be empty"),
    (["metrics", "--listen", "127.0.0.1:65536"], "with a port from 0 to 65535"),
    (["metrics", "--listen", "127.0.0.1:²"], "with a port from 0 to 65535"),
    (["metrics", "--listen", "nosuch.invalid:0"], "--listen nosuch.invalid:0: "),
    (["schema", "--folder", __file__], f"--folder: {__file__}: it is a file, not a folder"),
    (["schema", "--python", str(ROOT)], f"--python: {ROOT}: Is a directory"),
    (["simulate", "--port", "99999999"], "--port: must be a whole number from 0 to 65535"),
    (["simulate", "--port", "-1"], "--port: must be a whole number from 0 to 65535"),
    (["simulate", "--speed", "0"], "--speed: must be a number from 0.001 to 1000000"),
    (["simulate", "--speed", "inf"], "--speed: must be a number from 0.001 to 1000000"),
    (["simulate", "--seed", "1.5"], "--seed: must be a whole number, not '1.5'"),
    (["simulate", "--hosts", "65"], "--hosts: must be a whole number from 0 to 64"),
    (["simulate", "--vms", "-1"], "--vms: must be a whole number from 0 to 100000"),
    (["simulate", "--duration", "VM.start=-3"], "--duration: must be a number from 0 to "),
    (["simulate", "--duration", "VM.strat=3"], "--duration: there is no method 'VM.strat'"),
    (["simulate", "--host", ""], "--host: must not be empty"),
    (["simulate", "--host", "nosuch.invalid"], "--host: nosuch.invalid: "),
    (["simulate", "--pool", str(ROOT)], f"{ROOT}: Is a directory"),
    (["simulate", "--ready-file", str(ROOT)], f"--ready-file: {ROOT}: Is a directory"),
    (["simulate", "--do", '{"do": "nap"}'], "--do {'do': 'nap'}: `do` must be one of"),
    (["simulate", "now"], "unrecognized arguments: now"),
    (["simulate", "--prot", "80"], "did you mean --port?"),
    (
        ["vm", "block", "a", "--operations", "destroyy"],
        "--operations: there is no 'destroyy'; did you",
    ),
    (["vm", "block", "a", "--operations", "xyz"], "--operations: there is no 'xyz'; it is one of"),
    (["run", "vm.block", "vm=a", "operations=destroyy"], "did you mean destroy? It is one of"),
    (
        ["run", "vm.find", "power_state=runing"],
        "power_state: there is no 'runing'; did you mean Running",
    ),
    (["vm", "block", "a", "--operations", "[1]"], "--operations: must be"),
    (["up", "--vms", "5"], "are for the simulated pool"),
    (["up", "--pool", "lab.toml"], "are for the simulated pool"),
    (["up", "--simulate", "--pool", "nosuch.toml"], "nosuch.toml: No such file"),
    (["vdi", "destroy", "old"], "nothing was sent: standard input is not a terminal"),
    (["flow", "destroy-vm-and-disks", "web01", "--no-wait"], "nothing was sent"),
    (["run", "vdi.destroy", "vdi=old"], "disk old and all its data will be lost"),
    (["vm", "start", "web01", "--password", "secret"], "--password takes no value"),
]


@pytest.mark.parametrize(("words", "message"), MISUSES)
def test_a_misuse_is_explained_without_redis(
    words: list[str], message: str, run: Run, nowhere: str
) -> None:
    """The exit code is 2, the text is on standard error, and there is no stack trace."""
    reply = run(*words, XENFLOW_REDIS_URL=nowhere)

    assert (reply.code, reply.out) == (2, "")
    assert reply.err.startswith("xenflow: ")
    assert message in reply.err
    assert "\nNext: " in reply.err
    assert "Traceback" not in reply.err
    assert "Value error" not in reply.err
    assert "Input should" not in reply.err
    assert "secret" not in reply.err


def test_the_password_of_a_simulated_pool_is_an_option(run: Run) -> None:
    """It opens nothing, so it can be written; what is wrong is another option."""
    reply = run("simulate", "--password", "known", "--port", "none")

    assert reply.code == 2
    assert "--port: must be a whole number from 0 to 65535, not 'none'" in reply.err


def test_a_port_that_is_taken_is_named_with_the_next_step(
    run: Run, valkey: valkey_server.Valkey
) -> None:
    """It is no misuse: another process may end."""
    reply = run("simulate", "--port", str(valkey.port))

    assert reply.code == 1
    assert f"cannot listen at 127.0.0.1:{valkey.port}: Address already in use" in reply.err
    assert "\nNext: end what listens there" in reply.err


def test_the_help_of_the_simulator_shows_what_it_does_by_default(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names itself by the command that was typed, and no default that is none."""
    with pytest.raises(SystemExit):
        run("simulate", "--help")

    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("usage: xenflow simulate [-h]")
    assert "(default: 127.0.0.1)" in shown
    assert "default: None" not in shown
    assert "==SUPPRESS==" not in shown


@pytest.mark.parametrize(("words", "message"), MISUSES)
def test_a_misuse_is_json_where_json_is_asked_for(
    words: list[str], message: str, run: Run, nowhere: str
) -> None:
    """Standard output is one object, which has the exit code too."""
    reply = run(*words, "--json", XENFLOW_REDIS_URL=nowhere)

    error = json.loads(reply.out)["error"]
    unknown = ("No such option: --json", "unrecognized arguments: --json")
    assert any(text in error["message"] for text in (message, *unknown))
    assert error["exit_code"] == reply.code == 2


@pytest.mark.parametrize(
    ("words", "next_step"),
    [
        (["vm", "start", "--vm"], "xenflow vm start --help"),
        (["runs", "--since"], "xenflow runs --help"),
        (["runs", "--json", "--output", "jsonl"], "xenflow runs --help"),
        (["--output"], "xenflow --help"),
    ],
)
def test_whatever_is_misused_the_next_step_is_named(
    words: list[str], next_step: str, run: Run
) -> None:
    """It shows how the command is used."""
    assert run(*words).err.splitlines()[-1] == f"Next: {next_step}"


@pytest.mark.parametrize("words", [["-h"], ["vm", "-h"], ["vm", "start", "-h"], ["runs", "-h"]])
def test_h_is_short_for_help(words: list[str], run: Run) -> None:
    """It is the same help."""
    reply = run(*words)

    assert reply.code == 0
    assert reply.out == run(*words[:-1], "--help").out


@pytest.mark.parametrize("words", [["runs"], ["vm", "start", "web01"], ["targets"], ["show", "a"]])
@pytest.mark.parametrize("chosen", ["json", "jsonl", "yaml"])
def test_a_redis_that_is_away_is_an_object_too(
    words: list[str], chosen: str, run: Run, nowhere: str
) -> None:
    """The exit code is 3."""
    reply = run(*words, "--output", chosen, XENFLOW_REDIS_URL=nowhere)

    error = yaml.safe_load(reply.out)["error"]  # JSON is YAML too
    assert "cannot reach Redis at 127.0.0.1" in error["message"]
    assert error["exit_code"] == reply.code == 3


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.mark.parametrize("words", [["runs"], ["vm", "start", "web01"], ["doctor"], ["show", "a"]])
def test_a_redis_that_hangs_is_given_up_on(
    words: list[str], run: Run, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command has the same limit and the same words."""
    monkeypatch.setattr(journal_reader, "ANSWER_TIMEOUT", 0.2)

    reply = run(*words, XENFLOW_REDIS_URL=silent)

    assert reply.code == 3
    assert "does not answer" in reply.err
    assert "start it" not in reply.err


def test_a_refused_login_is_not_a_redis_to_be_started(
    run: Run, valkey: valkey_server.Valkey
) -> None:
    """The next step is to correct the password, which is not repeated."""
    wrong = valkey.url.replace(valkey.password, "swordfish")

    for words in (["runs"], ["vm", "start", "web01"]):
        reply = run(*words, XENFLOW_REDIS_URL=wrong)

        assert reply.code == 3
        assert "refuses the login" in reply.err
        assert "Next: correct user and password in XENFLOW_REDIS_URL" in reply.err
        assert "swordfish" not in reply.err
        _is_a_known_symptom(reply.err)


def test_a_missing_password_is_one_to_be_set(run: Run, valkey: valkey_server.Valkey) -> None:
    """It is a refused login as well."""
    reply = run("runs", XENFLOW_REDIS_URL=f"redis://127.0.0.1:{valkey.port}/0")

    assert reply.code == 3
    assert "refuses the login" in reply.err
    _is_a_known_symptom(reply.err)


def _is_a_known_symptom(printed: str) -> None:
    """Refuse a text that the page of troubles does not have as it is printed."""
    page = (ROOT / "docs/how-to/troubleshoot.md").read_text(encoding="utf-8")
    [reason] = re.findall(r"refuses the login: (.+?)\.?\n", printed)
    assert f"`{reason}`" in page


@pytest.mark.parametrize("text", ["running", "RUNNING", "Running"])
def test_a_choice_is_taken_in_any_case(text: str, run: Run, nowhere: str) -> None:
    """It is sent as XenServer spells it."""
    find = ("vm", "find", "--dry-run", "--json")

    reply = run(*find, "--power-state", text, XENFLOW_REDIS_URL=nowhere)
    by_pair = run("run", "vm.find", f"power_state={text}", "--dry-run", "--json")

    assert json.loads(reply.out)["kwargs"] == {"power_state": "Running"}
    assert json.loads(by_pair.out)["kwargs"] == {"power_state": "Running"}


def test_a_dry_run_shows_values_without_the_marks_of_a_language(run: Run, nowhere: str) -> None:
    """Flags are true or false, lists have commas, and maps have equals signs."""
    disks = '[{"size": "1GiB", "sr": "nfs"}]'
    flow = ("flow", "create-vm-from-unconfigured-template", "--template", "blank", "--name", "a")
    words = ("--no-start", "--disks", disks, "--dry-run")

    lines = run(*flow, *words, XENFLOW_REDIS_URL=nowhere).out.splitlines()
    found = run("vm", "find", "--fields", "tags", "--fields", "platform", "--dry-run").out

    assert "  start=false" in lines
    assert "  fields=tags, platform" in found.splitlines()
    assert "True" not in "".join(lines)
    assert "False" not in "".join(lines)


@pytest.mark.parametrize(
    ("words", "kwargs"),
    [
        (["vm", "start", "web01"], {"vm": "web01"}),
        (["vm", "clone", "deb12", "--name", "a"], {"vm": "deb12", "name": "a"}),
        (["vm", "find", "web01"], {"name": "web01"}),
        (
            ["vm", "find", "5e00ea6d-ca24-4e4d-9667-2017555a4085"],
            {"uuid": "5e00ea6d-ca24-4e4d-9667-2017555a4085"},
        ),
        (["flow", "destroy-vm-and-disks", "web01"], {"vm": "web01"}),
        (["vm", "start", "--", "-web01"], {"vm": "-web01"}),
    ],
)
def test_one_obvious_object_needs_no_option(
    words: list[str], kwargs: dict[str, str], run: Run, nowhere: str
) -> None:
    """An argument stands for its name, or for its UUID where it has the form of one."""
    reply = run(*words[:2], "--dry-run", "--json", *words[2:], XENFLOW_REDIS_URL=nowhere)

    assert json.loads(reply.out)["kwargs"] == kwargs


def test_a_key_that_somebody_else_wrote_is_named(run: Run, redis: Redis, valkey: Valkey) -> None:
    """The message has the command to look with; the list of runs leaves that one out."""
    redis.set("xenflow:op:11111111", "x")

    reply = run("show", "11111111", XENFLOW_REDIS_URL=valkey.url)

    assert reply.code == Code.UNREACHABLE
    assert "the key xenflow:op:11111111 is a string" in reply.err
    assert "redis-cli type xenflow:op:11111111" in reply.err
    assert "XENFLOW_REDIS_REPLY" in reply.err
    assert run("runs", XENFLOW_REDIS_URL=valkey.url).code == 0


@pytest.mark.parametrize("word", ["--jsn", "--jsno", "--josn", "--JSON", "-json"])
def test_json_that_is_misspelt_is_answered_with_json(word: str, run: Run, nowhere: str) -> None:
    """A program reads standard output, which would be empty."""
    reply = run("vm", "start", "web01", word, XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 2
    assert json.loads(reply.out)["error"]["exit_code"] == 2


class Typed(io.StringIO):
    """A stream that leads to a terminal."""

    def isatty(self) -> bool:
        """Return that it does."""
        return True


def test_an_error_is_written_once_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard output and standard error are the same, JSON is enough."""
    out, err = Typed(), Typed()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)

    assert cli.main(["runs", "--json", "--since", "nonsense"]) == 2

    assert "is not a time" in json.loads(out.getvalue())["error"]["message"]
    assert err.getvalue() == ""


@pytest.mark.parametrize(
    "words",
    [
        ["vm", "destroy_snapshot", "--help"],
        ["describe", "vm", "destroy-snapshot"],
        ["run", "vm", "destroy-snapshot", "snapshot=a", "--dry-run"],
    ],
)
def test_an_operation_is_known_by_either_spelling(words: list[str], run: Run, nowhere: str) -> None:
    """Its name and its command have the same parts."""
    reply = run(*words, XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 0
    assert "snapshot" in reply.out
