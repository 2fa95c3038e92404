"""The wizard asks a running pool, and what it wrote runs as any other operation."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output.plain_text import PlainTextOutput

from cli.wizard import selection, writer
from cli.wizard.server_methods import ServerMethods
from config.settings import Settings
from config.targets import Target, Targets
from simulator import datamodel
from tests.cli.conftest import Ended, Run
from tests.stack import StackHarness
from workers import loader
from xenserver import errors

MODEL = datamodel.load()
UNPUBLISHED = "VM.set_name_description"
OLD_MODEL = replace(
    MODEL, messages={m: reply for m, reply in MODEL.messages.items() if m != UNPUBLISHED}
)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Name a folder that is not there yet; nothing of it stays in the catalogue."""
    yield tmp_path / "operations"
    loader.load(Settings(operations_path=None))


@pytest.fixture
def offers(stack: StackHarness) -> Iterator[ServerMethods]:
    """Ask the simulated pool what it offers."""
    with ServerMethods.of(_target(stack)) as offered:
        yield offered


def _target(stack: StackHarness) -> Target:
    return Targets.read(stack.services.settings.targets)["default"]


class Wizard:
    """Run `xenflow wizard` for a pool and a folder."""

    def __init__(self, run: Run, stack: StackHarness, folder: Path) -> None:
        self._run = run
        self.environment = {
            **stack.services.environment,
            "XENFLOW_OPERATIONS_PATH": str(folder),
        }

    def __call__(self, *words: str) -> Ended:
        """Return how it ended."""
        return self.xenflow("wizard", *words)

    def xenflow(self, *words: str) -> Ended:
        """Run any other command as somebody of the same stack."""
        return self._run(*words, **self.environment)


@pytest.fixture
def wizard(run: Run, stack: StackHarness, folder: Path) -> Wizard:
    """Start the wizard at the shared pool."""
    return Wizard(run, stack, folder)


def test_without_a_terminal_it_lists_what_the_pool_offers(wizard: Wizard) -> None:
    """Each is a line; what the engine does for all operations is left out."""
    listed = wizard().out.splitlines()

    assert "VM.set_name_label" in listed
    assert listed == sorted(listed)
    assert not [method for method in listed if method.startswith(("session.", "event."))]


def test_it_says_where_it_wrote(wizard: Wizard, folder: Path) -> None:
    """It prints name, file, line and the next step."""
    reply = wizard("--method", "VM.set_name_label", "--method", "VM.set_tags")

    assert reply.code == 0
    assert reply.out.splitlines() == [
        f"xenserver.vm.set_name_label  {folder / 'vm.py'}:9",
        f"xenserver.vm.set_tags  {folder / 'vm.py'}:17",
    ]
    assert "restart the workers, and: xenflow vm set-tags --help" in reply.err


def test_asked_again_it_changes_nothing(wizard: Wizard, folder: Path) -> None:
    """The files are unchanged."""
    wizard("--method", "VM.set_name_label")
    before = (folder / "vm.py").read_bytes()

    reply = json.loads(wizard("--method", "VM.set_name_label", "--json").out)

    assert [one["new"] for one in reply["operations"]] == [False]
    assert (folder / "vm.py").read_bytes() == before


def test_it_needs_no_session(wizard: Wizard, stack: StackHarness, offers: ServerMethods) -> None:
    """Listing and counting are answered before one is asked for, and carry nothing out."""
    before = _logins(stack)

    wizard("--method", "VM.set_name_label")
    offers.count("pool.get_all")

    assert _logins(stack) == before


def _logins(stack: StackHarness) -> int:
    return int(stack.xenserver.control("stats")["sessions"]["logins"])


def test_the_server_tells_how_many_parameters_a_method_takes(offers: ServerMethods) -> None:
    """The session is not counted."""
    assert offers.count("VM.set_name_label") == 2
    assert offers.count("VM.get_all") == 0


def test_a_method_that_is_not_there_cannot_be_counted(offers: ServerMethods) -> None:
    """The error is XenServer's own."""
    with pytest.raises(errors.XenflowError, match=r"VM\.set_colour"):
        offers.count("VM.set_colour")


@pytest.mark.parametrize(
    ("method", "text"),
    [
        (
            "VM.set_nam_label",
            "to write an operation for; did you mean VM.set_name_label",
        ),
        ("session.logout", "offers no method 'session.logout'"),
        ("VM.start", "xenserver.vm.start is there already, at "),
        ("user.change_password", "offers no method"),
        ("secret.create", "takes a secret, which has no place in a message"),
    ],
)
def test_what_cannot_be_written_is_named_before_anything_is(
    wizard: Wizard, folder: Path, method: str, text: str
) -> None:
    """The exit code is 2, and nothing at all is written."""
    reply = wizard("--method", "VM.set_name_label", "--method", method)

    assert reply.code == 2
    assert text in reply.err
    assert not folder.exists()


def test_without_a_folder_it_says_how_to_name_one(run: Run, stack: StackHarness) -> None:
    """The exit code is 2."""
    reply = run("wizard", "--method", "VM.set_name_label", **stack.services.environment)

    assert reply.code == 2
    assert "XENFLOW_OPERATIONS_PATH" in reply.err


def test_a_terminal_is_asked_until_an_empty_line() -> None:
    """Names are taken as they are typed; what is not a name is not. The keys are named first."""
    offered = ["VM.set_name_label", "VM.set_tags"]
    printed = StringIO()
    screen = PlainTextOutput(printed)
    with create_pipe_input() as keys, create_app_session(input=keys, output=screen):
        keys.send_text("VM.set_tagz\r\x7fs\r" + "VM.set_name_label\r" + "\r")

        assert selection.pick(offered, {}) == ["VM.set_tags", "VM.set_name_label"]
    asked = printed.getvalue().partition("method: ")[0]
    assert all(key in asked for key in ("Tab", "Enter", "empty line finishes", "Ctrl-C"))


def test_beside_a_name_stands_what_it_takes() -> None:
    """An operation that does it already is named too."""
    loader.load(Settings(operations_path=None))

    reply = dict(writer.meanings(OLD_MODEL, ["VM.start", "VM.set_tags", UNPUBLISHED]))

    assert reply["VM.start"].endswith("done by xenserver.vm.start")
    assert reply["VM.set_tags"] == "(self: VM ref, value: string set) -> void"
    assert reply[UNPUBLISHED] == "not in the published data model"


def test_what_it_wrote_runs_by_message_and_by_command(
    isolated_stack: StackHarness, run: Run, folder: Path, name: str
) -> None:
    """One is published, one is a task of XenServer, and one was counted."""
    wizard = Wizard(run, isolated_stack, folder)
    reply = wizard("--method", "VM.set_name_label", "--method", "VDI.set_name_label")
    assert reply.code == 0, reply.err
    with ServerMethods.of(_target(isolated_stack)) as offers:
        writer.write(offers, OLD_MODEL, folder, [UNPUBLISHED])
    isolated_stack.services.choose(operations_path=str(folder))
    isolated_stack.services.worker()
    isolated_stack.services.poller()
    vm = _any(isolated_stack, "VM")
    disk = _any(isolated_stack, "VDI")

    answer = isolated_stack.do("xenserver.vm.set_name_label", vm=vm, name_label=name)
    isolated_stack.do("xenserver.vdi.set_name_label", vdi=disk, name_label=name)
    text = wizard.xenflow("vm", "set-name-description", "--vm", name, "--argument-2", "counted")

    assert (answer["uuid"], answer["name_label"]) == (vm, name)
    assert text.code == 0, text.err
    record = isolated_stack.xenserver.records("VM")[vm]
    assert (record["name_label"], record["name_description"]) == (name, "counted")
    assert isolated_stack.xenserver.records("VDI")[disk]["name_label"] == name


def _any(stack: StackHarness, cls: str) -> str:
    """Return the UUID of a plain VM, or of a disk."""
    special = ("is_a_template", "is_control_domain")
    found = stack.xenserver.records(cls).items()
    return next(uuid for uuid, reply in found if not any(reply.get(flag) for flag in special))


def test_what_it_wrote_has_a_page_and_schemas(wizard: Wizard, tmp_path: Path) -> None:
    """They are those of any operation."""
    wizard("--method", "VM.set_name_label")

    page = wizard.xenflow("describe", "vm.set_name_label").out
    wizard.xenflow("schema", "--folder", str(tmp_path / "schemas"))

    assert "Set name_label of one VM." in page
    assert "xenflow vm set-name-label --vm web02 --name-label" in page
    assert list((tmp_path / "schemas").rglob("xenserver.vm.set_name_label*"))
