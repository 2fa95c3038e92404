"""A document is printed in the format and the width that were asked for."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml
from rich.console import RenderableType

from cli import answers, output, tables, units
from cli.exit_codes import CommandFailed
from cli.options import Format, OutputOptions, format_of
from cli.output import Document

VMS: list[dict[str, Any]] = [
    {
        "uuid": "5e00ea6d-ca24-4e4d-9667-2017555a4085",
        "name_label": "a name that is rather long for a VM",
        "name_description": "",
        "power_state": "Running",
        "is_a_template": False,
        "resident_on": "b4862b21-fb97-4435-8856-1712e8e5216a",
        "memory_static_max": 2 << 30,
        "tags": ["web"],
    },
    {
        "uuid": "755a3ac1-32ae-4a20-9ac9-02ee25777cf0",
        "name_label": "db01",
        "name_description": "",
        "power_state": "Halted",
        "is_a_template": False,
        "resident_on": None,
        "memory_static_max": 268435456,
        "tags": [],
    },
]
ANSWER = {"return_result": "2 VMs", "records": VMS, "count": 2}

Print = Callable[..., str]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Print:
    """Print records on a terminal of a width; return the lines."""

    def do(width: int, *, wide: bool = False, asked: Sequence[str] = (), **options: Any) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        chosen = OutputOptions(wide=wide, **options)

        def text(options: OutputOptions) -> RenderableType:
            return answers.text(ANSWER, options, asked=asked)

        output.write(Document(ANSWER, text, VMS), chosen)
        return capsys.readouterr().out

    return do


@pytest.mark.parametrize("width", [50, 60, 72, 80, 100, 132, 240])
def test_name_and_state_are_never_left_out(width: int, printed: Print) -> None:
    """No line is wider than the terminal, and what is left out is named."""
    shown = printed(width)

    head = shown.splitlines()[1]
    assert "name_label" in head
    assert "power_state" in head
    assert "Running" in shown
    assert "Halted" in shown
    assert max(map(len, shown.splitlines())) <= width
    left_out = [name for name in VMS[0] if name not in head and name not in _EMPTY]
    assert all(name in shown for name in left_out)


_EMPTY = ("name_description", "tags")  # of no use in a table: without text, or a list


def test_a_table_is_in_the_order_of_names(capsys: pytest.CaptureFixture[str]) -> None:
    """XenServer's order, of references, says nothing."""
    found = [{"uuid": str(number), "name_label": name} for number, name in enumerate("cab")]

    output.show(tables.records(found, OutputOptions()))

    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()[1:]] == list("abc")


def test_sizes_come_before_flags(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The size of a disk is what one looks for."""
    monkeypatch.setenv("COLUMNS", "80")
    disk = {"uuid": VMS[0]["uuid"], "name_label": "web01 system", "type": "system"}
    flags = {"sharable": False, "read_only": False, "managed": True, "virtual_size": 8 << 30}

    output.show(tables.records([{**disk, **flags}], OutputOptions()))

    assert "8 GiB" in capsys.readouterr().out


def test_a_terminal_that_is_too_narrow_for_a_table_gets_lists(printed: Print) -> None:
    """Each field is on a line of its own, states too; only UUIDs are longer, and stay whole."""
    lines = printed(21).splitlines()
    uuids = [VMS[0]["uuid"], VMS[0]["resident_on"], VMS[1]["uuid"]]

    assert [line for line in lines if line.startswith("power_state ")]
    assert {name for name in VMS[0] if not any(line.startswith(name) for line in lines)} == set()
    assert [line for line in lines if len(line) > 21] == [f"  {uuid}" for uuid in uuids]


DRIVE = {
    "uuid": VMS[0]["uuid"],
    "VM": VMS[0]["uuid"],
    "VDI": VMS[1]["uuid"],
    "device": "xvda",
    "userdevice": "0",
    "type": "Disk",
    "mode": "RW",
    "bootable": True,
    "currently_attached": True,
}
INTERFACE = {
    "vif": VMS[0]["uuid"],
    "device": "0",
    "mac": "aa:bb:cc:dd:ee:ff",
    "mtu": 1500,
    "attached": True,
    "network": VMS[1]["uuid"],
    "network_name_label": "Pool-wide network associated with eth0",
}
DISK = {
    "vbd": VMS[0]["uuid"],
    "device": "0",
    "type": "Disk",
    "mode": "RW",
    "bootable": True,
    "vdi": VMS[1]["uuid"],
    "name_label": "deb12 system",
    "sr": VMS[0]["uuid"],
    "sr_name_label": "Local storage",
}
SNAPSHOT = {
    "uuid": VMS[0]["uuid"],
    "name_label": "before the update",
    "power_state": "Halted",
    "snapshot_of": VMS[1]["uuid"],
    "snapshot_time": "20261126T14:30:00Z",
}


@pytest.mark.parametrize(
    ("record", "width", "first", "last"),
    [
        (DRIVE, 80, ["VM", "VDI", "type", "device"], []),
        (DRIVE, 120, ["VM", "VDI", "type", "device"], ["uuid"]),
        (INTERFACE, 80, ["network_name_label", "attached"], ["mtu", "network"]),
        (DISK, 80, ["name_label", "type", "vdi", "sr_name_label"], ["bootable", "sr"]),
        (SNAPSHOT, 80, ["uuid", "name_label", "snapshot_time"], ["snapshot_of"]),
    ],
)
def test_what_an_object_belongs_to_is_shown_before_details(  # noqa: PLR0913, PLR0917 - fixtures
    record: dict[str, Any],
    width: int,
    first: list[str],
    last: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a table leaves out is named below it, and details are the first."""
    monkeypatch.setenv("COLUMNS", str(width))

    output.show(tables.records([record], OutputOptions()))

    table, _, note = capsys.readouterr().out.partition("\nnot shown: ")
    assert max(map(len, table.splitlines())) <= width
    assert set(first) <= set(table.split())
    assert all(name in table.split() or name in re.findall(r"\w+", note) for name in record)
    assert set(last) <= set(re.findall(r"\w+", note))


def test_wide_leaves_nothing_out(printed: Print) -> None:
    """Lines are as long as they are, and none is broken."""
    shown = printed(40, wide=True)

    assert "not shown" not in shown
    assert len(shown.splitlines()) == 4
    assert VMS[0]["name_label"] in shown
    assert VMS[0]["resident_on"] in shown


def test_a_list_shows_every_field(printed: Print) -> None:
    """Lists of values and empty fields are among them."""
    shown = printed(100, output=Format.LIST)

    assert [line.split()[0] for line in shown.splitlines()[1:9]] == list(VMS[0])


def test_fields_that_were_asked_for_are_all_shown(printed: Print) -> None:
    """They are the only ones; where a table cannot hold them, there are lists."""
    assert printed(80, asked=["power_state"]).splitlines()[1].split() == ["power_state"]
    narrow = printed(60, asked=["*"])
    assert [line.split()[0] for line in narrow.splitlines()[1:9]] == ["uuid", *list(VMS[0])[1:]]


def test_sizes_have_units_for_people_alone(printed: Print) -> None:
    """Programs read numbers."""
    assert "2 GiB" in printed(240)
    assert str(2 << 30) in printed(240, output=Format.JSON)


def test_objects_are_named_where_their_names_are_known(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A table shows what the translation returns."""
    output.show(tables.records(VMS, OutputOptions(wide=True), translate=_named), wide=True)

    shown = capsys.readouterr().out
    assert "xs1" in shown
    assert VMS[0]["resident_on"] not in shown


def _named(field: str, value: Any) -> Any:
    return "xs1" if field == "resident_on" and value else value


def test_json_is_one_line(printed: Print) -> None:
    """It is the document itself."""
    assert json.loads(printed(80, json=True)) == ANSWER
    assert printed(80, json=True).count("\n") == 1


def test_json_lines_are_the_records(printed: Print) -> None:
    """Each is a line."""
    lines = printed(80, output=Format.JSONL).splitlines()

    assert [json.loads(line) for line in lines] == VMS


def test_yaml_is_the_document(printed: Print) -> None:
    """Keys keep their order."""
    shown = printed(80, output=Format.YAML)

    assert yaml.safe_load(shown) == ANSWER
    assert shown.startswith("return_result: 2 VMs\n")


def test_two_formats_exclude_each_other() -> None:
    """The error names both."""
    with pytest.raises(CommandFailed, match="--json and --output yaml exclude each other"):
        OutputOptions(output=Format.YAML, json=True)


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        (["vm", "find"], Format.TABLE),
        (["vm", "find", "--json"], Format.JSON),
        (["--output", "yaml", "vm"], Format.YAML),
        (["vm", "-o", "JSONL"], Format.JSONL),
        (["vm", "--output=list"], Format.LIST),
        (["vm", "--output", "xml"], Format.TABLE),
        (["vm", "--output"], Format.TABLE),
    ],
)
def test_the_format_is_known_also_where_a_command_cannot_be_read(
    words: list[str], chosen: Format
) -> None:
    """A usage error is printed in it."""
    assert format_of(words) is chosen


DISKS = [{"uuid": VMS[0]["uuid"], "name_label": "deb12 system"}]
SNAPSHOTS = [{"uuid": VMS[1]["uuid"], "name_label": "before the update"}]


def _shown(answer: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> str:
    chosen = OutputOptions()
    output.write(Document(answer, lambda options: answers.text(answer, options)), chosen)
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [40, 80, 300])
def test_what_was_done_is_printed_whole_at_any_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The terminal breaks the line."""
    monkeypatch.setenv("COLUMNS", str(width))
    text = "VM web05 destroyed; disks deleted: " + ", ".join(["deb12 system"] * 30)

    assert _shown({"return_result": text}, capsys) == f"{text}\n"


def test_what_is_no_more_and_is_named_is_not_listed_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is listed where the first line does not name all of it."""
    text = (
        "VM web05 destroyed; disks deleted: deb12 system (2); snapshots deleted: before the update"
    )
    answer = {"deleted": DISKS * 2, "deleted_snapshots": SNAPSHOTS}

    assert _shown({"return_result": text, **answer}, capsys) == f"{text}\n"
    other = _shown({"return_result": "VM deb12 system destroyed", **answer}, capsys)
    assert other.count("deb12 system") == 3
    assert "deleted_snapshots" in other


def test_each_of_several_tables_has_the_name_of_its_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """They stand in the order of the answer."""
    answer = {"return_result": "VM web05 destroyed", "deleted": DISKS, "gone_snapshots": SNAPSHOTS}

    shown = _shown(answer, capsys)

    lines = [line.strip() for line in shown.splitlines() if line]
    assert [line for line in lines if " " not in line] == ["deleted", "gone_snapshots"]
    assert shown.index("deb12 system") < shown.index("gone_snapshots") < shown.index("before the")


def test_the_only_table_of_an_answer_has_a_title_too(capsys: pytest.CaptureFixture[str]) -> None:
    """The title is the name of the field, and the table of a find has none."""
    shown = _shown({"return_result": "VM web05 destroyed", "deleted": DISKS}, capsys)
    assert shown.splitlines()[:3] == ["VM web05 destroyed", "", "deleted"]
    found = _shown({"return_result": "1 VDI", "records": DISKS}, capsys)
    assert found.splitlines()[1].split() == ["uuid", "name_label"]


def test_a_table_in_an_answer_that_does_not_fit_is_made_to_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The records are printed once, whichever way."""
    table = "\n".join(f"{vm['uuid']}  {vm['name_label']:40}  {vm['power_state']}" for vm in VMS)
    answer = {"return_result": table, "vms": VMS}

    monkeypatch.setenv("COLUMNS", "120")
    assert _shown(answer, capsys) == f"{table}\n"

    monkeypatch.setenv("COLUMNS", "60")
    narrow = _shown(answer, capsys)
    assert max(map(len, narrow.splitlines())) <= 60
    assert narrow.count("db01") == 1


def test_the_next_page_is_named_by_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    """It is where `--limit` left off."""
    answer = {"return_result": "1 VM", "records": VMS[1:], "after": VMS[1]["uuid"]}

    assert _shown(answer, capsys).splitlines()[-1] == f"more: --after {VMS[1]['uuid']}"


def test_the_uuid_is_shown_at_60_columns(printed: Print) -> None:
    """Errors ask for it where a name is ambiguous."""
    assert VMS[0]["uuid"] in printed(60)
    assert VMS[1]["uuid"] in printed(60)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (444596224, "424 MiB"),
        (8796093022208, "8 TiB"),
        (1 << 60, "1024 PiB"),
    ],
)
def test_a_size_has_the_largest_unit_that_fits(count: int, text: str) -> None:
    """One decimal is enough, and none where it is zero."""
    assert units.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.0124, "12 ms"),
        (0.9996, "1.00 s"),
        (4.2, "4.20 s"),
        (59.996, "1 min"),
        (125.0, "2 min 5 s"),
        (3720.0, "1 h 2 min"),
        (90_000.0, "1 d 1 h"),
        (31_622_400.0, "366 d"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    """Fractions are shown where they matter."""
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    "name", ["MTU", "VCPUs_max", "memory_count", "is_a_size", "sizes", "progress"]
)
def test_other_numbers_have_no_unit(name: str) -> None:
    """Only fields that are known to be sizes have one."""
    assert units.shown(name, 4096) == (4096 if name != "is_a_size" else "4 KiB")
    assert units.shown("physical_size", value=True) is True
    assert units.shown("physical_size", "4096") == "4096"


@pytest.mark.parametrize("name", ["virtual_size", "memory_static_max", "physical_utilisation"])
def test_sizes_of_xenserver_have_a_unit(name: str) -> None:
    """They are bytes."""
    assert units.shown(name, 4096) == "4 KiB"
