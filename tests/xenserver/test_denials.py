"""A denial names the target, the account, and the role that is needed."""

import pytest

from tests.xenserver.pools import Pool
from xenserver import denials, errors
from xenserver.session import Sessions

TEXT = "No permission in user session. (Roles with this permission: {})"


def test_a_refused_login_names_the_target_and_its_address(pool: Pool, sessions: Sessions) -> None:
    target = pool.target(password="wrong")

    with pytest.raises(errors.Denied) as caught:
        sessions.call(target, "pool.get_all")

    assert caught.value.message == (
        f"target lab ({pool.url}): XenServer refused root; check user and password "
        "(SESSION_AUTHENTICATION_FAILED)"
    )
    assert caught.value.params[:1] == ["root"]


@pytest.mark.parametrize(
    ("roles", "wanted"),
    [
        (
            "pool-admin, pool-operator, vm-power-admin, vm-admin",
            "the role vm-admin, or a higher one",
        ),
        ("local-root, pool-admin", "the role pool-admin, or a higher one"),
        ("local-root", "a role that may"),
        ("", "a role that may"),
    ],
)
def test_a_role_that_is_too_low_learns_the_least_that_may(
    roles: str, wanted: str, pool: Pool
) -> None:
    denied = errors.from_api("RBAC_PERMISSION_DENIED", ["vm.clone", TEXT.format(roles)])

    found = denials.named(denied, pool.target())

    assert isinstance(found, errors.Denied)
    assert found.params == denied.params
    assert f"target lab ({pool.url}): the role of account root" in found.message
    assert f"may not do vm.clone; it needs {wanted} (RBAC" in found.message


def test_a_host_of_a_message_has_no_other_name(pool: Pool) -> None:
    """The name of its profile is that of the host."""
    target = pool.target().model_copy(update={"name": "127.0.0.1"})

    found = denials.named(errors.from_api("PERMISSION_DENIED", ["x"]), target)

    assert found.message.startswith(f"{pool.url}: ")


def test_a_denial_is_named_once(pool: Pool) -> None:
    """That of another pool keeps its own name."""
    denied = errors.from_api("PERMISSION_DENIED", ["x"])
    once = denials.named(denied, pool.target().model_copy(update={"name": "other"}))

    assert denials.named(once, pool.target()).message == once.message


def test_any_other_error_stays_as_it_is(pool: Pool) -> None:
    """It has nothing to do with the account."""
    busy = errors.from_api("OTHER_OPERATION_IN_PROGRESS", ["VM", "web01"])

    assert denials.named(busy, pool.target()) is busy
