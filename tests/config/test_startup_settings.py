"""The settings that start-up reads without pydantic are those that the whole settings have."""

import pytest

from config import settings, startup


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"XENFLOW_REDIS_URL": "redis://:secret@example.net:6380/2"},
        {"XENFLOW_REDIS_URL": "redis://a/0", "XENFLOW_RESULT_BACKEND": "redis://b/1"},
        {"XENFLOW_KEY_PREFIX": "lab", "XENFLOW_GLOBAL_KEYPREFIX": "site-"},
        {"XENFLOW_REDIS_URL": "rediss://example.net/0"},
        {"XENFLOW_REDIS_PASSWORD": "secret"},
        {"XENFLOW_TIMEOUT": "90s"},
    ],
)
def test_the_journal_is_at_the_same_place(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both name the same address and the same prefix of keys."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()

    chosen = settings.Settings()

    assert startup.journal() == (chosen.result_backend, chosen.journal_prefix)
    settings.load.cache_clear()


def test_a_wrong_setting_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any variable that start-up does not know has all of them checked."""
    monkeypatch.setenv("XENFLOW_TIMEOUT", "soon")
    settings.load.cache_clear()

    with pytest.raises(settings.SettingsError, match="XENFLOW_TIMEOUT"):
        startup.journal()


def test_an_address_of_something_else_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is checked as the whole settings check it."""
    monkeypatch.setenv("XENFLOW_REDIS_URL", "http://example.net")
    settings.load.cache_clear()

    with pytest.raises(settings.SettingsError, match="XENFLOW_REDIS_URL"):
        startup.journal()
