"""The index of the catalogue is built once, and anew when an operation changes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import catalogue_build, catalogue_index, noun_commands
from cli.exit_codes import CommandFailed
from cli.inputs import Input
from config import settings
from config.settings import Settings
from workers import loader

OWN = '''\
from tasks.engine.declaration.answers import Done, done
from tasks.engine.declaration.field_types import VmName
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen


@operation()
def touch(xen: Xen, *, vm: VmName) -> Done:
    """Touch a VM."""
    return done("VM touched", xen.find.vm(vm))
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Set a folder of own operations, and one of caches."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "backups.py").write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("XENFLOW_OPERATIONS_PATH", str(own))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    settings.load.cache_clear()
    yield own
    settings.load.cache_clear()
    loader.load(Settings(operations_path=None))


def test_what_is_read_is_what_was_built(folder: Path) -> None:
    """Every entry survives the file, with inputs and their parts."""
    built = catalogue_index.load()

    assert folder.exists()
    assert catalogue_index.cached() == built
    assert built.entries == catalogue_build.build()[0]
    assert any(one.parts for entry in built.entries for one in entry.inputs)


def test_steps_of_flows_are_found_and_not_listed() -> None:
    index = catalogue_index.load()
    hidden = {entry.name for entry in index.entries} - {entry.name for entry in index.listed()}

    assert hidden == {one.name for one in catalogue_build.operations() if one.is_internal}
    assert "xenserver.vm.choose_disks" in hidden
    assert index.find("vm.choose-disks").is_internal
    assert "choose-disks" not in _help_of("vm")
    assert "start" in _help_of("vm")


def _help_of(noun: str) -> list[str]:
    group = noun_commands.command(noun)
    return [name for name, command in group.commands.items() if not command.hidden]


def test_it_is_out_of_date_when_a_file_changes(folder: Path) -> None:
    """An operation that is renamed is found under its new name at once."""
    catalogue_index.load().find("backups.touch")

    (folder / "backups.py").write_text(OWN.replace("def touch", "def caress"), encoding="utf-8")

    assert catalogue_index.cached() is None
    assert catalogue_index.load().find("backups.caress").module == "xenflow_operations.backups"


def test_it_is_out_of_date_when_a_file_is_added(folder: Path) -> None:
    """A new file may declare operations."""
    catalogue_index.load()

    (folder / "empty.py").write_text("", encoding="utf-8")

    assert catalogue_index.cached() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fingerprint": 1}', "null", '"text"'])
def test_a_damaged_file_is_built_anew(folder: Path, text: str) -> None:
    built = catalogue_index.load()
    [file] = (folder.parent / "cache" / "xenflow").glob("catalogue-*.json")
    file.write_text(text, encoding="utf-8")

    assert catalogue_index.cached() is None
    assert catalogue_index.load() == built
    assert catalogue_index.cached() == built


def test_a_file_in_place_of_the_folder_is_no_error(folder: Path) -> None:
    """The index is built each time."""
    (folder.parent / "cache").write_text("", encoding="utf-8")

    assert catalogue_index.load().find("backups.touch").verb == "touch"
    assert catalogue_index.cached() is None


def test_two_folders_of_operations_have_an_index_each(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One does not make that of the other out of date."""
    first = catalogue_index.load()
    monkeypatch.delenv("XENFLOW_OPERATIONS_PATH")
    settings.load.cache_clear()

    assert "backups" not in catalogue_index.load().nouns()
    monkeypatch.setenv("XENFLOW_OPERATIONS_PATH", str(folder))
    assert catalogue_index.cached() == first


def test_a_home_that_is_read_only_is_no_error(folder: Path) -> None:
    """The index is built each time, with nothing written; /proc is read-only for root, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", "/proc/self")

        assert catalogue_index.load().find("backups.touch").verb == "touch"
        assert folder.exists()
        assert catalogue_index.cached() is None


def test_an_unknown_name_lists_near_ones(folder: Path) -> None:
    """The error is one of usage."""
    assert folder.exists()
    with pytest.raises(CommandFailed, match=r"did you mean .*xenserver\.backups\.touch"):
        catalogue_index.load().find("backups.tuch")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("vm.start", "vm"),
        ("vm.clone", "vm"),
        ("vm.find", "name"),
        ("vbd.find", "uuid"),
        ("vm.revert", "snapshot"),
        ("flow.destroy_vm_and_disks", "vm"),
        ("vif.create", None),
        ("vdi.create", None),
        ("flow.setup_network_devices", None),
    ],
)
def test_one_obvious_object_needs_no_option(name: str, key: str | None) -> None:
    """Where several inputs must be given, none is obvious unless the command is on it."""
    positional = catalogue_index.load().find(name).positional

    assert (positional.key if isinstance(positional, Input) else None) == key
