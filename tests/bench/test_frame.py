"""The frame of the benchmarks: names and tables, no figures."""

import pytest

from bench import __main__, figures
from bench.figures import Figure


def test_a_table_shows_each_figure_beside_its_reference() -> None:
    rows = [Figure("a call", 1500, "µs", "with 100 VMs", 1000), Figure("found", 3, "", "wanted", 0)]

    title, head, first, second = figures.table("Title", rows)

    assert title == "Title"
    assert head.split()[:2] == ["what", "figure"]
    assert first.split() == [
        "a",
        "call",
        "1,500",
        "µs",
        "with",
        "100",
        "VMs",
        "1,000",
        "µs",
        "1.50",
    ]
    assert second.split() == ["found", "3", "wanted", "0"]


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["nothing"]) == 2

    assert "simulator" in capsys.readouterr().out
