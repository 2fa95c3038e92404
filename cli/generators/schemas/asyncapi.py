"""One AsyncAPI 3 document: what may be sent to which queue, and what comes back where.

Channels are Celery's queues and its result documents. A payload is the body of a Celery message,
`[args, kwargs, embed]`, whose `kwargs` has the schema of the operation.
"""

from collections.abc import Iterable
from importlib import metadata
from typing import Any

from cli import examples
from cli.generators.schemas import models, protocol, simplify
from cli.generators.schemas.simplify import Schema
from config import queues
from tasks.engine.declaration.operation import Operation

VERSION = "3.0.0"

_FAILURES = ("Failed", "Revoked")
_QUEUES = {
    queues.CHANGE: "What changes something on XenServer, and flows.",
    queues.FIND: "What only looks: never behind a change.",
}
_ABOUT = """\
XenServer operations and flows as Celery tasks. Any client of Celery's protocol may send one: by
name, with keyword arguments only. Its answer is the result that Celery stores under its id. Name
the queue: Celery's own, `celery`, is consumed for clients that cannot, but any other Celery worker
on the same Redis consumes it too, and fails what it does not know.

Fields are written in snake_case here; the camelCase of older integrations (`isSearchExpression`)
is understood too. Fields that nobody knows are refused in messages; in answers, fields may be
added: pass over those you do not know."""
_ANSWER = """\
The key under which Celery keeps an answer, and the channel on which it publishes it, once, at the
end. Until then the document may have other states: PENDING, STARTED, PARKED, PROGRESS."""


def document(operations: Iterable[Operation]) -> Schema:
    """Return the document; its messages and answers are the schemas that lie beside it."""
    known = list(operations)
    answers = sorted(models.answers_of(known))
    return {
        "asyncapi": VERSION,
        "info": _info(),
        "defaultContentType": "application/json",
        "servers": {"redis": _SERVER},
        "channels": {
            **{queue: _queue(queue, known) for queue in _QUEUES},
            "answer": _answer_channel([*answers, *_FAILURES]),
        },
        "operations": {operation.name: _operation(operation) for operation in known},
        "components": {
            "messages": {
                **{operation.name: _message(operation) for operation in known},
                **{name: _answer(name) for name in answers},
                "Failed": _ending("A task that has failed.", protocol.failed()),
                "Revoked": _ending("A task that was revoked.", protocol.revoked()),
            },
            "schemas": protocol.schemas(),
        },
    }


_SERVER: Schema = {
    "host": "127.0.0.1:6379",
    "protocol": "redis",
    "description": "Celery's broker and result backend, where XENFLOW_REDIS_URL says.",
}


def _info() -> Schema:
    return {
        "title": "xenflow",
        "version": metadata.version("xenflow"),
        "description": simplify.prose(_ABOUT),
        "license": {"name": "Apache-2.0"},
    }


def _queue(queue: str, operations: Iterable[Operation]) -> Schema:
    mine = [operation.name for operation in operations if operation.queue == queue]
    return {
        "address": queue,
        "description": _QUEUES[queue],
        "servers": [{"$ref": "#/servers/redis"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in mine},
        "x-envelope": {"$ref": "#/components/schemas/Envelope"},
    }


def _answer_channel(names: Iterable[str]) -> Schema:
    return {
        "address": "celery-task-meta-{id}",
        "description": simplify.prose(_ANSWER),
        "servers": [{"$ref": "#/servers/redis"}],
        "parameters": {
            "id": {"description": "the id of the task", "location": "$message.header#/id"}
        },
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(operation: Operation) -> Schema:
    answers = [operation.answer.__name__]
    if models.can_be_async(operation):
        answers.append("Accepted")
    return {
        "action": "receive",
        "summary": operation.summary,
        "channel": {"$ref": f"#/channels/{operation.queue}"},
        "messages": [{"$ref": f"#/channels/{operation.queue}/messages/{operation.name}"}],
        "reply": {
            "channel": {"$ref": "#/channels/answer"},
            "messages": [
                {"$ref": f"#/channels/answer/messages/{name}"} for name in (*answers, *_FAILURES)
            ],
        },
    }


def _message(operation: Operation) -> Schema:
    own = {"$ref": f"messages/{operation.name}.json"}
    return {
        "name": operation.name,
        "summary": operation.summary,
        "correlationId": {"location": "$message.header#/id"},
        "headers": {
            "allOf": [
                {"$ref": "#/components/schemas/Headers"},
                {"properties": {"task": {"const": operation.name}}},
            ]
        },
        "payload": {
            "type": "array",
            "items": [
                {"$ref": "#/components/schemas/Positional"},
                own,
                {"$ref": "#/components/schemas/Embed"},
            ],
            "minItems": 3,
            "maxItems": 3,
        },
        "examples": [_example(operation)],
    }


def _example(operation: Operation) -> dict[str, Any]:
    return {
        "headers": {"task": operation.name, "id": "8f6e0c1a-5f0e-4c39-9c0b-3f6f4f0b7d21"},
        "payload": [[], examples.message_of(operation), {}],
    }


def _answer(name: str) -> Schema:
    return _ending(
        "A task that has succeeded.", protocol.succeeded({"$ref": f"answers/{name}.json"})
    )


def _ending(summary: str, payload: Schema) -> Schema:
    return {
        "summary": summary,
        "correlationId": {"location": "$message.payload#/task_id"},
        "payload": payload,
    }
