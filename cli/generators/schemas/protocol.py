"""The part of a message that is Celery's, not ours: its protocol 2, and its result documents."""

import json
from importlib import resources

from cli.generators.schemas.simplify import Schema

_FILE = resources.files("cli.generators.schemas") / "celery.json"


def schemas() -> dict[str, Schema]:
    """Return the schemas of headers, body and envelope, and of errors, by name."""
    found: dict[str, Schema] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def succeeded(answer: Schema) -> Schema:
    """Return the schema of the result document of a task that has succeeded."""
    return _result("SUCCESS", answer, {"type": "null"})


def failed() -> Schema:
    """Return the schema of the result document of a task that has failed."""
    stack = {"description": "the stack trace", "type": "string"}
    return _result("FAILURE", {"$ref": "#/components/schemas/Error"}, stack)


def revoked() -> Schema:
    """Return the schema of the result document of a task that Celery's `revoke` cancelled."""
    return _result("REVOKED", {"$ref": "#/components/schemas/Revocation"}, {})


def _result(status: str, result: Schema, traceback: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["status", "result", "task_id"],
        "properties": {
            "status": {"type": "string", "const": status},
            "result": result,
            "traceback": traceback,
            "task_id": {"type": "string"},
            "date_done": {"description": "ISO 8601", "type": "string"},
            "children": {"type": "array"},
        },
    }
