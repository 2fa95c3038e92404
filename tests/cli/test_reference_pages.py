"""The reference pages tell of everything there is, and their links lead somewhere."""

import re

import pytest

from cli import command_tree
from cli.generators.pages import calls, error_pages, markdown
from config import settings
from tests.cli import schemas
from tests.tasks import calls as heard
from tests.tasks.table import TABLE, Case
from xenserver import errors

REFERENCE = schemas.DOCS / "reference"
PAGES = (
    "operations.md",
    "flows.md",
    "matrix.md",
    "commands.md",
    "settings.md",
    "errors.md",
    "metrics.md",
)
LINK = re.compile(r"\]\(([^)]*)\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def read(page: str) -> str:
    """Read a page."""
    return (REFERENCE / page).read_text(encoding="utf-8")


def headings(page: str) -> list[str]:
    """List the headings of a page, without what is within blocks of code."""
    return HEADING.findall(re.sub(r"```.*?```", "", read(page), flags=re.DOTALL))


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """It leads to a heading of the page, or to another page."""
    anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings(page)}
    links = LINK.findall(read(page))

    assert [link for link in links if link[0] == "#" and link[1:] not in anchors] == []
    files = [link.partition("#")[0] for link in links if link[0] != "#"]
    assert [file for file in files if not (REFERENCE / file).exists()] == []


def test_every_operation_has_its_place() -> None:
    """Flows have a page of their own."""
    reply = {page: set(headings(page)) for page in ("operations.md", "flows.md")}

    for operation in schemas.operations():
        page = "flows.md" if operation.is_flow else "operations.md"
        assert operation.name in reply[page]
        assert operation.answer.__name__ in reply[page]


def test_steps_of_flows_are_no_commands_for_people() -> None:
    """The page of commands has those that `--help` lists."""
    page = read("commands.md")

    assert "`clone`" in page
    assert "`choose-disks`" not in page


def test_arguments_have_the_names_that_help_shows() -> None:
    """None is named by a variable of the program."""
    rows = re.findall(r"^\| `([^`-][^`]*)` \|", read("commands.md"), re.MULTILINE)

    assert {"ID", "KEY=VALUE..."} <= set(rows)
    assert [row for row in rows if row != row.upper() and not row.startswith("xenflow")] == []


def test_every_command_is_on_the_page() -> None:
    """Groups of operations are in a table, other commands each have a heading."""
    text = read("commands.md")

    assert [name for name in command_tree.root().commands if f"xenflow {name}" not in text] == []


def test_every_setting_is_on_the_page() -> None:
    """Its variable is on the page."""
    variables = [settings.PREFIX + name.upper() for name in settings.Settings.model_fields]

    assert [name for name in variables if f"`{name}`" not in read("settings.md")] == []


def test_every_error_is_on_the_page() -> None:
    """Its code is under the heading of its class."""
    _about, *parts = re.split(r"^## ", read("errors.md"), flags=re.MULTILINE)
    by_class = {part.partition("\n")[0]: part for part in parts}

    for code, kind in errors.codes().items():
        assert f"`{code}`" in by_class[kind.__name__]


@pytest.mark.parametrize("name", sorted(heard.golden()))
def test_the_calls_on_the_page_are_those_that_are_made(name: str) -> None:
    """They are read off the bodies of operations."""
    [operation] = [one for one in schemas.operations() if one.name == name]
    done = {call.removeprefix("Async.") for call in heard.golden()[name] if "Async." in call}

    assert done <= set(calls.methods(operation))


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_an_operation_lists_how_it_refuses(case: Case) -> None:
    """The error of the table's wrong message is among the possible ones."""
    assert case.code in {error.code for error in error_pages.of(case.operation)}


def test_a_flow_lists_its_own_errors_and_those_of_its_steps() -> None:
    """Each has its message and its class."""
    by_name = {operation.name: operation for operation in schemas.operations()}

    reply = {error.code: error for error in error_pages.of(by_name["flow.destroy_vm_and_disks"])}

    assert reply["XENFLOW_DISK_SHARED"].kind == "Refused"
    assert "detach it from them first" in reply["XENFLOW_DISK_SHARED"].message
    assert {"VM_BAD_POWER_STATE", "VDI_IN_USE", "XENFLOW_TIMED_OUT"} <= reply.keys()


def test_a_flow_lists_its_steps() -> None:
    """Steps of inner flows are among them, and those that depend on inputs."""
    by_name = {operation.name: operation for operation in schemas.operations()}

    assert set(calls.steps(by_name["flow.create_vm_from_configured_template"])) == {
        "xenserver.vm.check_creation",
        "xenserver.vm.clone",
        "xenserver.vm.configure",
        "xenserver.vm.copy",
        "xenserver.vm.install",
        "xenserver.vm.start",
    }


def test_a_bar_in_a_cell_ends_no_cell() -> None:
    """It is escaped."""
    assert markdown.table(["a"], [["b|c"]]).endswith("| b\\|c |")
