"""Commands are read off the catalogue, and their help can be read at any width."""

import subprocess
import sys

import pytest

from cli import catalogue_build, catalogue_index, command_tree, inputs
from tests.cli.conftest import Run

NAMES = [operation.name for operation in catalogue_build.operations()]


def test_help_names_every_noun_of_the_catalogue() -> None:
    """Operations on a new class are listed there too."""
    nouns = {name.split(".")[-2] for name in NAMES}

    assert nouns == {*command_tree.NOUNS, "flow"}


def test_help_imports_no_operation_and_no_celery() -> None:
    code = "import sys; from cli import main; main(['--help'])\n"
    code += "sys.exit('celery' in sys.modules or 'redis' in sys.modules)"

    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert asked.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_a_command_with_help(name: str, run: Run) -> None:
    """The help has its own inputs, and those that all operations take."""
    *_, noun, verb = name.split(".")

    reply = run(noun, verb.replace("_", "-"), "--help")

    assert reply.code == 0
    assert "--target" in reply.out
    assert "--no-wait" in reply.out


@pytest.mark.parametrize("columns", ["60", "80"])
@pytest.mark.parametrize("name", NAMES)
def test_options_can_be_read_on_a_narrow_terminal(name: str, columns: str, run: Run) -> None:
    """Every name is whole, both names of a flag too."""
    *_, noun, verb = name.split(".")
    entry = catalogue_index.load().find(name)
    wanted = [one for one in entry.inputs if one.field not in {"feed", "password"}]

    reply = run(noun, verb.replace("_", "-"), "--help", COLUMNS=columns).out

    assert "…" not in reply
    assert ".;" not in reply
    assert "<" not in reply
    flags = [one.option for one in wanted if one.kind is inputs.Kind.FLAG]
    whole = {*(one.option for one in wanted), *(f"--no-{flag[2:]}" for flag in flags)}
    assert whole <= set(reply.split())


@pytest.mark.parametrize("columns", ["60", "100"])
@pytest.mark.parametrize("name", ["runs", "up", "worker", "targets", "cancel", "run", "describe"])
def test_types_are_written_in_one_way(name: str, columns: str, run: Run) -> None:
    """They are those of the commands of operations: TEXT, INTEGER, one|other."""
    reply = run(name, "--help", COLUMNS=columns)

    assert reply.code == 0
    assert "<" not in reply.out
    assert "str " not in reply.out
    assert "list[" not in reply.out


def test_paragraphs_fill_the_lines(run: Run) -> None:
    """The breaks of a docstring are not those of a terminal."""
    lines = run("flow", "destroy-vm-and-disks", "--help", COLUMNS="200").out.splitlines()

    [paragraph] = [line for line in lines if "Physical media stay" in line]
    assert "before anything is destroyed" in paragraph


def test_help_shows_types_defaults_and_choices(run: Run) -> None:
    """They are those of the message's schema."""
    reply = run("vm", "start", "--help", COLUMNS="200").out

    assert "a VM, by UUID or name label [required]" in reply
    assert "http|https" in reply
    assert "DURATION" in reply
    assert "[default: true]" in reply


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_a_meaning(name: str) -> None:
    """It is in the help, on the page and in the schema."""
    wanted = catalogue_index.load().find(name).inputs

    assert [one.field for one in wanted if not one.help] == []


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    """It lists all commands."""
    assert "Usage: xenflow" in run().out


def test_the_version_is_printed(run: Run) -> None:
    """Nothing else is done."""
    assert run("--version").out.startswith("xenflow ")


def test_a_wrong_setting_is_named_in_one_line(run: Run) -> None:
    """The command does nothing else."""
    reply = run("runs", XENFLOW_TIMEOUT="soon")

    assert reply.code == 2
    message, next_step = reply.err.splitlines()
    assert message.startswith("xenflow: XENFLOW_TIMEOUT: ")
    assert next_step == "Next: correct the variable where this command runs"


def test_a_worker_reads_its_targets_before_it_connects(run: Run, nowhere: str) -> None:
    """A wrong file is one line of an error, and no Redis is waited for."""
    reply = run("worker", XENFLOW_TARGETS="/nonexistent", XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 2
    assert reply.err == (
        "xenflow: cannot read /nonexistent: No such file or directory\n"
        "Next: correct the file, or name another in XENFLOW_TARGETS\n"
    )


@pytest.mark.parametrize("words", [["vm", "start", "--vm", "web01"], ["runs"], ["show", "abcd"]])
def test_without_redis_it_says_where_it_looked(words: list[str], run: Run, nowhere: str) -> None:
    """The exit code is 3, the text has no password, and there is a next step."""
    reply = run(*words, XENFLOW_REDIS_URL=nowhere.replace("//", "//:swordfish@"))

    assert reply.code == 3
    assert "cannot reach Redis at 127.0.0.1:" in reply.err
    assert "XENFLOW_REDIS_URL" in reply.err
    assert "swordfish" not in reply.err
    assert "Traceback" not in reply.err


def test_debug_shows_where_an_error_was_raised(run: Run, nowhere: str) -> None:
    """Every command has the option."""
    reply = run("vm", "start", "--vm", "web01", "--debug", XENFLOW_REDIS_URL=nowhere)

    assert reply.code == 3
    assert "Traceback" in reply.err


@pytest.mark.parametrize(
    ("words", "shown", "not_shown"),
    [
        (["flow", "destroy-vm-and-disks"], "with `--delete-disks` its disks", "`delete_disks`"),
        (["flow"], "with `--delete-disks` its disks", "`delete_disks`"),
        (["vm", "find"], "names that contain `--name`", "with hostname"),
        (["vm", "find"], "xenflow vm find [OPTIONS] [NAME]", "destroy without asking"),
        (["vm", "destroy"], "destroy without asking", "with hostname"),
        (["run"], "xenflow run [OPTIONS] NAME [KEY=VALUE...]", "with --hostname"),
        (["retry"], "--id ID the id of the new run", "with --hostname"),
        (["retry"], "xenflow retry [OPTIONS] ID", "{ID}"),
        (["dead-letters"], "xenflow dead-letters [OPTIONS] [ID...]", "[ids]"),
        (["runs"], "--limit -n", "--most"),
        (["runs"], "PENDING is sent", "begun until"),
        (["show"], "↺ undone", "{ID}"),
    ],
)
def test_help_is_in_the_words_of_the_command_line(
    words: list[str], shown: str, not_shown: str, run: Run
) -> None:
    """It names options, and arguments in one way; it explains states and marks."""
    reply = " ".join(run(*words, "--help", COLUMNS="200").out.split())

    assert shown in reply
    assert not_shown not in reply


@pytest.mark.parametrize("columns", ["60", "100"])
@pytest.mark.parametrize("words", [[], ["vm"], ["vm", "start"], ["runs"], ["run"], ["retry"]])
def test_help_has_its_panels_and_its_words_at_any_width(
    words: list[str], columns: str, run: Run
) -> None:
    """They are those of a wide terminal; texts of options begin with a small letter."""
    wide = run(*words, "--help", COLUMNS="200").out
    panels = [line[3:].split(" ─")[0] for line in wide.splitlines() if line.startswith("╭")]

    reply = run(*words, "--help", COLUMNS=columns).out

    titles = [f"{title}:" if columns == "60" else f"╭─ {title} ─" for title in panels]
    assert len(titles) >= 2
    assert [title for title in titles if f"\n{title}" not in reply] == []
    assert "show this help" in reply
    assert "Show this message" not in reply


def test_the_commands_of_a_noun_are_introduced(run: Run) -> None:
    assert "Operations on virtual networks." in run("network", "--help").out
    assert "Flows, each made of several operations." in run("flow", "--help").out


def test_an_operation_that_destroys_nothing_may_be_answered_beforehand(
    run: Run, nowhere: str
) -> None:
    """What sends any operation need not know which of them ask."""
    assert run("vm", "start", "a", "-y", "--dry-run", XENFLOW_REDIS_URL=nowhere).code == 0
