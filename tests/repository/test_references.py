"""The client's tables of references and integers agree with the published data model."""

import pytest

from simulator import datamodel
from simulator.datamodel.types import Type
from xenserver import errors, object_kinds, references

MODEL = datamodel.load()


def _holds(kind: Type) -> Type:
    """Return the type of a field's value, or of the members of its set or map."""
    return kind.items[-1] if kind.kind in {"set", "map"} else kind


def _references(cls: str) -> dict[str, str]:
    fields = MODEL.classes[cls].fields.values()
    return {f.name: _holds(f.type).name for f in fields if _holds(f.type).kind == "ref"}


def _integers(cls: str) -> set[str]:
    fields = MODEL.classes[cls].fields.values()
    return {f.name for f in fields if f.type.kind != "map" and _holds(f.type).kind == "int"}


@pytest.mark.parametrize("cls", sorted(references.REFERENCES))
def test_every_reference_of_a_class_is_known(cls: str) -> None:
    """An unknown reference would appear in an answer."""
    assert references.REFERENCES[cls] == _references(cls)


@pytest.mark.parametrize("cls", sorted(references.INTEGERS))
def test_every_integer_of_a_class_is_known(cls: str) -> None:
    """An unknown integer would be text over XML-RPC and a number over JSON-RPC."""
    assert references.INTEGERS[cls] == _integers(cls)


def test_the_references_of_every_named_class_are_known() -> None:
    """Each class that a message can name has a table of references."""
    assert set(object_kinds.CLASSES.values()) <= set(references.REFERENCES)


def test_the_keys_that_are_references_are_known() -> None:
    """These are the maps with references as keys, in the classes that xenflow uses."""
    keys = {
        field.name: field.type.items[0].name
        for cls in references.REFERENCES
        for field in MODEL.classes[cls].fields.values()
        if field.type.kind == "map" and field.type.items[0].kind == "ref"
    }

    assert keys.items() <= references.KEYS.items()


@pytest.mark.parametrize("method", sorted(references.INTEGER_ANSWERS))
def test_a_method_that_answers_with_an_integer_does(method: str) -> None:
    """The data model has the type of each result."""
    assert MODEL.messages[method].result.kind == "int"


def test_every_integer_result_of_a_known_class_is_known() -> None:
    """Getters are left out: their fields are known."""
    answers = {
        message.method
        for message in MODEL.messages.values()
        if message.cls in references.REFERENCES
        and message.kind == "custom"
        and not message.name.startswith("get_")
        and message.result.kind == "int"
        and "ha_" not in message.name
    }

    assert answers == references.INTEGER_ANSWERS


def test_every_error_of_the_data_model_has_a_class() -> None:
    """The class of an error is its remedy, so each code needs one."""
    spoken = (m for m in MODEL.messages.values() if m.cls in references.REFERENCES)
    codes = {code for message in spoken for code in message.errors}

    assert {code for code in codes if not errors.is_known(code)} == set()
