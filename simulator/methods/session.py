"""Methods of sessions (ocaml/xapi/xapi_session.ml)."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method


@method("session.login_with_password")
async def login_with_password(
    call: Call, uname: str, pwd: str, version: str = "", originator: str = ""
) -> str:
    """Open a session; the version is ignored."""
    del version
    return call.pool.sessions.login(uname, pwd, originator, call.pool.coordinator)


@method("session.slave_local_login_with_password")
async def slave_local_login_with_password(call: Call, uname: str, pwd: str) -> str:
    """Open an emergency session; here an ordinary one."""
    return call.pool.sessions.login(uname, pwd, "", call.pool.coordinator)


@method("session.logout")
async def logout(call: Call) -> None:
    """Close the session of this call."""
    call.pool.sessions.logout(call.session)


@method("session.local_logout")
async def local_logout(call: Call) -> None:
    """Close an emergency session."""
    call.pool.sessions.logout(call.session)


@method("session.change_password")
async def change_password(call: Call, old_pwd: str, new_pwd: str) -> None:
    """Change the password of the session's own account."""
    call.pool.sessions.change_password(call.session, old_pwd, new_pwd)


@method("session.get_all_subject_identifiers")
async def get_all_subject_identifiers(call: Call) -> list[str]:
    """Return the directory identities with open sessions: none without a directory."""
    del call
    return []


@method("session.logout_subject_identifier")
async def logout_subject_identifier(call: Call, subject_identifier: str) -> None:
    """Close the sessions of a directory identity, if it has any."""
    mine = call.db.where("session", auth_user_sid=subject_identifier)
    for ref in mine if subject_identifier else []:
        call.pool.sessions.logout(ref)


@method("session.create_from_db_file")
async def create_from_db_file(call: Call, filename: str) -> str:
    """Refuse: there is no file system behind this pool."""
    del call
    raise Failure("INTERNAL_ERROR", f'Unix.Unix_error(Unix.ENOENT, "open", "{filename}")')
