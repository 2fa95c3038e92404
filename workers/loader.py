"""Loading what has been declared: our operations and flows, and own ones of an installation.

Own operations come from installed packages, by the entry points of `xenflow.operations`, and from
the folder XENFLOW_OPERATIONS_PATH. The modules of the folder are imported as
`xenflow_operations.<file>`, so that one may use another, and none hides a package. The folder is
read anew by each load; what it held before is withdrawn.
"""

import importlib
import importlib.util
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType

import canvases
import tasks
from config.settings import Settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.checks import DeclarationError
from tasks.engine.declaration.operation import Operation

ENTRY_POINTS = "xenflow.operations"
OWN = "xenflow_operations"

_NAME = re.compile(r"xenserver\.(?!flow\.)[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*|flow\.[a-z][a-z0-9_]*")


def load(settings: Settings) -> None:
    """Import every module of operations and flows, so that the catalogue is full.

    Raises DeclarationError where an own operation is wrong.
    """
    for room in (tasks, canvases):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if not module.name.startswith("tasks.engine"):
                importlib.import_module(module.name)
    _load_installed()
    _load_folder(settings.operations_path)


def _load_installed() -> None:
    for entry in metadata.entry_points(group=ENTRY_POINTS):
        package = entry.module.partition(".")[0]
        found = importlib.util.find_spec(package)
        package_folder = Path(found.origin).parent if found and found.origin else None
        _import(entry.module, package_folder, f"{entry.name} = {entry.value} in {ENTRY_POINTS}")
        _check(_declared_in(package))


def _load_folder(folder: Path | None) -> None:
    _forget()
    if folder is None:
        return
    if not folder.is_dir():
        raise DeclarationError("XENFLOW_OPERATIONS_PATH", f"{folder} is not a folder")
    _found_package(folder)
    for path in sorted(folder.glob("*.py")):
        if not path.stem.isidentifier():
            raise DeclarationError(str(path), "a file's name is letters, digits and _")
        if path.stem != "__init__":
            _import(f"{OWN}.{path.stem}", folder.resolve(), str(path))
    _check(_declared_in(OWN))


def _forget() -> None:
    """Undo an earlier load of the folder, or of another one."""
    catalogue.withdraw(OWN)
    for name in [name for name in sys.modules if f"{name}.".startswith(f"{OWN}.")]:
        del sys.modules[name]


def _found_package(folder: Path) -> None:
    """Make the package whose modules are the files of the folder."""
    package = ModuleType(OWN)
    package.__path__ = [str(folder.resolve())]
    sys.modules[OWN] = package
    importlib.invalidate_caches()


def _import(module: str, package_folder: Path | None, origin: str) -> None:
    try:
        importlib.import_module(module)
    except DeclarationError:
        raise
    except SyntaxError as error:
        raise DeclarationError(f"{error.filename}:{error.lineno}", error.msg) from error
    except (Exception, SystemExit) as error:  # a module does what it likes when it is imported
        problem = f"{type(error).__name__}: {error}".partition("\n")[0]
        raise DeclarationError(_line(error, package_folder) or origin, problem) from error


def _line(error: BaseException, package_folder: Path | None) -> str | None:
    """Return the last line of own operations that led to an error."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [
        frame
        for frame in frames
        if package_folder and Path(frame.filename).is_relative_to(package_folder)
    ]
    return f"{theirs[-1].filename}:{theirs[-1].lineno}" if theirs else None


def _declared_in(package: str) -> Iterator[Operation]:
    for operation in catalogue.everything():
        if f"{operation.body.__module__}.".startswith(f"{package}."):
            yield operation


def _check(operations: Iterator[Operation]) -> None:
    for operation in operations:
        for problem in _problems(operation):
            raise DeclarationError(operation.where, problem)


def _problems(operation: Operation) -> Iterator[str]:
    if not _NAME.fullmatch(operation.name):
        yield (
            f"{operation.name} is not a name for an operation of your own: "
            "xenserver.<class>.<verb> or flow.<verb>, in lower case"
        )
    if operation.undo and catalogue.find(operation.undo.name) is None:
        yield f"{operation.name} is undone by {operation.undo.name}, which is not declared"
