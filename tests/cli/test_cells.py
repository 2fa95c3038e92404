"""Values are shown as people read them, without the marks of JSON."""

from typing import Any

import pytest

from cli import cells, output, tables


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("web01", "web01"),
        (True, "true"),
        (7, "7"),
        ([], ""),
        ({}, ""),
        (["a", "b"], "a, b"),
        ({"pae": "true", "cores": 2}, "pae=true, cores=2"),
        ({"memory": 1 << 30}, "memory=1 GiB"),
        ([["a"], {"b": 1}], '["a"], {"b": 1}'),
    ],
)
def test_a_value_is_shown_by_its_parts(value: Any, text: str) -> None:
    assert cells.plain(value) == text


def test_fields_of_an_object_within_have_lines_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each is named by both, sizes have units, and what is there already is left out."""
    inner = {"uuid": "u1", "memory_static_max": 1 << 28, "platform": {"pae": "true"}, "tags": []}
    document = {"uuid": "u1", "record": inner, "disks": [{"size": 1024}, {"size": 2048}]}

    output.show(tables.fields(document))

    assert [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()] == [
        ["uuid", "u1"],
        ["record.memory_static_max", "256 MiB"],
        ["record.platform.pae", "true"],
        ["record.tags"],
        ["disks.0.size", "1 KiB"],
        ["disks.1.size", "2 KiB"],
    ]
