"""The index of the catalogue: of each operation its name, module, help and inputs, kept in a file.

Building the catalogue imports every operation and pydantic, which takes a second. Help, completion
and the names of commands need only the index. It is built when it is missing, and built anew when
a file of an operation has changed; where it cannot be written it is built each time.
"""

import functools
import hashlib
import importlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import canvases
import config
import tasks
from cli import near_names
from cli.exit_codes import Code, CommandFailed
from cli.inputs import Input, Kind
from config import startup

_BUILDER = "cli.catalogue_build"  # imports the catalogue
_PACKAGES = (tasks, canvases, config)  # their files decide what an operation takes


@dataclass(frozen=True)
class Entry:
    """What the command line needs to know of an operation without importing it."""

    name: str
    module: str
    queue: str
    is_internal: bool  # a step of our own flows: found by its name, and left out of lists
    is_flow: bool
    summary: str
    documentation: str
    inputs: tuple[Input, ...]
    makes: bool  # an object, which is undone when it is cancelled

    @property
    def noun(self) -> str:
        """The noun of its command."""
        return self.name.split(".")[-2]

    @property
    def verb(self) -> str:
        """The verb of its command."""
        return self.name.rpartition(".")[2].replace("_", "-")

    @property
    def destroys(self) -> bool:
        """Whether it destroys something that cannot be brought back."""
        return self.verb.split("-")[0] in {"destroy", "discard", "revert"}

    @property
    def positional(self) -> Input | None:
        """The input that an argument without an option stands for, where one is obvious.

        It is the object that the command is on; of a find, the name; else the only input that must
        be given.
        """
        by_field = {one.field: one for one in self.inputs}
        if self.verb.startswith("find"):
            return by_field.get("name") or by_field.get("uuid")
        needed = [one for one in self.inputs if one.required]
        found = by_field.get(self.noun) or (needed[0] if len(needed) == 1 else None)
        return found if found and found.shape == "TEXT" and found.kind is Kind.TEXT else None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read an entry that was written as JSON."""
        return cls(**{**document, "inputs": tuple(map(Input.from_document, document["inputs"]))})


@dataclass(frozen=True)
class Index:
    """All operations and flows that people send, by name."""

    entries: tuple[Entry, ...]

    def listed(self) -> tuple[Entry, ...]:
        """Return the entries that lists show."""
        return tuple(entry for entry in self.entries if not entry.is_internal)

    def find(self, name: str) -> Entry:
        """Return the entry of a name: `xenserver.vm.start`, or `vm.start` for short."""
        entry = self.get(name)
        if entry is None:
            raise CommandFailed(Code.USAGE, self._unknown(name), "xenflow catalogue")
        return entry

    def get(self, name: str) -> Entry | None:
        """Return the entry of such a name, if there is one."""
        spelled = name.replace("-", "_")
        names = {spelled, f"xenserver.{spelled}"}
        return next((entry for entry in self.entries if entry.name in names), None)

    def of(self, noun: str) -> tuple[Entry, ...]:
        """Return the entries of a noun."""
        return tuple(entry for entry in self.entries if entry.noun == noun)

    def nouns(self) -> list[str]:
        """Return the nouns that have operations."""
        return list(dict.fromkeys(entry.noun for entry in self.entries))

    def near(self, name: str) -> list[Entry]:
        """Return entries that a wrong name may mean, by their whole names or by the last parts."""
        spelled: dict[str, list[Entry]] = {}
        for entry in self.listed():
            command = f"{entry.noun} {entry.verb}"
            for spelling in (entry.name, command.replace(" ", "."), command, entry.verb):
                spelled.setdefault(spelling, []).append(entry)
        found = [entry for spelling in near_names.of(name, spelled) for entry in spelled[spelling]]
        return list({entry.name: entry for entry in found}.values())[: near_names.MOST]

    def _unknown(self, name: str) -> str:
        near = [entry.name for entry in self.near(name)]
        return f"there is no operation {name!r}{near_names.question(near)}"


def load() -> Index:
    """Return the index; build it where no file holds the one of today."""
    known = cached()
    if known is not None:
        return known
    entries, watched = importlib.import_module(_BUILDER).build()
    with suppress(OSError):
        _write(entries, watched)
    return Index(entries)


def cached() -> Index | None:
    """Return the index that a file holds; None where there is none, or it is out of date."""
    try:
        fingerprint, watched, index = _parse(_path().read_text(encoding="utf-8"))
        return index if fingerprint == _fingerprint(watched) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


@functools.lru_cache(maxsize=1)  # a command asks twice: for its noun, and for itself
def _parse(text: str) -> tuple[str, list[str], Index]:
    """Return what a file holds: fingerprint, watched files, and the index."""
    document = json.loads(text)
    index = Index(tuple(map(Entry.from_document, document["entries"])))
    return document["fingerprint"], document["watched"], index


def _path() -> Path:
    """Return the file of the index, one for each place that operations come from."""
    places = [sys.executable, tasks.__file__, str(startup.operations_path()), *sys.path]
    key = hashlib.sha256("\0".join(map(str, places)).encode()).hexdigest()[:16]
    return startup.cache_folder() / f"catalogue-{key}.json"


def _write(entries: Iterable[Entry], watched: list[str]) -> None:
    """Write the file as a whole or not at all: others may read it meanwhile."""
    document = {
        "fingerprint": _fingerprint(watched),
        "watched": watched,
        "entries": [asdict(entry) for entry in entries],
    }
    path = _path()
    for folder in (path.parent.parent, path.parent):  # a home that is missing is not made
        folder.mkdir(exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".catalogue-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False)
    Path(draft).replace(path)


def _fingerprint(watched: Iterable[str]) -> str:
    """Return a digest of all that the index depends on: Python, and the state of files."""
    digest = hashlib.sha256(sys.version.encode())
    for path, status in _states(watched):
        digest.update(f"{path} {status}\n".encode())
    return digest.hexdigest()


def _states(watched: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each file of operations with its time and size, and the times of search paths."""
    folders = [Path(package.__path__[0]) for package in _PACKAGES]
    own = startup.operations_path()
    files = [file for folder in folders for file in folder.rglob("*.py")]
    files += Path(__file__).parent.glob("*.py")  # decides what the index contains
    files += own.glob("*.py") if own else []
    for path in sorted({*map(str, files), *watched}):
        yield path, _state(path, "{0.st_mtime_ns} {0.st_size}")
    for folder in sys.path:  # changes when a distribution is installed or removed
        yield (
            folder,
            _state(folder or ".", "{0.st_mtime_ns}" if folder.endswith("packages") else ""),
        )


def _state(path: str, template: str) -> str:
    try:
        return template.format(Path(path).stat())
    except OSError:
        return "missing"
