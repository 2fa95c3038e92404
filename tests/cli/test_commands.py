"""Commands are read off the catalogue, and misuse is told in words, with exit code 2."""

import subprocess
import sys

import pytest

from cli import catalogue_build, catalogue_index, command_tree, inputs
from tests.cli.conftest import Run

NAMES = [operation.name for operation in catalogue_build.operations()]


def test_help_names_every_noun_of_the_catalogue() -> None:
    """A new room of operations is found by those who look."""
    nouns = {name.split(".")[-2] for name in NAMES}

    assert nouns == {*command_tree.NOUNS, "flow"}


def test_help_imports_no_operation_and_no_celery() -> None:
    """It stays quick."""
    code = "import sys; from cli import main; main(['--help'])\n"
    code += "sys.exit('celery' in sys.modules or 'redis' in sys.modules)"

    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)

    assert asked.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_a_command_with_help(name: str, run: Run) -> None:
    """Its own inputs, and those that all take."""
    *_, noun, verb = name.split(".")

    told = run(noun, verb.replace("_", "-"), "--help")

    assert told.code == 0
    assert "--target" in told.out
    assert "--no-wait" in told.out


@pytest.mark.parametrize("name", NAMES)
def test_options_can_be_read_on_a_narrow_terminal(name: str, run: Run) -> None:
    """At 80 columns every name is whole, both names of a flag too."""
    *_, noun, verb = name.split(".")
    entry = catalogue_index.load().find(name)
    wanted = [one for one in entry.inputs if one.field not in {"feed", "password"}]

    told = run(noun, verb.replace("_", "-"), "--help", COLUMNS="80").out

    assert "…" not in told
    flags = [one.option for one in wanted if one.kind is inputs.Kind.FLAG]
    whole = {*(one.option for one in wanted), *(f"--no-{flag[2:]}" for flag in flags)}
    assert whole <= set(told.split())


def test_help_shows_types_defaults_and_choices(run: Run) -> None:
    """As the message's schema has them."""
    told = run("vm", "start", "--help", COLUMNS="200").out

    assert "a VM, by UUID or name label [required]" in told
    assert "http|https" in told
    assert "DURATION" in told
    assert "[default: true]" in told


@pytest.mark.parametrize("name", NAMES)
def test_every_input_has_a_meaning(name: str) -> None:
    """In the help, on the page and in the schema."""
    wanted = catalogue_index.load().find(name).inputs

    assert [one.field for one in wanted if not one.help] == []


def test_no_words_show_the_help(run: Run) -> None:
    """Who knows nothing is told what there is."""
    assert "Usage: xenflow" in run().out


def test_it_says_its_version(run: Run) -> None:
    """And does nothing else."""
    assert run("--version").out.startswith("xenflow ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vmm"], "Did you mean 'vm'?"),
        (["vm", "strat"], "Did you mean 'start'?"),
        (["vm", "start"], "--vm is missing: `xenflow vm start VM`"),
        (["vm", "start", "--vm", "web01", "--cpus", "3"], "No such option: --cpus"),
        (["vm", "start", "--vm", "web01", "--on-failure", "shrug"], "'rollback', 'keep'"),
        (["vm", "start", "--vm", "web01", "--timeout", "soon"], "timeout: a duration"),
        (["run", "vm.strat"], "did you mean xenserver.vm.start?"),
        (["run", "vm.start", "vm"], "'vm' is not key=value"),
        (["run", "vm.start", "vm=web01", "cpus=3"], "cpus: there is no such field"),
        (["run", "vm.start"], "vm: is missing"),
        (["describe", "vm.strat"], "did you mean xenserver.vm.start?"),
    ],
)
def test_misuse_is_told_before_anything_is_asked(
    words: list[str], said: str, run: Run, nowhere: str
) -> None:
    """Exit code 2, in words, with a next step, and no Redis is needed for it."""
    told = run(*words, XENFLOW_REDIS_URL=nowhere)

    assert told.code == 2
    assert said in told.err
    assert "Next: " in told.err
    assert "Traceback" not in told.err


def test_a_wrong_setting_is_named_in_one_line(run: Run) -> None:
    """Whatever was asked for."""
    told = run("runs", XENFLOW_TIMEOUT="soon")

    assert told.code == 2
    assert told.err.count("\n") == 1
    assert told.err.startswith("xenflow: XENFLOW_TIMEOUT: ")


def test_a_worker_reads_its_targets_before_it_connects(run: Run, nowhere: str) -> None:
    """A wrong file is told in one line, and no Redis is waited for."""
    told = run("worker", XENFLOW_TARGETS="/nonexistent", XENFLOW_REDIS_URL=nowhere)

    assert told.code == 2
    assert told.err == "xenflow: cannot read /nonexistent: No such file or directory\n"


@pytest.mark.parametrize("words", [["vm", "start", "--vm", "web01"], ["runs"], ["show", "abcd"]])
def test_without_redis_it_says_where_it_looked(words: list[str], run: Run, nowhere: str) -> None:
    """Exit code 3, no password in the words, and a next step."""
    told = run(*words, XENFLOW_REDIS_URL=nowhere.replace("//", "//:swordfish@"))

    assert told.code == 3
    assert "cannot reach Redis at 127.0.0.1:" in told.err
    assert "XENFLOW_REDIS_URL" in told.err
    assert "swordfish" not in told.err
    assert "Traceback" not in told.err


def test_debug_shows_where_an_error_was_raised(run: Run, nowhere: str) -> None:
    """On every command."""
    told = run("vm", "start", "--vm", "web01", "--debug", XENFLOW_REDIS_URL=nowhere)

    assert told.code == 3
    assert "Traceback" in told.err
