"""Logging in and out, and what a session tells of itself (ocaml/xapi/xapi_session.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.verbs import verb


@verb("session.login_with_password")
async def login_with_password(
    call: Call, uname: str, pwd: str, version: str = "", originator: str = ""
) -> str:
    """Open a session; the version is not looked at."""
    del version
    return call.pool.sessions.login(uname, pwd, originator, call.pool.coordinator)


@verb("session.slave_local_login_with_password")
async def slave_local_login_with_password(call: Call, uname: str, pwd: str) -> str:
    """Open a session for emergencies; here an ordinary one."""
    return call.pool.sessions.login(uname, pwd, "", call.pool.coordinator)


@verb("session.logout")
async def logout(call: Call) -> None:
    """Close the session of this call."""
    call.pool.sessions.logout(call.session)


@verb("session.local_logout")
async def local_logout(call: Call) -> None:
    """Close a session for emergencies."""
    call.pool.sessions.logout(call.session)


@verb("session.change_password")
async def change_password(call: Call, old_pwd: str, new_pwd: str) -> None:
    """Change the password of the session's own account."""
    call.pool.sessions.change_password(call.session, old_pwd, new_pwd)


@verb("session.get_all_subject_identifiers")
async def get_all_subject_identifiers(call: Call) -> list[str]:
    """Give the directory identities with open sessions: none, for there is no directory."""
    del call
    return []


@verb("session.logout_subject_identifier")
async def logout_subject_identifier(call: Call, subject_identifier: str) -> None:
    """Close the sessions of a directory identity, if it has any."""
    mine = call.db.where("session", auth_user_sid=subject_identifier)
    for ref in mine if subject_identifier else []:
        call.pool.sessions.logout(ref)


@verb("session.create_from_db_file")
async def create_from_db_file(call: Call, filename: str) -> str:
    """Refuse: there is no file system behind this pool."""
    del call
    raise Failure("INTERNAL_ERROR", f'Unix.Unix_error(Unix.ENOENT, "open", "{filename}")')
