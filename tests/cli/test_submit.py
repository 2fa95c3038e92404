"""Commands act through a real worker on a simulated pool, and end as what they asked for did."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from typing import NoReturn

import pytest

from cli import own_ends
from cli.client import Client
from cli.own_ends import Sent
from tasks.engine.declaration import catalogue, message
from tests.canvases.interference import refused
from tests.cli.conftest import Run, Submitter
from tests.stack import StackHarness
from tests.tasks.fixtures import Maker
from workers import target_check
from xenserver import errors

XENFLOW = (sys.executable, "-m", "cli")


def test_a_command_waits_and_prints_the_answer(
    act: Submitter, stack: StackHarness, name: str
) -> None:
    """The UUID of what was made comes first, then its fields; the exit code is 0."""
    reply = act("vm", "clone", "--vm", "deb12", "--name", name)

    assert reply.code == 0
    assert reply.out.splitlines()[0] in stack.xenserver.records("VM")
    assert f"name_label  {name}" in reply.out
    assert reply.err == ""


def test_an_answer_names_what_was_done_to_what(
    act: Submitter, stack: StackHarness, name: str
) -> None:
    """Objects of the message that the answer lacks are shown, for people alone."""
    cloned = act("flow", "clone-vms", "--vm", "deb12", "--name", name, "--count", "2")
    assert re.search(r"^vm +deb12$", cloned.out, re.MULTILINE)

    started = act("flow", "start-vms", "--vms", "web01", "--vms", "db01")
    assert re.search(r"^vms +web01, db01$", started.out, re.MULTILINE)
    [web01] = stack.xenserver.named("VM", "web01")
    twice = act("flow", "start-vms", "--vms", "web01", "--vms", web01["uuid"])
    assert re.search(rf"^vms +{web01['uuid']}$", twice.out, re.MULTILINE)

    host = stack.xenserver("host.get_record", web01["resident_on"])
    stay = ("vm", "migrate", "web01", "--host", host["uuid"], "--ensure")
    assert re.search(rf"^host +{host['name_label']}$", act(*stay).out, re.MULTILINE)
    assert "host" not in act.json(*stay)["answer"]


def test_json_is_one_object_and_nothing_else(act: Submitter, name: str) -> None:
    """It has the id, the state and the answer."""
    reply = act.json("vm", "clone", "--vm", "deb12", "--name", name)

    assert reply["state"] == "SUCCESS"
    assert reply["answer"]["name_label"] == name


def test_a_flow_has_a_command_as_well(act: Submitter, stack: StackHarness, name: str) -> None:
    """Its answer is the VM."""
    flow = ("flow", "create-vm-from-configured-template")

    reply = act(*flow, "--template", "deb12", "--name", name, "--no-start")

    assert reply.code == 0
    [made] = stack.xenserver.named("VM", name)
    assert made["uuid"] in reply.out
    assert made["power_state"] == "Halted"


def test_structures_come_from_a_file_and_sizes_have_units(
    act: Submitter, stack: StackHarness, name: str, tmp_path: Path
) -> None:
    """A structure may also be written on the line."""
    disks = tmp_path / "disks.json"
    disks.write_text('[{"size": "1GiB", "sr": "NFS virtual disk storage"}]', encoding="utf-8")
    flow = ("flow", "create-vm-from-unconfigured-template", "--template", "blank", "--name", name)
    networks = '[{"network": "lab", "mtu": 1400}]'

    reply = act(
        *flow, "--memory", "512 MiB", "--disks", f"@{disks}", "--networks", networks, "--no-start"
    )

    assert reply.code == 0, reply.err
    [made] = stack.xenserver.named("VM", name)
    [disk] = stack.xenserver.named("VDI", f"{name} disk 0")
    assert int(made["memory_static_max"]) == 512 << 20
    assert int(disk["virtual_size"]) == 1 << 30
    assert [stack.xenserver("VIF.get_MTU", vif) for vif in made["VIFs"]] in ([1400], ["1400"])


def test_a_list_of_vms_is_printed_as_its_table(act: Submitter) -> None:
    """The records are not printed a second time."""
    reply = act("flow", "find-list-of-vms", "--name", "web0", "--is-search-expression")

    head, *lines = reply.out.splitlines()
    assert head.split() == ["UUID", "NAME", "POWER", "STATE"]
    assert [line.split()[1] for line in lines][:2] == ["web01", "web02"]
    assert reply.out.count("web01") == 1


def test_what_was_kept_is_named(act: Submitter, stack: StackHarness, name: str) -> None:
    """The error names it, and so does the record of the run."""
    flow = ("flow", "create-vm-from-configured-template", "--template", "deb12", "--name", name)

    with refused(stack.xenserver, "VM.start"):
        reply = act(*flow, "--on-failure", "keep")

    assert reply.code == 1
    assert f"kept: VM {name}" in reply.err
    assert stack.xenserver.named("VM", name)
    shown = re.search(r"xenflow show ([0-9a-f-]{36})", reply.err)
    assert shown
    assert f"VM {name}" in act("show", shown[1]).out


def test_run_sends_any_name(act: Submitter, stack: StackHarness, name: str) -> None:
    """The name may be short, and keys may be in camelCase."""
    reply = act("run", "xenserver.vm.clone", "vm=deb12", f"name={name}", "onFailure=keep")

    assert reply.code == 0
    assert stack.xenserver.named("VM", name)


def test_records_are_a_table(act: Submitter) -> None:
    """It has the columns that were asked for."""
    reply = act("host", "find", "--fields", "uuid", "--fields", "name_label")

    assert reply.out.splitlines()[0] == "3 hosts"
    assert re.search(r"uuid +name_label", reply.out)
    assert re.search(r"[0-9a-f-]{36} +xs1", reply.out)


def test_a_failure_has_a_message_and_a_next_step(act: Submitter) -> None:
    """The exit code is 1; a stack trace is printed only on demand."""
    reply = act("vm", "start", "--vm", "nosuch")

    assert (reply.code, reply.out) == (1, "")
    assert "no VM is named nosuch" in reply.err
    assert re.search(r"^Next: .*xenflow show [0-9a-f-]{36}$", reply.err, re.MULTILINE)
    assert "Traceback" not in reply.err
    assert "Traceback" in act("vm", "start", "--vm", "nosuch", "--debug").err


def test_an_answer_of_before_differs_from_one_of_now(act: Submitter, name: str) -> None:
    """The failure of then, under an id that is sent again, reads as if it were true now."""
    message = ("vm", "start", "--vm", "web01", "--id", name)
    first, again = act(*message), act(*message)

    assert "nothing runs now" not in first.err
    assert f"{name} has ended before: this is its stored answer" in again.err
    assert "--repeat-failed" in again.err


def test_an_id_is_refused_to_another_request_at_the_command_line(
    act: Submitter, stack: StackHarness, name: str
) -> None:
    """Nothing is sent, each request gets the answer of its own, and that in either order."""
    maker = Maker(stack.xenserver, stack.xenserver.control)
    vm = maker.vm()
    tag = ("vm", "tag", "--vm", vm, "--id", name, "--add")
    assert act(*tag, f"{name}-1").code == 0

    refused = act(*tag, f"{name}-2", "--repeat-failed")
    assert (refused.code, refused.out) == (1, "")
    assert "XENFLOW_ID_TAKEN" in refused.err
    assert act(*tag, f"{name}-2", "--no-wait").code == 1
    assert not stack.record(name).refusals

    again = act(*tag, f"{name}-1", "--repeat-failed")
    assert (again.code, "this is its stored answer" in again.err) == (0, True)
    assert maker.record("VM", vm)["tags"] == [f"{name}-1"]


@pytest.mark.parametrize("is_there", [True, False])
def test_the_refusal_of_another_message_is_not_taken_for_the_answer(
    act: Submitter, stack: StackHarness, name: str, *, is_there: bool
) -> None:
    """A client of Celery sent it, and had deleted the stored end."""
    vm = Maker(stack.xenserver, stack.xenserver.control).vm() if is_there else "nosuch"
    tag = ("vm", "tag", "--vm", vm, "--add", name, "--id", name, "--json")
    first = act(*tag)
    stack.until(lambda: stack.record(name).published, "published")
    stack.app.AsyncResult(name).forget()
    stack.send("xenserver.vm.start", task_id=name, vm="web02")
    stack.until(lambda: "XENFLOW_ID_TAKEN" in str(stack.app.AsyncResult(name).result), "refused")

    again = act(*tag)

    assert (again.code, json.loads(again.out)) == (first.code, json.loads(first.out))


def test_an_end_that_another_request_reached_first_is_not_its_answer(
    stack: StackHarness, name: str
) -> None:
    """Its id was free when the command looked, and then the other message came first."""
    operation = catalogue.find("xenserver.vm.find")
    assert operation
    checked = message.check(operation.model, {"name": "web01"})
    with Client(stack.services.settings) as producer:
        sent = Sent(operation.name, name, checked)
        assert own_ends.refusal(producer, sent) is None
        stack.send(operation.name, task_id=name, name="web02").get(timeout=60)

        end = own_ends.own_end(producer, sent, name)

    assert end
    assert end.error
    assert end.error.code == "XENFLOW_ID_TAKEN"


@pytest.mark.parametrize(
    "words",
    [
        ("vm", "start", "--vm", "nosuch"),
        ("vbd", "create", "--vm", "web02"),
        ("flow", "setup-disk-or-cd", "--vm", "web02"),
    ],
)
def test_the_record_of_a_failed_run_has_message_and_stack_trace(
    act: Submitter, words: tuple[str, ...]
) -> None:
    """They are `return_result` and `exception`, of an operation and of a flow."""
    failed = act.json(*words)

    [step] = act.json("show", failed["id"])["steps"]

    assert failed["error"]["next"].endswith(f"xenflow show {failed['id']}")
    assert failed["error"]["exit_code"] == 1
    assert step["return_result"] == failed["error"]["message"]
    assert step["exception"].startswith(failed["error"]["message"])
    assert "Traceback" in step["exception"]


def test_a_refused_message_leaves_message_and_stack_trace_too(
    act: Submitter, stack: StackHarness
) -> None:
    """Nothing of it was run."""
    result = stack.send("xenserver.vm.start", vm="web02", cpus=3)
    with pytest.raises(errors.Refused):
        result.get(timeout=60)

    [step] = act.json("show", result.id)["steps"]

    assert "cpus: there is no such field" in step["return_result"]
    assert "Traceback" in step["exception"]


def test_a_failure_is_json_too(act: Submitter) -> None:
    """The error is in the object, and its text on standard error."""
    reply = act("vm", "start", "--vm", "nosuch", "--json")

    error = json.loads(reply.out)["error"]
    assert (error["type"], error["code"]) == ("Missing", "XENFLOW_NO_SUCH_OBJECT")
    assert reply.code == 1


def test_what_takes_too_long_has_a_code_of_its_own(act: Submitter, stack: StackHarness) -> None:
    """The worker keeps the deadline; the exit code is 4."""
    with stack.xenserver.held():
        reply = act("vm", "copy", "--vm", "deb12", "--name", "late", "--timeout", "1s")

    assert reply.code == 4
    assert "--timeout" in reply.err


def test_who_does_not_wait_gets_an_id(act: Submitter, stack: StackHarness, name: str) -> None:
    """The run can be shown, watched and cancelled by the id."""
    with stack.xenserver.held():
        sent = act("vm", "copy", "--vm", "deb12", "--name", name, "--no-wait").out.strip()
        stack.until_parks(sent)
        shown = act("show", sent)
        listed = act("runs")

    assert "waits for VM.copy" in " ".join(shown.out.split())
    assert sent in listed.out
    watched = act("watch", sent)
    assert watched.code == 0
    assert "✓ xenserver.vm.copy" in watched.out


def test_a_run_is_cancelled_by_its_id(act: Submitter, stack: StackHarness, name: str) -> None:
    """What was made is undone, and `watch` exits as the run ended."""
    with stack.xenserver.held():
        sent = act("vm", "copy", "--vm", "deb12", "--name", name, "--no-wait").out.strip()
        stack.until_parks(sent)
        reply = act("cancel", sent[:13])

    assert reply.code == 0
    assert "is being cancelled" in reply.out
    assert act("watch", sent).code == 1
    assert act("cancel", sent).code == 1
    names = [record["name_label"] for record in stack.xenserver.records("VM").values()]
    assert not [label for label in names if name in label or sent in label]


def test_a_time_limit_is_named_as_it_was_given(act: Submitter, name: str) -> None:
    """However short it is."""
    reply = act("vm", "copy", "deb12", "--name", name, "--timeout", "1ms")

    assert reply.code == 4
    assert "took longer than 0.001 s" in reply.err


def test_async_answers_with_the_task_of_xenserver(act: Submitter, name: str) -> None:
    """XenServer works on it meanwhile."""
    reply = act.json("vm", "copy", "--vm", "deb12", "--name", name, "--async")

    assert reply["answer"]["task"]["status"] == "pending"


def test_targets_shows_what_waits_on_each(act: Submitter, stack: StackHarness, name: str) -> None:
    """It also shows whether a poller follows it."""
    with stack.xenserver.held():
        sent = act("vm", "copy", "--vm", "deb12", "--name", name, "--no-wait").out.strip()
        stack.until_parks(sent)
        reply = act.json("targets")

    [default] = reply["targets"]
    assert (default["name"], default["url"]) == ("default", stack.xenserver.url)
    assert default["parked"] >= 1


def test_ctrl_c_says_how_to_go_on(stack: StackHarness, name: str) -> None:
    """The exit code is 130, and the run continues."""
    sent = str(uuid.uuid4())
    words = [*XENFLOW, "vm", "copy", "--vm", "deb12", "--name", name, "--id", sent]
    with stack.xenserver.held():
        asking = subprocess.Popen(
            words, env=stack.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        stack.until_parks(sent)
        os.kill(asking.pid, signal.SIGINT)
        out, err = asking.communicate()

    assert (asking.returncode, out) == (130, b"")
    assert f"Next: xenflow watch {sent} · xenflow cancel {sent}" in err.decode()
    assert b"Traceback" not in err


class Interrupted(io.StringIO):
    """A stream at which Ctrl-C comes when something is written."""

    def write(self, _text: str) -> NoReturn:
        """Raise what Ctrl-C raises."""
        raise KeyboardInterrupt


def test_ctrl_c_after_the_end_says_that_it_has_ended(
    act: Submitter, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is kept, and there is nothing to cancel."""
    sent = str(uuid.uuid4())
    monkeypatch.setattr(sys, "stdout", Interrupted())

    reply = act("vm", "clone", "deb12", "--name", name, "--id", sent)

    assert reply.code == 130
    assert "interrupted; xenserver.vm.clone has ended" in reply.err
    assert reply.err.splitlines()[-1] == f"Next: xenflow show {sent}"


def test_a_process_ends_without_noise(stack: StackHarness) -> None:
    """Standard error is empty: all connections are closed."""
    asked = subprocess.run(
        [*XENFLOW, "host", "find"], env=stack.environment, capture_output=True, check=False
    )

    assert (asked.returncode, asked.stderr) == (0, b"")


def test_a_failed_run_runs_again(act: Submitter, stack: StackHarness, name: str) -> None:
    """It succeeds once the cause is gone, under a new id and under its own."""
    failed = act.json("vm", "start", name)
    assert act("vm", "clone", "deb12", "--name", name).code == 0
    assert act("vm", "install", name, "--in-place").code == 0

    again = act.json("retry", failed["id"])

    assert again["state"] == "SUCCESS"
    assert again["id"] != failed["id"]
    assert act("vm", "shutdown", name, "--force").code == 0
    same = act.json("retry", failed["id"], "--same-id")
    assert (same["id"], same["state"]) == (failed["id"], "SUCCESS")
    [started] = stack.xenserver.named("VM", name)
    assert started["power_state"] == "Running"


def test_cancel_can_wait_for_the_end(act: Submitter, stack: StackHarness, name: str) -> None:
    """What was made is gone when the command ends."""
    with stack.xenserver.held():
        sent = act("vm", "copy", "deb12", "--name", name, "--no-wait").out.strip()
        stack.until_parks(sent)
        reply = act("cancel", sent, "--wait")

    assert f"{sent} is cancelled: xenserver.vm.copy was cancelled" in reply.out
    listed = act.json("runs", "--state", "cancelled")["runs"]
    assert sent in [one["id"] for one in listed]
    assert not stack.xenserver.named("VM", name)


def test_a_target_on_which_nothing_waits_has_no_trouble(
    run: Run, isolated_stack: StackHarness
) -> None:
    """That no poller follows it is as it should be, and said in both forms for people."""
    environment = isolated_stack.services.environment
    reply = run("targets", **environment, COLUMNS="120")
    listed = run("targets", "--output", "list", **environment)

    head, line = (re.split(" {2,}", text) for text in reply.out.splitlines())
    shown = dict(zip(head, line, strict=True))
    assert (shown["parked"], shown["followed"], shown["trouble"]) == ("0", "idle", "none")
    assert re.search(r"^followed +idle$", listed.out, re.MULTILINE)


def test_a_refusal_of_a_worker_names_options(act: Submitter) -> None:
    """For a program it names the fields, as does the answer."""
    words = ("flow", "setup-disk-or-cd", "--vm", "web01", "--disk-size", "1GiB")

    assert "--vdi-type: is missing" in act(*words).err
    assert "vdi_type: is missing" in act.json(*words)["error"]["message"]


def test_targets_are_checked_by_logging_in(act: Submitter) -> None:
    """It shows what is there, and how many hosts it has."""
    reply = act("targets", "--check")

    assert reply.code == 0
    assert re.search(r"default +http\S+ +XenServer [\d.]+, 3 hosts", reply.out)


def test_a_target_that_hangs_is_given_up_on(
    act: Submitter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the network or the host that is to be checked, not the profile."""
    monkeypatch.setattr(target_check, "LIMIT", 0.2)
    targets = tmp_path / "targets.toml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f'url = "http://127.0.0.1:{port}"\nuser = "root"\npassword_env = "NOBODY"\n'
        targets.write_text(f"[hangs]\n{url}", encoding="utf-8")

        reply = act("targets", "--check", XENFLOW_TARGETS=str(targets), NOBODY="secret")

    assert reply.code == 3
    assert "gave no answer in 0.2 s" in reply.out
    assert "it may have happened" not in reply.out
    assert f"Next: check the network and the host behind http://127.0.0.1:{port}" in reply.err


def test_a_target_that_cannot_be_reached_is_named(act: Submitter, tmp_path: Path) -> None:
    """The exit code is 3."""
    targets = tmp_path / "targets.toml"
    targets.write_text(
        '[gone]\nurl = "http://127.0.0.1:1"\nuser = "root"\npassword_env = "NOBODY"\n',
        encoding="utf-8",
    )

    reply = act("targets", "--check", XENFLOW_TARGETS=str(targets), NOBODY="secret")

    assert reply.code == 3
    assert "cannot log in to gone" in reply.err
    assert "secret" not in reply.out + reply.err


def test_hosts_are_shown_by_name(act: Submitter) -> None:
    """Programs get UUIDs."""
    shown = act("vm", "find", "web01", "--wide")
    [record] = act.json("vm", "find", "web01")["answer"]["records"]

    assert re.search(r"\bxs[123]\b", shown.out)
    assert record["resident_on"] not in shown.out


def test_drives_show_vms_and_disks_by_name(act: Submitter) -> None:
    """Programs get UUIDs."""
    shown = act("vbd", "find", "--vm", "web01", "--wide")
    record, *_ = act.json("vbd", "find", "--vm", "web01")["answer"]["records"]

    assert re.search(r"\bweb01 +web01 system\b", shown.out), shown
    assert record["VM"] not in shown.out


def test_without_a_worker_nothing_is_sent(run: Run, isolated_stack: StackHarness) -> None:
    """The exit code is 3; --no-wait leaves a message all the same."""
    redis = isolated_stack.runtime.journal.redis

    reply = run("vm", "start", "--vm", "web02", **isolated_stack.services.environment)

    assert reply.code == 3
    assert "no worker answers" in reply.err
    assert "xenflow worker" in reply.err
    assert redis.llen("change") == 0
    words = ("vm", "start", "--vm", "web02", "--no-wait")
    assert run(*words, **isolated_stack.services.environment).code == 0
    assert redis.llen("change") == 1
