"""Messages as other languages' clients write them: by hand, straight into Redis."""

import base64
import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any

Document = dict[str, Any]
Protocol = Callable[[str, str, Mapping[str, Any]], tuple[Document, Any]]


def protocol_2(task: str, task_id: str, fields: Mapping[str, Any]) -> tuple[Document, Any]:
    """Return headers and body with no more than protocol 2 asks for."""
    return {"task": task, "id": task_id}, [[], dict(fields), {}]


def protocol_2_of_javascript(
    task: str, task_id: str, fields: Mapping[str, Any]
) -> tuple[Document, Any]:
    """Return headers and body as clients of JavaScript write them."""
    return {"lang": "js", "task": task, "id": task_id}, [[], dict(fields), {}]


def protocol_1(task: str, task_id: str, fields: Mapping[str, Any]) -> tuple[Document, Any]:
    """Return a body with no more than protocol 1 asks for; it knows no headers."""
    return {}, {"task": task, "id": task_id, "args": [], "kwargs": dict(fields)}


PROTOCOLS: tuple[Protocol, ...] = (
    protocol_1,
    protocol_2,
    protocol_2_of_javascript,
)


def envelope(headers: Document, body: object, *, queue: str) -> str:
    """Return a message as kombu keeps it in Redis."""
    return json.dumps(
        {
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": {
                "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": queue},
                "delivery_mode": 2,
                "delivery_tag": str(uuid.uuid4()),
                "priority": 0,
            },
        }
    )
