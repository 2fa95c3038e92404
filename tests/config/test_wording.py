"""Each problem is reported once."""

from collections.abc import Callable

import pytest

from config import settings


def test_what_follows_from_a_wrong_setting_is_not_printed(
    setting: Callable[[str, str], None],
) -> None:
    """Other addresses are taken from this one: only this one is named."""
    setting("XENFLOW_REDIS_URL", "bogus")

    with pytest.raises(settings.SettingsError) as caught:
        settings.load()
    assert str(caught.value).count("XENFLOW_") == 1
