"""No password stays readable in text that people will see."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import masking


@given(
    st.dictionaries(st.text(), st.text()),
    st.text(min_size=1, alphabet=st.characters(codec="utf-8")),
)
def test_a_password_in_a_mapping_is_hidden(fields: dict[str, str], password: str) -> None:
    """As Python shows a mapping, and as JSON does."""
    secret = f"secret{password}"
    message = {**fields, "password": secret}

    assert repr(secret)[1:-1] not in masking.mask(repr(message))
    assert json.dumps(secret)[1:-1] not in masking.mask(json.dumps(message))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{'vm': 'web01', 'password': 'swordfish'}", "{'vm': 'web01', 'password': '***'}"),
        ('{"rootPassword": "swordfish", "a": 1}', '{"rootPassword": \'***\', "a": 1}'),
        ("{'password': 'swordf...", "{'password': '***'"),
        ("Connection(password='swordfish', port=1)", "Connection(password='***', port=1)"),
        ("redis://:swordfish@one:6379/0", "redis://:***@one:6379/0"),
        ("http://root:swordfish@one/", "http://root:***@one/"),
    ],
)
def test_the_rest_of_the_text_stays(text: str, shown: str) -> None:
    """Cut off or whole, quoted either way, in a call or an address."""
    assert masking.mask(text) == shown


@pytest.mark.parametrize(
    "text", ["password_file: no such file", "http://one:80/a@b", "the password is wrong", ""]
)
def test_text_about_passwords_is_left_alone(text: str) -> None:
    """An error must still say what is wrong."""
    assert masking.mask(text) == text
