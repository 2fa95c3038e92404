"""Methods of subjects, and questions to the directory (xapi_subject.ml, xapi_auth.ml)."""

from typing import Any, NoReturn

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method, role


def _register_question(name: str) -> None:
    async def ask(_call: Call, _subject: str) -> None:
        _ask_directory()

    method(f"auth.{name}")(ask)


for _name in (
    *("get_subject_identifier", "get_subject_information_from_identifier"),
    "get_group_membership",
):
    _register_question(_name)


@method("subject.create")
async def create(call: Call, args: dict[str, Any]) -> str:
    """Add a subject, of which the directory is asked: there is none."""
    if call.db.where("subject", subject_identifier=args["subject_identifier"]):
        raise Failure("SUBJECT_ALREADY_EXISTS")
    _ask_directory()


@method("subject.destroy")
async def destroy(call: Call, subject: str) -> None:
    """Remove a subject."""
    call.db.destroy("subject", subject)


@method("subject.add_to_roles")
async def add_to_roles(call: Call, subject: str, ref: str) -> None:
    """Give a subject a role."""
    if not role.is_role(call, ref):
        raise Failure("ROLE_NOT_FOUND")
    if ref in call.db.get("subject", subject)["roles"]:
        raise Failure("ROLE_ALREADY_EXISTS")
    call.db.put_item("subject", subject, "roles", ref)


@method("subject.remove_from_roles")
async def remove_from_roles(call: Call, subject: str, ref: str) -> None:
    """Take a role from a subject."""
    if ref not in call.db.get("subject", subject)["roles"]:
        raise Failure("ROLE_NOT_FOUND")
    call.db.drop_item("subject", subject, "roles", ref)


@method("subject.get_permissions_name_label")
async def get_permissions_name_label(call: Call, subject: str) -> list[str]:
    """List the names of the permissions of a subject."""
    held = call.db.get("subject", subject)["roles"]
    refs = dict.fromkeys(each for ref in held for each in role.permissions(call, ref))
    return role.names(call, list(refs))


def _ask_directory() -> NoReturn:
    raise Failure("AUTH_IS_DISABLED")
