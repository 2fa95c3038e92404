"""Removals that continue when one of them fails, and report in the end."""

from collections.abc import Generator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tasks.engine.declaration.answers import Answer
from tasks.engine.declaration.suspensions import Suspension
from xenserver import errors

TRANSIENT = (errors.Busy, errors.Unreachable)


class Failure(BaseModel):
    """Why something could not be done: XenServer's code, parameters and message."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    code: str
    params: list[str]
    message: str


class Removal(BaseModel):
    """An object that was to go, and why it is still there if it is."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    uuid: str
    name_label: str = ""
    failure: Failure | None = None

    def label(self) -> str:
        """Return it as text."""
        return f"{self.kind} {self.name_label} ({self.uuid})" if self.name_label else self.uuid


class Removed(Answer):
    """The result for one of many objects."""

    kind: str = Field(description="disk or snapshot")
    uuid: str = Field(description="the object")
    name_label: str = ""
    failure: Failure | None = Field(None, description="why it was not destroyed")


def attempt(
    removal: Removal, steps: Generator[Suspension, Any, Any]
) -> Generator[Suspension, Any, Removed]:
    """Remove an object, and answer with the failure where XenServer refuses.

    What is gone already is fine; what passes is left to the engine.
    """
    failure = None
    try:
        yield from steps
    except TRANSIENT:
        raise
    except errors.Missing:
        pass
    except errors.XenflowError as error:
        failure = Failure(code=error.code, params=error.params, message=error.message)
    text = f"{removal.label()} is left" if failure else f"{removal.label()} is gone"
    return Removed(
        return_result=text,
        kind=removal.kind,
        uuid=removal.uuid,
        name_label=removal.name_label,
        failure=failure,
    )
