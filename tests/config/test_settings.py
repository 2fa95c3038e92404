"""Settings are typed, read once, and a wrong one is named in one line."""

from collections.abc import Callable

import pytest

from config import settings

Set = Callable[[str, str], None]


@pytest.mark.usefixtures("setting")
def test_everything_has_a_default() -> None:
    """A process starts with no variable set."""
    chosen = settings.load()

    assert chosen.redis_url == "redis://127.0.0.1:6379/0"
    assert chosen.concurrency == 4


def test_messages_and_answers_live_in_one_redis_by_default(setting: Set) -> None:
    """XENFLOW_REDIS_URL speaks for both, and XENFLOW_BROKER_URL for messages alone."""
    setting("XENFLOW_REDIS_URL", "redis://one:6379/0")
    setting("XENFLOW_BROKER_URL", "redis://two:6379/0")

    chosen = settings.load()

    assert (chosen.broker_url, chosen.result_backend) == (
        "redis://two:6379/0",
        "redis://one:6379/0",
    )


def test_settings_are_read_once(setting: Set) -> None:
    """What changes in the environment later does not change a running process."""
    before = settings.load()
    setting("XENFLOW_CONCURRENCY", "9")

    assert settings.load() is before


def test_lengths_of_time_may_carry_a_unit(setting: Set) -> None:
    """XENFLOW_TIMEOUT=10m is six hundred seconds."""
    setting("XENFLOW_TIMEOUT", "10m")

    assert settings.load().timeout == 600.0


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("XENFLOW_REDIS_URL", "http://127.0.0.1", "XENFLOW_REDIS_URL: an address of Redis begins"),
        ("XENFLOW_RESULT_BACKEND", "rpc://", "XENFLOW_RESULT_BACKEND: an address of Redis begins"),
        ("XENFLOW_TIMEOUT", "soon", "XENFLOW_TIMEOUT: a duration is"),
        ("XENFLOW_TIMEOUT", "0", "XENFLOW_TIMEOUT: must be greater than 0"),
        ("XENFLOW_CONCURRENCY", "none", "XENFLOW_CONCURRENCY: must be a whole number"),
        ("XENFLOW_LOG_FORMAT", "xml", "XENFLOW_LOG_FORMAT: must be console or json"),
        ("XENFLOW_FLOWER_ADDRESS", "0.0.0.0", "XENFLOW_FLOWER_PASSWORD is missing"),  # noqa: S104 - refused
        (
            "XENFLOW_REDIS_ULR",
            "redis://one",
            "XENFLOW_REDIS_ULR is not a setting; did you mean XENFLOW_REDIS_URL",
        ),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    setting: Set, variable: str, value: str, text: str
) -> None:
    """The text begins with the variable and says what is wrong."""
    setting(variable, value)

    with pytest.raises(settings.SettingsError) as caught:
        settings.load()
    assert str(caught.value).startswith(text)
    assert "\n" not in str(caught.value)


def test_variables_for_passwords_of_targets_are_left_alone(setting: Set) -> None:
    """A name of one's own behind the prefix is no misspelt setting."""
    setting("XENFLOW_LAB_PASSWORD", "anything")

    assert settings.load().targets is None


def test_a_wrong_value_is_not_repeated(setting: Set) -> None:
    """An address may hold a password: the complaint does not quote it."""
    setting("XENFLOW_REDIS_URL", "http://:swordfish@one")

    with pytest.raises(settings.SettingsError) as caught:
        settings.load()
    assert "swordfish" not in str(caught.value)


def test_settings_show_no_secret(setting: Set) -> None:
    """Printed settings hold neither the addresses' passwords nor the keys."""
    setting("XENFLOW_REDIS_URL", "redis://:swordfish@one:6379/0")
    setting("XENFLOW_KEYS", "swordfish")
    setting("XENFLOW_FLOWER_PASSWORD", "swordfish")

    assert "swordfish" not in repr(settings.load())


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("rediss://r:1/0", "rediss://r:1/0?ssl_cert_reqs=required"),
        (
            "rediss://r:1/0?ssl_ca_certs=a.pem",
            "rediss://r:1/0?ssl_ca_certs=a.pem&ssl_cert_reqs=required",
        ),
        ("rediss://r:1/0?ssl_cert_reqs=none", "rediss://r:1/0?ssl_cert_reqs=none"),
    ],
)
def test_certificates_are_verified_unless_the_address_says_otherwise(text: str, meant: str) -> None:
    chosen = settings.Settings(redis_url=text)

    assert {chosen.redis_url, chosen.broker_url, chosen.result_backend} == {meant}
    assert settings.Settings(broker_url=text).broker_url == meant


def test_stacks_with_keys_of_their_own_share_no_journal() -> None:
    """One prefix keeps two of them apart in one Redis."""
    assert settings.Settings().journal_prefix == "xenflow"
    assert settings.Settings(global_keyprefix="lab:").journal_prefix == "lab:xenflow"
