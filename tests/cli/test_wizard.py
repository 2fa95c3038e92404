"""The wizard writes operations that are typed, formatted and ready to be loaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from cli.wizard import method_signature, operations_folder, source
from config.settings import Settings
from simulator import datamodel
from tasks.engine.declaration import catalogue
from workers import loader

MODEL = datamodel.load()
METHODS = [
    method
    for method, message in MODEL.messages.items()
    if message.cls not in {"session", "event"} and not method_signature.holds_secret(message)
]


def _text(method: str) -> str:
    return source.of(MODEL.messages[method], MODEL).text


def _put(folder: Path, methods: Sequence[str]) -> None:
    """Write operations as the wizard does; those that are declared already are left out."""
    loader.load(Settings(operations_path=None))
    pages = [source.of(MODEL.messages[method], MODEL) for method in methods]
    for each in pages:
        if not catalogue.find(each.name):
            operations_folder.put(folder, each)


def _is_clean(folder: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for words in (["format", "--check"], ["check", "--select=E,F,I,W,B,UP"]):
        checked = subprocess.run(
            [*ruff, *words, "--isolated", "--no-cache", "--quiet", "."],
            cwd=folder,
            capture_output=True,
            check=False,
            text=True,
        )
        assert checked.returncode == 0, checked.stdout


@pytest.fixture
def unloaded() -> Iterator[None]:
    """Leave nothing of people's own in the catalogue."""
    yield
    loader.load(Settings(operations_path=None))


def test_a_setter_takes_the_name_of_an_object_and_the_new_value() -> None:
    """The answer has the new name of the object."""
    assert _text("VM.set_name_label") == (
        "@operation()\n"
        "def set_name_label(xen: Xen, *, vm: VmName, name_label: Label) -> Done:\n"
        '    """Set name_label of one VM."""\n'
        "    thing = xen.find.vm(vm)\n"
        "    xen.VM.set_name_label(thing, name_label)\n"
        '    return done("VM.set_name_label done", thing.renamed(name_label))\n'
    )


def test_what_xenserver_works_on_as_a_task_is_a_suspension_point() -> None:
    """A slot is not held while it does."""
    text = _text("VM.pool_migrate")

    assert "-> Steps[Done]:" in text
    assert "yield xen.Async.VM.pool_migrate(thing, xen.find.host(host), options)" in text


def test_an_object_that_the_client_cannot_find_is_given_by_uuid() -> None:
    """XenServer is asked for its reference."""
    text = _text("VM_appliance.start")

    assert "vm_appliance: Uuid" in text
    assert "xen.VM_appliance.get_by_uuid(vm_appliance)" in text


def test_a_getter_only_looks_and_answers_with_uuids() -> None:
    """Its queue is that of finds."""
    text = _text("VM.get_VBDs")

    assert text.startswith('@operation(queue="find")\n')
    assert "return returned([xen.uuid.vbd(one) for one in given])" in text


def test_a_choice_is_one_of_the_words_there_are() -> None:
    """The data model lists them."""
    assert 'mode: Literal["balance-slb", "active-backup", "lacp"]' in _text("Bond.create")


def test_what_may_be_left_out_has_a_default() -> None:
    """It is the default that XenServer has."""
    text = _text("VDI.copy")

    assert "base_vdi: VdiName | None = None" in text
    assert "xen.find.vdi(base_vdi) if base_vdi else None" in text


def test_names_in_a_map_become_references() -> None:
    """That holds for keys and for values."""
    assert "xen.find.vdi(key).ref: xen.find.sr(value_of)" in _text("VM.migrate_send")


def test_a_parameter_called_as_what_every_message_has_is_called_otherwise() -> None:
    """`network` and `protocol` of a tunnel: the latter is how XenServer is reached."""
    assert "tunnel_protocol: Literal[" in _text("tunnel.create")


def test_a_making_is_undone_by_what_destroys(unloaded: None) -> None:
    """That holds where it surely made what it answers."""
    del unloaded
    loader.load(Settings(operations_path=None))

    assert '@operation(undo=Undo("xenserver.vdi.destroy", "vdi"))' in _text("VDI.clone")
    assert catalogue.find("xenserver.vdi.destroy")
    assert "Undo" not in _text("VDI.copy")


def test_a_method_that_is_not_published_has_its_parameters_counted() -> None:
    """What is named like an accessor of a class is done to one object of it."""
    setter = source.of(method_signature.counted(MODEL, "VM.set_colour", 2), MODEL).text
    other = source.of(method_signature.counted(MODEL, "lamp.light", 2), MODEL).text

    assert "def set_colour(xen: Xen, *, vm: VmName, argument_2: JsonValue) -> Returned:" in setter
    assert "given = xen.lamp.light(argument_1, argument_2)" in other
    assert "its parameters were counted" in " ".join(other.split())


@pytest.mark.parametrize("method", ["host.set_hostname_live", "VM.import", "Bond.create"])
def test_an_operation_stands_in_a_file_of_its_class(tmp_path: Path, method: str) -> None:
    """The answer of the wizard has its line."""
    put = operations_folder.put(tmp_path / "new", source.of(MODEL.messages[method], MODEL))

    assert put.is_new
    assert put.path == tmp_path / "new" / f"{method.partition('.')[0].lower()}.py"
    assert put.path.read_text(encoding="utf-8").splitlines()[put.line - 1].startswith("@operation")


HAND_WRITTEN = '''\
#!/usr/bin/env python3
# Ours since 2019.
"""What we do to VMs."""

import os
from functools import partial

import pydantic
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import VmName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen

HERE = os.curdir, partial, pydantic


@operation()
def set_name_label(xen: Xen, *, vm: VmName) -> Done:
    """Call every VM the same."""
    return done("not really", xen.find.vm(vm))
'''


def test_a_function_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    """Its whole file is unchanged."""
    (tmp_path / "vm.py").write_text(HAND_WRITTEN, encoding="utf-8")

    put = operations_folder.put(tmp_path, source.of(MODEL.messages["VM.set_name_label"], MODEL))

    assert not put.is_new
    assert put.line == 17
    assert (tmp_path / "vm.py").read_text(encoding="utf-8") == HAND_WRITTEN


def test_a_file_that_is_there_is_added_to(tmp_path: Path) -> None:
    """Its own lines all stay, in their order; new imports stand where a sorter puts them."""
    file = tmp_path / "vm.py"
    file.write_text(HAND_WRITTEN, encoding="utf-8")
    file.chmod(0o640)

    for method in ("VM.set_actions_after_crash", "VM.get_resident_on", "VM.pool_migrate"):
        operations_folder.put(tmp_path, source.of(MODEL.messages[method], MODEL))

    lines = file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in HAND_WRITTEN.splitlines() if not line.startswith("from tasks.engine.")]
    rest = iter(lines)
    assert all(line in rest for line in kept)
    assert "from tasks.engine.declaration.answers import Done, Returned, done, returned" in lines
    assert "from tasks.engine.declaration.field_types import HostName, Map, VmName" in lines
    assert "from typing import Literal" in lines
    assert file.stat().st_mode & 0o777 == 0o640
    _is_clean(tmp_path)


@pytest.mark.parametrize("line", ["import done  # sic", "import done as ended"])
def test_an_import_with_a_meaning_of_its_own_stays(tmp_path: Path, line: str) -> None:
    """What is missing is imported beside it."""
    file = tmp_path / "vm.py"
    file.write_text(f"from tasks.engine.declaration.answers {line}\n", encoding="utf-8")

    operations_folder.put(tmp_path, source.of(MODEL.messages["VM.get_resident_on"], MODEL))

    lines = file.read_text(encoding="utf-8").splitlines()
    assert f"from tasks.engine.declaration.answers {line}" in lines
    assert "from tasks.engine.declaration.answers import Returned, returned" in lines


def test_a_file_that_is_no_python_is_left_alone(tmp_path: Path) -> None:
    """The error has file and line."""
    (tmp_path / "vm.py").write_text("x =\n", encoding="utf-8")

    with pytest.raises(operations_folder.Unreadable, match=r"vm\.py:1: invalid syntax"):
        operations_folder.put(tmp_path, source.of(MODEL.messages["VM.pool_migrate"], MODEL))

    assert (tmp_path / "vm.py").read_text(encoding="utf-8") == "x =\n"


@pytest.mark.parametrize(
    "methods",
    [
        pytest.param(METHODS[::9], id="a ninth"),
        pytest.param(METHODS[1::3], id="a third", marks=pytest.mark.slow),
    ],
)
def test_whatever_is_written_is_formatted_and_loads(
    tmp_path: Path, unloaded: None, methods: list[str]
) -> None:
    """All classes and types of the data model are tried."""
    del unloaded
    _put(tmp_path, methods)

    _is_clean(tmp_path)
    loader.load(Settings(operations_path=tmp_path))


def test_every_name_that_is_written_is_a_word_of_ours(tmp_path: Path) -> None:
    """The client finds them and the field types name them."""
    message = MODEL.messages["VM.set_name_label"]
    classes = {p.type.name for m in MODEL.messages.values() for p in m.params if p.type.name}

    for cls in sorted(classes & MODEL.classes.keys()):
        put = operations_folder.put(tmp_path, source.of(replace(message, cls=cls), MODEL))
        ast.parse(put.path.read_text(encoding="utf-8"))
