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
    assert masking.mask(text) == shown


@pytest.mark.parametrize(
    "text", ["password_file: no such file", "http://one:80/a@b", "the password is wrong", ""]
)
def test_text_about_passwords_is_left_alone(text: str) -> None:
    """An error must still say what is wrong."""
    assert masking.mask(text) == text


_MILLION = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "a" * _MILLION,
        "password" * (_MILLION // 8),
        "password" + " " * _MILLION,
        'password="' + "\\" * _MILLION,
        "password='" * (_MILLION // 10),
        "'password': " * (_MILLION // 12),
        "password=" + '"' * _MILLION,
        "a.b-c+" * (_MILLION // 6) + "://",
        "://a:" * (_MILLION // 5),
        "://:" + "a:" * (_MILLION // 2),
    ],
    ids=lambda text: text[:16],
)
def test_a_long_text_is_looked_at_once(text: str) -> None:
    """A million characters of each shape; an expression that backtracks takes hours over one."""
    assert "swordfish" not in masking.mask(f"{text} ; pwd=swordfish", longest=3 * _MILLION)


def test_a_long_text_is_cut() -> None:
    """It says how much is left out, and is no longer than allowed even so."""
    shown = masking.cut("x" * 200, 100)

    assert shown == "x" * 60 + "... (140 more characters)"
    assert masking.cut(shown, 100) == shown


def test_a_password_that_the_cut_divides_is_hidden() -> None:
    """What is left of it is hidden too."""
    text = "{'password': 'swordfish" + "." * 100 + "'}"

    assert masking.mask(text, longest=60) == "{'password': '***'... (105 more characters)"
