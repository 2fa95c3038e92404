"""Settings that are secrets can come from files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config import setting_files, settings

Set = Callable[[str, str], None]


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    """Write a file that only its owner can read."""
    path = tmp_path / "secret"
    path.write_text("redis://one:6379/0\n", encoding="utf-8")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("field", setting_files.FIELDS)
def test_a_file_takes_the_place_of_a_variable(setting: Set, secret_file: Path, field: str) -> None:
    """Its content, without the line end, becomes the value."""
    setting(f"XENFLOW_{field.upper()}_FILE", str(secret_file))

    value = getattr(settings.load(), field)

    assert getattr(value, "get_secret_value", lambda: value)() == "redis://one:6379/0"


@pytest.mark.parametrize("field", setting_files.FIELDS)
def test_a_variable_and_its_file_exclude_each_other(
    setting: Set, secret_file: Path, field: str
) -> None:
    """The error names both variables."""
    setting(f"XENFLOW_{field.upper()}_FILE", str(secret_file))
    setting(f"XENFLOW_{field.upper()}", "redis://two:6379/0")

    with pytest.raises(settings.SettingsError, match=rf"{field.upper()} and .*_FILE exclude"):
        settings.load()


def test_a_file_that_others_can_read_is_refused(setting: Set, secret_file: Path) -> None:
    """The error names the variable and the remedy, and does not contain the secret."""
    secret_file.chmod(0o644)
    setting("XENFLOW_KEYS_FILE", str(secret_file))

    with pytest.raises(settings.SettingsError, match=r"XENFLOW_KEYS_FILE: .*chmod 600") as caught:
        settings.load()
    assert "one:6379" not in str(caught.value)


def test_a_missing_file_is_named(setting: Set, tmp_path: Path) -> None:
    """The error names the variable and the path."""
    setting("XENFLOW_FLOWER_PASSWORD_FILE", str(tmp_path / "none"))

    with pytest.raises(settings.SettingsError, match=r"XENFLOW_FLOWER_PASSWORD_FILE: .*none"):
        settings.load()


def test_every_setting_that_is_secret_has_a_file() -> None:
    """A new field of type SecretStr, or one that is hidden from repr, is in the list."""
    secret = {
        name
        for name, field in settings.Settings.model_fields.items()
        if "SecretStr" in str(field.annotation) or not field.repr
    }

    assert secret == set(setting_files.FIELDS)


def test_a_misspelt_file_variable_is_named(setting: Set) -> None:
    """The error suggests the variable that exists."""
    setting("XENFLOW_KEYS_FILES", "keys")

    with pytest.raises(settings.SettingsError, match="did you mean XENFLOW_KEYS_FILE"):
        settings.load()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://one:6379/0", "redis://:p%40ss%2F@one:6379/0"),
        ("rediss://one/0", "rediss://:p%40ss%2F@one/0?ssl_cert_reqs=required"),
        ("redis://:own@one:6379/0", "redis://:own@one:6379/0"),
        (
            "sentinel://one:26379;sentinel://two:26379",
            "sentinel://:p%40ss%2F@one:26379;sentinel://:p%40ss%2F@two:26379",
        ),
    ],
)
def test_the_password_of_redis_is_inserted_into_its_address(
    setting: Set, url: str, expected: str
) -> None:
    """An address with a password of its own keeps it."""
    setting("XENFLOW_REDIS_URL", url)
    setting("XENFLOW_REDIS_PASSWORD", "p@ss/")

    chosen = settings.load()

    assert chosen.redis_url == chosen.broker_url == chosen.result_backend == expected


def test_the_password_of_redis_applies_to_the_default_address(setting: Set) -> None:
    """XENFLOW_REDIS_PASSWORD alone is enough for a Redis on this host."""
    setting("XENFLOW_REDIS_PASSWORD", "swordfish")

    assert settings.load().redis_url == "redis://:swordfish@127.0.0.1:6379/0"
    assert "swordfish" not in repr(settings.load())


def test_a_password_for_a_socket_is_refused(setting: Set) -> None:
    """The error names both settings."""
    setting("XENFLOW_REDIS_URL", "redis+socket:///run/redis.sock")
    setting("XENFLOW_REDIS_PASSWORD", "swordfish")

    with pytest.raises(settings.SettingsError, match=r"REDIS_URL: XENFLOW_REDIS_PASSWORD does not"):
        settings.load()
