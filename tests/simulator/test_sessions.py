"""Logging in and out, at the coordinator and at a member."""

import urllib.parse
from typing import Any

import pytest

MISMATCH = "MESSAGE_PARAMETER_COUNT_MISMATCH"
LOGIN = "session.login_with_password"
DAY = 24 * 3600.0


@pytest.fixture
def member(wire: Any) -> Any:
    """Return a client of the same dialect that speaks to a member of the pool."""
    port = urllib.parse.urlsplit(wire.url).port
    return type(wire)(f"http://127.0.0.2:{port}", wire.dialect)


@pytest.mark.parametrize("more", [[], ["1.0"], ["1.0", "me"], ["1.0", "me", "ignored"]])
def test_login_takes_two_parameters_or_more(wire: Any, more: list[str]) -> None:
    """F034: Name and password; version and originator may follow."""
    assert wire(LOGIN, "root", "xenflow", *more).startswith("OpaqueRef:")


def test_login_wants_name_and_password(wire: Any) -> None:
    """F034: There is no session to subtract from the count."""
    assert wire.refusal(LOGIN, "root") == [MISMATCH, LOGIN, "2", "1"]


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_a_wrong_password_is_not_authenticated(wire: Any, name: str) -> None:
    """F035: Two parameters, the name and a text; an unknown name is no different."""
    code, *params = wire.refusal(LOGIN, name, "wrong")

    assert code == "SESSION_AUTHENTICATION_FAILED"
    assert params == [name, "Authentication failure"]


@pytest.mark.parametrize(("more", "originator"), [([], ""), (["1.0", "me"], "me")])
def test_a_session_knows_its_originator(wire: Any, more: list[str], originator: str) -> None:
    """F036: It is the fourth parameter, by default empty."""
    session = wire(LOGIN, "root", "xenflow", *more)

    assert wire("session.get_originator", session, session) == originator
    assert wire("session.get_is_local_superuser", session, session) is True
    assert wire("session.get_this_user", session, session) == "OpaqueRef:NULL"


def test_after_logout_a_session_is_invalid(xen: Any) -> None:
    """F037: Every call is refused, another logout too."""
    assert xen("session.logout") == ""

    for method in ("VM.get_all", "session.logout"):
        assert xen.refusal(method) == ["SESSION_INVALID", xen.session]


def test_a_member_names_its_coordinator(xen: Any, member: Any) -> None:
    """F038: Login and live sessions are refused so; a dead session is invalid there too."""
    slave = ["HOST_IS_SLAVE", "127.0.0.1"]

    assert member.refusal(LOGIN, "root", "xenflow") == slave
    assert member.refusal("VM.get_all", xen.session) == slave
    assert member.refusal("VM.get_all", "dead") == ["SESSION_INVALID", "dead"]


def test_sessions_end_one_by_one(xen: Any, wire: Any) -> None:
    """F039: Each login makes a session of its own."""
    other = wire(LOGIN, "root", "xenflow")

    wire("session.logout", other)

    assert other != xen.session
    assert xen("VM.get_all")


def test_dialects_share_sessions(xen: Any, wire: Any) -> None:
    """F040: What one dialect opened the other may use."""
    other = type(wire)(wire.url, "xml" if wire.dialect == "json" else "json")

    assert other("pool.get_all", xen.session) == xen("pool.get_all")


def test_the_longest_idle_session_of_an_originator_gives_way(xen: Any, served: Any) -> None:
    """500 sessions of an originator may be open; the next login closes one of them."""
    sessions = served.pool.sessions
    mine = [sessions.login("root", "xenflow", "many", "") for _ in range(501)]

    assert xen.wire.refusal("VM.get_all", mine[0]) == ["SESSION_INVALID", mine[0]]
    assert xen.wire("VM.get_all", mine[1])
    assert xen("VM.get_all")
    assert sessions.evicted == 1


def test_a_session_is_closed_after_an_idle_day(xen: Any, held: Any, control: Any) -> None:
    """The sweep leaves alone what was used within 24 hours."""
    held(DAY - 60)
    kept = xen.wire(LOGIN, "root", "xenflow")
    held(120)
    control("sweep")

    assert xen.refusal("VM.get_all") == ["SESSION_INVALID", xen.session]
    assert xen.wire("VM.get_all", kept)


def test_a_used_session_stays_open(xen: Any, held: Any, control: Any) -> None:
    """Any call keeps it alive."""
    for _ in range(3):
        held(DAY / 2)
        assert xen("VM.get_all")
    control("sweep")

    assert xen("VM.get_all")


def test_the_superuser_can_change_the_password(xen: Any, login: Any) -> None:
    """The old one is not asked for; no other user may, whatever the role."""
    operator = login("operator")

    xen("session.change_password", "not the old one", "new")

    assert xen.wire.refusal(LOGIN, "root", "xenflow")[0] == "SESSION_AUTHENTICATION_FAILED"
    assert xen.wire(LOGIN, "root", "new")
    refusal = operator.refusal("session.change_password", "xenflow", "n")
    assert refusal[:2] == ["RBAC_PERMISSION_DENIED", "session.change_password"]


def test_a_refused_login_comes_after_a_pause(
    wire: Any, held: Any, control: Any, threads: Any
) -> None:
    """Nobody may try many passwords in a short time: five seconds pass."""
    refused = threads.submit(wire.refusal, LOGIN, "root", "wrong")
    while not control("stats")["calls"].get(LOGIN):
        pass

    held(4.0)
    assert not refused.done()
    held(2.0)
    assert refused.result()[0] == "SESSION_AUTHENTICATION_FAILED"


def test_a_session_of_a_member_is_good_there_alone(wire: Any, member: Any) -> None:
    """It is in no database: nothing ends it but local_logout, which ends no other session."""
    local = member("session.slave_local_login_with_password", "root", "xenflow")

    assert member("pool.get_all", local) == wire("pool.get_all", wire(LOGIN, "root", "xenflow"))
    assert wire.refusal("pool.get_all", local) == ["SESSION_INVALID", local]
    assert member.refusal("session.get_uuid", local, local) == ["HANDLE_INVALID", "session", local]
    assert member("event.from", local, ["vm"], "", 5.0)["events"]
    assert member("session.logout", local) == ""
    assert member("session.local_logout", local) == ""
    assert member.refusal("pool.get_all", local) == ["SESSION_INVALID", local]


def test_local_logout_leaves_other_sessions_open(xen: Any) -> None:
    assert xen("session.local_logout") == ""
    assert xen("VM.get_all")


def test_only_the_superuser_logs_in_at_a_member(member: Any) -> None:
    """No other user is known there, and nobody outside knows the pool's secret."""
    failed = "SESSION_AUTHENTICATION_FAILED"
    login = "session.slave_local_login_with_password"

    assert member.refusal(login, "reader", "xenflow")[:2] == [failed, "reader"]
    assert member.refusal("session.slave_login", "OpaqueRef:x", "guess") == [
        *(failed, "OpaqueRef:x", "Pool credentials invalid")
    ]
    assert member.refusal("session.slave_local_login", "guess")[:2] == [failed, "localhost"]


def test_users_can_be_logged_out_by_their_identity(xen: Any, login: Any) -> None:
    """All but the superuser have one; the session of the call itself stays open."""
    reader, other, operator = login("reader"), login("reader"), login("operator")
    theirs = reader("session.get_auth_user_sid", reader.session)
    others = operator("session.get_auth_user_sid", operator.session)

    assert sorted(xen("session.get_all_subject_identifiers")) == sorted({theirs, others})
    xen("session.logout_subject_identifier", theirs)
    xen("session.logout_subject_identifier", "")

    assert reader.refusal("VM.get_all") == ["SESSION_INVALID", reader.session]
    assert other.refusal("VM.get_all")[0] == "SESSION_INVALID"
    assert xen("session.get_all_subject_identifiers") == [others]
    assert xen("session.get_auth_user_name", xen.session) == "root"
    assert xen("session.get_auth_user_sid", xen.session) == ""
