"""Sessions: shared, opened once, opened again, and where the pool's coordinator is."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from config.targets import Target
from tests.xenserver.misbehaving import Reply, answer
from tests.xenserver.pools import Pool
from xenserver import errors, values
from xenserver.session import ORIGINATOR, Sessions

CLOSED = "http://127.0.0.1:9"


def test_a_session_is_opened_once_however_many_threads_want_it(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """Whoever comes first logs in for all."""
    with ThreadPoolExecutor(16) as threads:
        answers = [threads.submit(sessions.call, target, "pool.get_all") for _each in range(64)]

    assert all(values.texts(answer.result()) for answer in answers)
    assert sessions.counter.logins == pool.do("stats")["sessions"]["logins"] == 1


def test_a_session_says_whose_it_is(sessions: Sessions, target: Target) -> None:
    """A pool's administrator can distinguish and limit this client."""
    sessions.call(target, "pool.get_all")

    assert ORIGINATOR.startswith("xenflow/")
    assert sessions.call(target, "session.get_originator", _session(sessions, target)) == ORIGINATOR


def test_all_sessions_are_closed_in_the_end(target: Target, pool: Pool) -> None:
    """XenServer has room for so many sessions of one account."""
    sessions = Sessions()
    sessions.call(target, "pool.get_all")

    sessions.close()

    assert pool.do("stats")["sessions"]["open"] == 0


def test_a_closed_server_is_no_reason_not_to_close(pool: Pool) -> None:
    """What cannot be reached is left."""
    sessions = Sessions()
    target = pool.target()
    sessions.call(target, "pool.get_all")
    pool.do("fault", what="lose", method="session.logout")

    sessions.close()

    assert sessions.counter.calls["session.logout"] == 1


def test_a_session_that_ended_is_opened_again_once(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """A toolstack that restarted knows no session; all threads notice, one logs in."""
    sessions.call(target, "pool.get_all")
    pool.do("restart_toolstack")

    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(sessions.call, target, "pool.get_all") for _each in range(16)]

    assert all(values.texts(answer.result()) for answer in answers)
    assert sessions.logins(target) == 2


def test_a_call_that_was_refused_for_its_session_happens_once(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """It is sent again, for it never began the first time."""
    sessions.call(target, "pool.get_all")
    pool.do("restart_toolstack")

    sessions.call(target, "task.create", "one", "")

    assert len(values.texts(sessions.call(target, "task.get_by_name_label", "one"))) == 1


def test_a_wrong_password_is_denied_to_all_who_wait(pool: Pool, sessions: Sessions) -> None:
    target = pool.target(password="wrong")

    for _each in range(2):
        with pytest.raises(errors.Denied, match="SESSION_AUTHENTICATION_FAILED") as caught:
            sessions.call(target, "pool.get_all")
        assert "wrong" not in str(caught.value.args)


def test_a_member_shows_the_way_to_its_coordinator(pool: Pool, sessions: Sessions) -> None:
    """The coordinator is asked from then on."""
    target = pool.target(pool.member(2))

    for _each in range(2):
        assert values.texts(sessions.call(target, "pool.get_all"))

    assert sessions.counter.logins == 1
    assert pool.calls["session.login_with_password"] == 2


def test_a_new_coordinator_is_followed(pool: Pool, sessions: Sessions) -> None:
    """The old one, a member now, names it."""
    target = pool.target()
    sessions.call(target, "pool.get_all")

    pool.do("move_coordinator", to="127.0.0.2")

    assert values.texts(sessions.call(target, "pool.get_all"))


def test_an_address_where_nobody_answers_is_passed_over(pool: Pool, sessions: Sessions) -> None:
    """Every address of the target is tried, in turn."""
    target = pool.target(CLOSED, pool.url)

    assert values.texts(sessions.call(target, "pool.get_all"))


def test_a_host_that_still_boots_is_passed_over(
    pool: Pool, sessions: Sessions, misbehave: Callable[[Reply], str]
) -> None:
    """A member without its coordinator answers everything so, in the older form and under 0."""
    booting = answer(b'{"result": null, "error": ["HOST_STILL_BOOTING"], "id": 0}')
    target = pool.target(misbehave(booting), pool.url)

    assert values.texts(sessions.call(target, "pool.get_all"))


def test_a_pool_that_still_boots_is_busy(
    pool: Pool, sessions: Sessions, misbehave: Callable[[Reply], str]
) -> None:
    """It passes by itself."""
    booting = answer(b'{"result": null, "error": ["HOST_STILL_BOOTING"], "id": 0}')

    with pytest.raises(errors.Busy, match="HOST_STILL_BOOTING"):
        sessions.call(pool.target(misbehave(booting)), "pool.get_all")


def test_a_member_that_leads_astray_is_left(
    pool: Pool, sessions: Sessions, misbehave: Callable[[Reply], str]
) -> None:
    """What is not the address of a host is not followed; the other addresses are asked."""
    astray = answer(b'{"result": null, "error": ["HOST_IS_SLAVE", "a/b?c"], "id": 0}')
    target = pool.target(misbehave(astray), pool.url)

    assert values.texts(sessions.call(target, "pool.get_all"))


def test_an_old_server_is_logged_in_without_originator(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """The call takes no fourth parameter before 6.2."""
    mismatch = {"code": "MESSAGE_PARAMETER_COUNT_MISMATCH", "params": ["login", "2", "4"]}
    pool.do("fault", what="refuse", method="session.login_with_password", **mismatch)

    assert values.texts(sessions.call(target, "pool.get_all"))
    assert sessions.call(target, "session.get_originator", _session(sessions, target)) == ""


def test_a_pool_that_nobody_answers_for_is_unreachable(pool: Pool, sessions: Sessions) -> None:
    with pytest.raises(errors.Unreachable, match="XENFLOW_UNREACHABLE") as caught:
        sessions.call(pool.target(CLOSED, "http://127.0.0.2:9"), "pool.get_all")

    assert isinstance(caught.value, errors.Unreachable)
    assert not caught.value.maybe_heard


def test_a_read_whose_answer_was_lost_is_asked_again(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """Nobody is harmed by reading twice."""
    sessions.call(target, "pool.get_all")
    pool.do("fault", what="lose", method="pool.get_all_records", when="after")

    assert values.records(sessions.call(target, "pool.get_all_records"))
    assert sessions.counter.repeated == 1


def test_a_change_whose_answer_was_lost_is_not_sent_again(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """It may have happened, so the caller has to check before a repetition."""
    sessions.call(target, "pool.get_all")
    (web01,) = values.texts(sessions.call(target, "VM.get_by_name_label", "web01"))
    pool.do("fault", what="lose", method="VM.pause", when="after")

    with pytest.raises(errors.Unreachable, match="XENFLOW_ANSWER_LOST") as caught:
        sessions.call(target, "VM.pause", web01)

    assert isinstance(caught.value, errors.Unreachable)
    assert caught.value.maybe_heard
    assert sessions.counter.calls["VM.pause"] == pool.calls["VM.pause"] == 1


def test_an_answer_that_never_comes_ends_in_time(
    sessions: Sessions, target: Target, pool: Pool
) -> None:
    """A read is not asked again then, or it would take twice the time allowed."""
    sessions.call(target, "pool.get_all")
    pool.do("fault", what="hang", method="pool.get_all_records")

    with pytest.raises(errors.Unreachable, match="XENFLOW_NO_ANSWER") as caught:
        sessions.call(target, "pool.get_all_records", timeout=0.2)

    assert "gave no answer in 0.2 s" in str(caught.value)
    assert "check first" not in str(caught.value)  # a read changes nothing


def test_a_password_that_cannot_be_had_is_reported(
    pool: Pool, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    target = pool.target(source={"variable": "NO_SUCH_PASSWORD"})

    with pytest.raises(errors.Denied, match=r"lab.*XENFLOW_PASSWORD_MISSING"):
        sessions.call(target, "pool.get_all")


def _session(sessions: Sessions, target: Target) -> str:
    return sessions._pool(target)._opened()  # noqa: SLF001 - the one who looks at the session itself
