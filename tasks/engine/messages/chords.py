"""Chords whose parts are counted under one id, however often the chord is sent.

Celery counts the parts of a chord under the id of its group. It takes that id from the options of
the chord where it sends the chord itself, and makes up a new one where the chord stands in a chain.
A flow that is expanded twice would then count its parts in two places, and neither would ever be
complete. The class below is Celery's chord for every signature that this process builds or reads.
"""

from typing import Any

from celery import chord, group
from celery.canvas import Signature
from celery.result import AsyncResult


@Signature.register_type("chord")
class CountedChord(chord):
    """A chord whose group has the id that the options of the chord say."""

    def freeze(self, *args: Any, **options: Any) -> AsyncResult[object]:  # noqa: ANN401 - as Celery's
        """Freeze the ids of all its signatures, as a chain does before it is sent."""
        if "task_id" in self.options and not isinstance(self.tasks, group):
            self["kwargs"]["header"] = group(self.tasks, task_id=self.options["task_id"])
        return super().freeze(*args, **options)


def counted(
    parts: list[Signature[object]], body: Signature[object], *, group_id: str
) -> CountedChord:
    """Return a chord that counts its parts under this id."""
    made = CountedChord(parts, body)
    made.set(task_id=group_id)
    return made
