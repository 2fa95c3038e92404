"""Each problem is reported once, in our words."""

from collections.abc import Callable
from typing import Annotated, get_args

import pytest
from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import core_schema

from config import settings, validation_messages


def test_what_follows_from_a_wrong_setting_is_not_printed(
    setting: Callable[[str, str], None],
) -> None:
    """Other addresses are taken from this one: only this one is named."""
    setting("XENFLOW_REDIS_URL", "bogus")

    with pytest.raises(settings.SettingsError) as caught:
        settings.load()
    assert str(caught.value).count("XENFLOW_") == 1


@pytest.mark.parametrize("kind", get_args(core_schema.ErrorType))
def test_each_error_of_pydantic_has_a_text_of_ours(kind: str) -> None:
    """A model may come to raise any of them; an unknown one of a later version has a text too."""
    found = {"type": kind, "msg": "Input should be", "ctx": {"error": ValueError("is odd")}}

    text = validation_messages.problem(found)

    assert "Input should" not in text
    assert text[0].islower()
    assert not [kept for kept in ("{", "}", "None") if kept in text]


class Inner(BaseModel):
    """What is validated within a validator."""

    size: int


def test_an_error_within_a_validator_is_in_our_words_too() -> None:
    """Pydantic writes the names of classes into it."""

    class Outer(BaseModel):
        inner: Annotated[object, AfterValidator(Inner.model_validate)]

    with pytest.raises(ValidationError) as caught:
        Outer.model_validate({"inner": {"size": "x"}})

    assert validation_messages.complaint(caught.value) == "inner: must be a whole number"
