"""People's own operations load like ours, and what is wrong with one is named by file and line."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.checks import DeclarationError
from workers import loader

HEAD = """\
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import Label, VmName
from tasks.engine.declaration.operation import Steps, Undo, operation
from xenserver.client import Xen

"""  # five lines: what follows begins at the sixth
RENAME = '''\
@operation()
def rename(xen: Xen, *, vm: VmName, name: Label) -> Done:
    """Give a VM another name."""
    found = xen.find.vm(vm)
    xen.VM.set_name_label(found, name)
    return done("VM renamed", found)
'''

Load = Callable[..., None]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Write files into a folder, and load it; nothing of it stays in the catalogue."""

    def do(**files: str) -> None:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        loader.load(Settings(operations_path=tmp_path))

    yield do
    loader.load(Settings(operations_path=None))


def test_an_operation_is_named_by_its_file_and_function(load: Load) -> None:
    """That is how ours are named."""
    load(backups=HEAD + RENAME)

    found = catalogue.find("xenserver.backups.rename")

    assert found
    assert found.summary == "Give a VM another name."


def test_an_operation_may_be_given_a_name(load: Load) -> None:
    """The file may have any name."""
    load(mine=HEAD + RENAME.replace("operation()", 'operation(name="xenserver.vm.rename")'))

    assert catalogue.find("xenserver.vm.rename")


def test_one_file_may_use_another(load: Load) -> None:
    """A flow imports the operations of another file."""
    load(
        night="from tasks.engine.declaration.answers import Done\n"
        "from tasks.engine.declaration.field_types import VmName\n"
        "from tasks.engine.declaration.flow import Canvas, flow\n"
        "from xenflow_operations import backups\n"
        "@flow(answer=Done)\n"
        "def good_night(*, vm: VmName) -> Canvas:\n"
        "    '''Send a VM to sleep.'''\n"
        "    return backups.rename.s(vm=vm, name='sleeper')\n",
        backups=HEAD + RENAME,
    )

    found = catalogue.find("flow.good_night")

    assert found
    assert found.is_flow


def test_a_folder_may_be_loaded_any_number_of_times(load: Load) -> None:
    """An operation that was deleted leaves the catalogue."""
    load(backups=HEAD + RENAME, gone=HEAD + RENAME)
    load(backups=HEAD + RENAME, gone="")

    assert catalogue.find("xenserver.backups.rename")
    assert catalogue.find("xenserver.gone.rename") is None


def test_without_the_folder_its_operations_are_not_there(load: Load) -> None:
    """Two applications of one process do not see each other's."""
    load(backups=HEAD + RENAME)

    loader.load(Settings())

    assert catalogue.find("xenserver.backups.rename") is None
    assert catalogue.find("xenserver.vm.start")


def _with(old: str, new: str) -> str:
    assert old in RENAME
    return HEAD + RENAME.replace(old, new)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        pytest.param(_with(") -> Done", " -> Done"), 7, "invalid syntax", id="syntax"),
        pytest.param("import os\nimport shelv\n", 2, "ModuleNotFoundError: No m", id="import"),
        pytest.param("raise SystemExit(3)\n", 1, "SystemExit: 3", id="exit"),
        pytest.param(_with("operation()", "operation"), 6, "TypeError: ", id="no brackets"),
        pytest.param(HEAD + RENAME + "\n" + RENAME, 13, "declared already", id="twice"),
        pytest.param(
            _with("operation()", 'operation(name="xenserver.vm.start")'),
            6,
            "xenserver.vm.start is declared already, at ",
            id="ours",
        ),
        pytest.param(
            _with('    """Give a VM another name."""\n', ""), 6, "has no docstring", id="mute"
        ),
        pytest.param(_with("name: Label", "name"), 6, "'name' no type", id="no type"),
        pytest.param(_with("*, ", ""), 6, "'vm' by position", id="by position"),
        pytest.param(_with("xen: Xen, *", "*"), 6, "must take `xen: Xen` first", id="no xen"),
        pytest.param(_with("name: Label", "timeout: int"), 6, "'timeout', which", id="taken"),
        pytest.param(_with("name: Label", "name: Lable"), 7, "'Lable' is not", id="unknown type"),
        pytest.param(
            "from __future__ import annotations\n" + _with("name: Label", "name: Lable"),
            7,
            "a type that cannot be read: name 'Lable' is not",
            id="unknown type, in text",
        ),
        pytest.param(
            _with("operation()", 'operation(queue="fast")'), 6, "the queue 'fast'", id="queue"
        ),
        pytest.param(_with("-> Done", "-> str"), 6, "which Answer it gives, not str", id="answer"),
        pytest.param(_with(" -> Done", ""), 6, "gives, not nothing", id="no answer"),
        pytest.param(_with("-> Done", "-> Steps[Done]"), 6, "has no `yield`", id="no legs"),
        pytest.param(_with("xen.VM", "yield xen.Async.VM"), 6, "returns Steps[...]", id="legs"),
        pytest.param(_with("def ", "async def "), 6, "is async", id="async"),
        pytest.param(
            _with("operation()", 'operation(name="celery.chain")'), 6, "is not a name", id="celery"
        ),
        pytest.param(
            _with("operation()", 'operation(name="xenflow.poll")'), 6, "is not a name", id="xenflow"
        ),
        pytest.param(
            _with("operation()", 'operation(undo=Undo("xenserver.vm.unmake", "vm"))'),
            6,
            "is undone by xenserver.vm.unmake, which is not declared",
            id="undo",
        ),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(
    load: Load, tmp_path: Path, text: str, line: int, message: str
) -> None:
    """The error is one line."""
    with pytest.raises(DeclarationError) as wrong:
        load(backups=text)

    reply = str(wrong.value)
    assert reply.startswith(f"{tmp_path / 'backups.py'}:{line}: ")
    assert message in reply
    assert "\n" not in reply


def test_a_file_whose_name_is_no_word_is_refused(load: Load) -> None:
    """It could not be imported."""
    with pytest.raises(DeclarationError, match=r"my-own\.py: a file's name is"):
        load(**{"my-own": HEAD + RENAME})


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The error names the setting."""
    with pytest.raises(DeclarationError, match=r"XENFLOW_OPERATIONS_PATH: .* is not a folder"):
        loader.load(Settings(operations_path=tmp_path / "nowhere"))
