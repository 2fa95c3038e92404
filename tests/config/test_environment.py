"""A process that we start inherits our environment and has settings of its own."""

from collections.abc import Callable

from config import environment


def test_settings_become_variables(setting: Callable[[str, str], None]) -> None:
    """Settings that are not named stay as they are."""
    setting("XENFLOW_TIMEOUT", "90s")
    setting("XENFLOW_CONCURRENCY", "4")

    given = environment.with_settings(concurrency=2)

    assert (given["XENFLOW_CONCURRENCY"], given["XENFLOW_TIMEOUT"]) == ("2", "90s")


def test_a_setting_replaces_the_file_of_the_parent(setting: Callable[[str, str], None]) -> None:
    """A subprocess with `XENFLOW_REDIS_URL` does not inherit `XENFLOW_REDIS_URL_FILE`."""
    setting("XENFLOW_REDIS_URL_FILE", "url")

    given = environment.with_settings(redis_url="redis://one")

    assert given["XENFLOW_REDIS_URL"] == "redis://one"
    assert "XENFLOW_REDIS_URL_FILE" not in given
