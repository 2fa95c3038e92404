"""Methods of sessions (ocaml/xapi/xapi_session.ml)."""

from simulator.call import Call
from simulator.errors import Failure, internal
from simulator.methods import method
from simulator.roles import SUPERUSER

_REFUSAL = "session.refusal"


@method("session.login_with_password")
async def login_with_password(
    call: Call, uname: str, pwd: str, version: str = "", originator: str = ""
) -> str:
    """Open a session; the version is ignored. A refusal comes after a pause."""
    del version
    try:
        return call.pool.sessions.login(uname, pwd, originator, call.pool.coordinator)
    except Failure:
        await call.running.sleep(call.pool.duration(_REFUSAL))
        raise


@method("session.slave_local_login_with_password")
async def slave_local_login_with_password(call: Call, uname: str, pwd: str) -> str:
    """Open a session of the host that was called, for the superuser only."""
    account = call.pool.sessions.authenticate(uname, pwd)
    if account.role != SUPERUSER:
        raise Failure("SESSION_AUTHENTICATION_FAILED", uname, "Authentication failure")
    return call.pool.sessions.open_local(call.member)


@method("session.slave_login")
async def slave_login(_call: Call, host: str, psecret: str) -> str:
    """Refuse: nobody outside the pool has its secret."""
    del psecret
    raise Failure("SESSION_AUTHENTICATION_FAILED", host, "Pool credentials invalid")


@method("session.slave_local_login")
async def slave_local_login(call: Call, psecret: str) -> str:
    """Refuse: nobody outside the pool has its secret."""
    return await slave_login(call, "localhost", psecret)


@method("session.logout")
async def logout(call: Call) -> None:
    """Close the session of this call."""
    call.pool.sessions.logout(call.session)


@method("session.local_logout")
async def local_logout(call: Call) -> None:
    """Close a session of the host that was called; any other session stays open."""
    call.pool.sessions.close_local(call.session)


@method("session.change_password")
async def change_password(call: Call, old_pwd: str, new_pwd: str) -> None:
    """Change the password of the superuser, who need not know the old one."""
    del old_pwd
    call.db.get("session", call.session)
    call.pool.sessions.change_password(call.session, new_pwd)


@method("session.get_all_subject_identifiers")
async def get_all_subject_identifiers(call: Call) -> list[str]:
    """Return the identities of whoever has an open session without being the superuser."""
    others = call.db.where("session", is_local_superuser=False)
    return sorted({call.db.get("session", ref)["auth_user_sid"] for ref in others})


@method("session.logout_subject_identifier")
async def logout_subject_identifier(call: Call, subject_identifier: str) -> None:
    """Close the sessions of an identity, but not the session of this call."""
    theirs = call.db.where("session", is_local_superuser=False, auth_user_sid=subject_identifier)
    for ref in theirs:
        if ref != call.session:
            call.pool.sessions.logout(ref)


@method("session.create_from_db_file")
async def create_from_db_file(call: Call, filename: str) -> str:
    """Refuse: there is no file system behind this pool."""
    del call
    raise internal(f'Sys_error("{filename}: No such file or directory")')
