"""A process that we start inherits our environment and has settings of its own."""

from collections.abc import Callable

from config import environment


def test_settings_become_variables(setting: Callable[[str, str], None]) -> None:
    """What is not said stays as it is here."""
    setting("XENFLOW_TIMEOUT", "90s")
    setting("XENFLOW_CONCURRENCY", "4")

    given = environment.with_settings(concurrency=2)

    assert (given["XENFLOW_CONCURRENCY"], given["XENFLOW_TIMEOUT"]) == ("2", "90s")
