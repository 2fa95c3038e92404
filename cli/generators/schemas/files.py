"""The schemas as files: what stands in which, and putting them there."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cli.generators.schemas import asyncapi, json_layout, models
from tasks.engine.declaration.operation import Operation

Texts = Mapping[str, str]
"""Texts by the name of their file, under a folder."""


def schemas(operations: Iterable[Operation]) -> Texts:
    """Return the AsyncAPI document, and the schemas of messages and answers to which it refers."""
    return dict(_schemas(list(operations)))


def write(folder: Path, texts: Texts) -> None:
    """Write files into a folder, which is made where it is missing."""
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _schemas(operations: list[Operation]) -> Iterator[tuple[str, str]]:
    yield "asyncapi.json", json_layout.text(asyncapi.document(operations))
    for operation in operations:
        yield f"messages/{operation.name}.json", json_layout.text(models.of_message(operation))
    for name, answer in models.answers_of(operations).items():
        yield f"answers/{name}.json", json_layout.text(models.of_answer(answer))
