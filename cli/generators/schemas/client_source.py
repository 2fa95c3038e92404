"""The part of the typed client that is the same in each: its source is copied there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celery import Signature


@dataclass(frozen=True)
class Feed:
    """A value taken from the answer of the step before, by its key; it stands for a whole argument.

    A dot goes further in (`records.0.uuid`); `*` is the whole answer, after a chord the list of all
    answers, and in a path each one of a list (`*.uuid`).
    """

    key: str


class XenflowError(Exception):
    """An operation has failed; what to do next decides the class."""

    def __init__(self, code: str, params: Sequence[str] = (), message: str = "") -> None:
        self.code = code
        self.params = list(params)
        self.message = message or code
        super().__init__(self.code, self.params, self.message)

    def __str__(self) -> str:
        """Return the message."""
        return self.message


def signature(
    name: str, queue: str, fields: Mapping[str, object], common: Mapping[str, object]
) -> Signature[Any]:
    """Return the signature of a message: what was given, and what is fed.

    Raises TypeError for a `Feed` within a list or an object.
    """
    given = {key: value for key, value in {**fields, **common}.items() if value is not None}
    for key, value in given.items():
        if not isinstance(value, Feed) and holds_feed(value):
            raise TypeError(
                f"{key}: a Feed stands for the whole argument, not for a part of it: "
                f'{key}=Feed("...") takes all of it from the answer before, "*.uuid" a list'
            )
    kwargs: dict[str, Any] = {k: v for k, v in given.items() if not isinstance(v, Feed)}
    fed = {key: value.key for key, value in given.items() if isinstance(value, Feed)}
    if fed:
        kwargs["feed"] = fed
    if "run_async" in kwargs:
        kwargs["async"] = kwargs.pop("run_async")
    return Signature(name, kwargs=kwargs, queue=queue)


def holds_feed(value: object) -> bool:
    """Return whether a value is a `Feed`, or has one somewhere in it."""
    if isinstance(value, Mapping):
        return any(map(holds_feed, value.values()))
    if isinstance(value, list | tuple):
        return any(map(holds_feed, value))
    return isinstance(value, Feed)
