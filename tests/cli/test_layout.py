"""What people read fits the terminal, and no word of it is broken."""

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from cli.layout import Columns, Fields, Pieces

ADDRESS = "https://pool-of-the-second-site.example.net:443/jsonrpc"
CODE = "VM_CHECKPOINT_RESUME_FAILED"
ROWS = [
    [Text("broken"), Text(ADDRESS), Text("cannot be reached: the name has no address")],
    [Text("notice"), Text("clock"), Text(f"{CODE} once in an hour")],
]
COLUMNS = Columns(["severity", "about", "cure"], ROWS)
FIELDS = Fields([(Text("uuid"), Text("b4862b21")), (Text("address"), Text(ADDRESS))])
PIECES = Pieces([Text("✓ vm.snapshot"), Text("vm=web02"), Text(f"name={CODE}"), Text("1.07 s")])


def shown(what: RenderableType, width: int) -> list[str]:
    """Return the lines that a terminal of a width shows."""
    console = Console(width=width, highlight=False)
    with console.capture() as captured:
        console.print(what, crop=False)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
@pytest.mark.parametrize("what", [COLUMNS, FIELDS, PIECES])
def test_what_can_be_copied_stays_whole(what: RenderableType, width: int) -> None:
    """No line is longer than the terminal, unless a single word is."""
    lines = shown(what, width)

    written = " ".join(lines)
    assert all(word in written for word in (ADDRESS, CODE) if word in " ".join(shown(what, 999)))
    assert [line for line in lines if len(line) > width and len(line.split()) > 1] == []


def test_a_table_shares_the_room_among_its_columns() -> None:
    """What is short is not broken."""
    head, *rows = shown(COLUMNS, 100)

    assert head.split() == ["severity", "about", "cure"]
    assert rows[0].startswith(f"broken    {ADDRESS}  cannot")


def test_a_table_that_does_not_fit_becomes_lists() -> None:
    """Each row is a list of fields, with an empty line after it."""
    lines = shown(COLUMNS, 60)

    assert lines[0] == "severity  broken"
    assert lines[4:6] == ["", "severity  notice"]


def test_a_value_that_is_too_long_stands_below_its_name() -> None:
    """It begins a line, so that it can be selected whole."""
    assert shown(FIELDS, 60) == ["uuid     b4862b21", "address", f"  {ADDRESS}"]
    assert shown(FIELDS, 80) == ["uuid     b4862b21", f"address  {ADDRESS}"]


def test_a_number_keeps_its_unit() -> None:
    """A piece goes to the next line as a whole."""
    assert shown(PIECES, 34)[-1] == "  1.07 s"
