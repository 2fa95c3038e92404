"""Lengths of time are read as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import durations


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (90, 90.0),
        (1.5, 1.5),
        ("90", 90.0),
        ("90s", 90.0),
        ("10m", 600.0),
        ("1.5 h", 5400.0),
        ("7d", 604800.0),
        ("250ms", 0.25),
        (" 2M ", 120.0),
    ],
)
def test_numbers_are_seconds_and_units_are_understood(written: object, meant: float) -> None:
    assert durations.seconds(written) == meant


@pytest.mark.parametrize(
    "written", ["", "soon", "-1s", "1w", "1h30m", "٣s", "nan", True, None, [90]]
)
def test_anything_else_is_refused_with_the_forms_there_are(written: object) -> None:
    """The error shows how it is written."""
    with pytest.raises(ValueError, match="such as 90s, 10m, 1h, 7d"):
        durations.seconds(written)


@given(st.integers(min_value=0, max_value=10**9))
def test_whole_seconds_come_back_as_they_were(number: int) -> None:
    """Text and number mean the same."""
    assert durations.seconds(f"{number}s") == durations.seconds(number) == number


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0005, "0.0005"),
        (0.001000166, "0.001"),
        (1.5, "1.5"),
        (600.0, "600"),
        (31_622_400, "31622400"),
    ],
)
def test_seconds_are_written_with_the_digits_that_matter(seconds: float, text: str) -> None:
    """No time limit is said to be 0 s."""
    assert durations.text(seconds) == text
