"""The publisher: messages as they are on the wire, to be sent again exactly as they came.

A message is kept whole (body, headers, properties), not rebuilt: fields that other producers or
later versions put there come back unharmed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from celery import Celery, Signature

from config import queues
from tasks.engine import infrastructure
from tasks.engine.journal.entry import Sending

if TYPE_CHECKING:
    from kombu.message import Message as Delivered

PATH = "xenflow_path"  # header: ids of the flows around a step, see `path_text`
UNDOES = "xenflow_undoes"  # header: the step undoes, so it begins though its flow is failing
ADOPTS = "xenflow_adopts"  # header: what an entry begins with that goes on for another
REPEATS = "xenflow_repeats"  # header: how often the flow around a step was begun anew before it
SENDING = "xenflow_sending"  # header: the number of this sending, see `due.lua`
STEP_SUCCEEDED = "xenflow.step_succeeded"
STEP_FAILED = "xenflow.step_failed"
POLL = "xenflow.poll"
RECONCILE = "xenflow.reconcile"

_KEPT_PROPERTIES = ("correlation_id", "reply_to", "priority")


def capture(delivered: "Delivered", queue: str) -> str:
    """Return a delivered message as text from which `Publisher.resume` can send it once more."""
    body: object = delivered.body  # text or bytes, though the stubs know text alone
    headers = {name: v for name, v in delivered.headers.items() if name != "compression"}
    properties = delivered.properties
    return json.dumps(
        {
            "body": body.decode() if isinstance(body, bytes) else body,
            "content_type": delivered.content_type,
            "content_encoding": delivered.content_encoding,
            "headers": headers,
            "properties": {n: properties[n] for n in _KEPT_PROPERTIES if n in properties},
            "queue": queue,
        }
    )


def path_text(path: Iterable[str]) -> str:
    """Return the ids of the flows around a step as one text, outermost first, "/" between them."""
    return "/".join(quote(flow, safe="") for flow in path)


def path_of(text: str) -> tuple[str, ...]:
    """Read the ids of such a text."""
    return tuple(unquote(part) for part in text.split("/") if part)


class Publisher:
    """Send messages: again, or ours for the first time."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def resume(self, *sendings: Sending | None) -> None:
        """Send captured messages once more, as they were."""
        wanted = [sending for sending in sendings if sending]
        if not wanted:
            return
        with self._app.producer_or_acquire() as producer, infrastructure.publishing(producer):
            for sending in wanted:
                kept = json.loads(sending.message)
                producer.publish(
                    kept["body"],
                    exchange="",
                    routing_key=kept["queue"],
                    content_type=kept["content_type"],
                    content_encoding=kept["content_encoding"],
                    headers={**kept["headers"], SENDING: str(sending.number)},
                    retry=True,
                    retry_policy=self._app.conf.task_publish_retry_policy,
                    **kept["properties"],
                )

    def send(self, name: str, fields: Mapping[str, object]) -> None:
        """Send one of our own housekeeping messages; nobody waits for its answer."""
        self._app.send_task(name, kwargs=dict(fields), ignore_result=True, add_to_parent=False)

    def canvas(self, canvas: Signature[object], *, operation: str, label: str) -> None:
        """Send the steps of a flow; their end completes the suspension point of the operation.

        The last step may run in somebody else's worker, which knows nothing of our queues.
        """
        callback = {"kwargs": {"operation": operation, "label": label}, "queue": queues.MAINTENANCE}
        canvas.link(self._app.signature(STEP_SUCCEEDED, **callback))
        canvas.link_error(self._app.signature(STEP_FAILED, **callback))
        canvas.apply_async()

    def undo(
        self,
        name: str,
        operation: str,
        fields: Mapping[str, object],
        *,
        path: Sequence[str],
        root: str,
    ) -> None:
        """Send a step that undoes, on its own, into a run that has ended."""
        self._app.send_task(
            name,
            kwargs=dict(fields),
            task_id=operation,
            root_id=root,
            ignore_result=True,
            add_to_parent=False,
            headers={PATH: path_text(path), UNDOES: "1"},
        )

    def continue_as(
        self,
        name: str,
        operation: str,
        fields: Mapping[str, object],
        *,
        path: str,
        adopts: Mapping[str, str] | None = None,
    ) -> None:
        """Send what is left of an operation whose caller was answered, as one of its own."""
        self._app.send_task(
            name,
            kwargs=dict(fields),
            task_id=operation,
            headers={PATH: path, ADOPTS: json.dumps(dict(adopts or {}))},
        )
