"""The data model, read from its text files."""

import pytest

from simulator import datamodel
from simulator.datamodel import Link, reader, types


@pytest.fixture(scope="module")
def model() -> datamodel.Model:
    """Read the whole of it."""
    return datamodel.load()


def test_it_is_whole(model: datamodel.Model) -> None:
    """It has 67 published classes, 845 fields, 1828 published messages of 2012 in all."""
    published = [message for message in model.messages.values() if not message.hidden]

    assert len(model.classes.keys() - {"Diagnostics"}) == 67
    assert sum(len(cls.fields) for cls in model.classes.values()) == 845
    assert len(published) == 1828
    assert len(model.messages) == 2012


@pytest.mark.parametrize(
    ("cls", "field", "kind", "qualifier", "since", "value"),
    [
        ("VM", "name_label", "string", "rw", "rio", ""),
        ("VM", "power_state", "enum vm_power_state", "init", "rio", "Halted"),
        ("VM", "HVM_shadow_multiplier", "float", "init", "miami", 1.0),
        ("VM", "blocked_operations", "(enum vm_operations -> string) map", "rw", "orlando", {}),
        ("VM", "snapshot_of", "VM ref", "ro", "orlando", "OpaqueRef:NULL"),
        ("VBD", "VDI", "VDI ref", "init", "rio", "OpaqueRef:NULL"),
        ("task", "subtask_of", "task ref", "ro", "orlando", "OpaqueRef:NULL"),
        ("PVS_cache_storage", "size", "int", "init", "ely", 21474836480),
        ("event", "class", "string", "init", "rio", ""),
        ("sr_stat", "uuid", "string option", "ro", "kolkata", None),
    ],
)
def test_a_field_is_what_its_line_says(  # noqa: PLR0913, PLR0917 - one per column
    model: datamodel.Model,
    cls: str,
    field: str,
    kind: str,
    qualifier: str,
    since: str,
    value: object,
) -> None:
    """Type, qualifier, release and default."""
    found = model.classes[cls].fields[field]

    assert (str(found.type), found.qualifier, found.since) == (kind, qualifier, since)
    assert found.initial() == value


def test_nested_names_have_two_underscores_in_the_database(model: datamodel.Model) -> None:
    """They have one on the wire."""
    fields = model.classes["VM"].fields

    columns = [fields[name].column for name in ("name_label", "HVM_boot_params", "other_config")]
    assert columns == ["name__label", "HVM__boot_params", "other_config"]


@pytest.mark.parametrize(
    ("method", "required", "parameters", "has_async", "role"),
    [
        ("VM.start", 3, 3, True, "vm-operator"),
        ("VM.snapshot", 2, 3, True, "vm-power-admin"),
        ("VDI.copy", 2, 4, True, "vm-admin"),
        ("VM.create", 1, 1, True, "vm-admin"),
        ("VM.get_record", 1, 1, False, "read-only"),
        ("VM.set_name_label", 2, 2, False, "vm-admin"),
        ("VM.add_tags", 2, 2, False, "vm-operator"),
        ("VM.set_is_a_template", 2, 2, False, "vm-admin"),
        ("VDI.set_name_label", 2, 2, True, "vm-admin"),
        ("VM.set_order", 2, 2, True, "pool-operator"),
        ("host.set_iscsi_iqn", 2, 2, True, "pool-operator"),
        ("host.set_hostname_live", 2, 2, False, "pool-operator"),
        ("VDI.get_nbd_info", 1, 1, False, "vm-admin"),
        ("session.change_password", 2, 2, False, "local-root"),
        ("secret.get_value", 1, 1, False, "pool-operator"),
        ("session.login_with_password", 2, 4, False, "read-only"),
        ("event.from", 3, 3, False, "read-only"),
        ("task.cancel", 1, 1, False, "read-only"),
    ],
)
def test_a_message_is_what_its_line_says(  # noqa: PLR0913 - one per column
    model: datamodel.Model,
    method: str,
    required: int,
    parameters: int,
    role: str,
    *,
    has_async: bool,
) -> None:
    """Derived from a field or listed: count of parameters, async form, role."""
    found = model.messages[method]

    assert (found.required, len(found.params)) == (required, parameters)
    assert (found.has_async, found.role) == (has_async, role)


def test_links_know_their_way_back(model: datamodel.Model) -> None:
    """A reference and the set at its other end are one relation."""
    assert model.classes["VBD"].links == {"VM": Link("VM", "VBDs"), "VDI": Link("VDI", "VBDs")}
    assert model.classes["VM"].links["resident_on"] == Link("host", "resident_VMs")


def test_records_that_are_never_stored_have_no_table(model: datamodel.Model) -> None:
    """Some classes are but shapes of answers."""
    shapes = {name for name, cls in model.classes.items() if not cls.stored}

    assert shapes == {
        "Diagnostics",
        "auth",
        "data_source",
        "event",
        "probe_result",
        "sr_stat",
        "vdi_nbd_server_info",
    }


@pytest.mark.parametrize(
    "text",
    ["string", "VM ref set", "(string -> blob ref) map", "(int -> string set) map", "enum a set"],
)
def test_a_type_is_written_as_it_is_read(text: str) -> None:
    """Reading and writing are each other's reverse."""
    assert str(types.parse(text)) == text


def test_a_line_that_is_no_message_is_reported() -> None:
    """A slip of the pen in a file does not pass unnoticed."""
    sheet = reader.sheet("class a\n\nstart(self a ref | rio\n")

    with pytest.raises(ValueError, match="not a message"):
        reader.build(sheet, {}, {})
