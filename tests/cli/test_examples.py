"""Examples are messages that the operation accepts, in each form."""

import ast
import json
import shlex
from pathlib import Path

import pytest

from cli import (
    catalogue_build,
    catalogue_index,
    description,
    examples,
    message_inputs,
    operations,
    output,
    parsing,
)
from cli.generators.pages import error_pages
from cli.options import OutputOptions
from simulator import server
from tasks.engine.declaration import message
from tasks.engine.declaration.operation import Operation
from tests.cli.conftest import Run
from tests.stack import running_stack
from tests.tasks.harness import Harness
from tests.xenserver.pools import Pool

OPERATIONS = catalogue_build.operations()
ON_A_FRESH_POOL = [one for one in OPERATIONS if not one.is_flow and not examples.needs(one)]


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.name)
def operation(request: pytest.FixtureRequest) -> Operation:
    """Each operation and flow."""
    found: Operation = request.param
    return found


def test_the_operation_takes_its_example(operation: Operation) -> None:
    """The worker's own check finds nothing wrong with it."""
    message.check(operation.model, examples.message_of(operation))


@pytest.mark.parametrize("operation", ON_A_FRESH_POOL, ids=lambda operation: operation.name)
def test_the_operation_does_its_example_on_a_fresh_pool(operation: Operation) -> None:
    """A reader copies it and sees the operation work."""
    before = examples.first(operation)
    with server.serve_in_thread(server.Options(speed=1000.0)) as served:
        harness = Harness(Pool(served.url))
        if before:
            harness.do(before, **examples.message_of(before))

        answer = harness.do(operation, **examples.message_of(operation))

        harness.close()
    assert answer["return_result"] is not None


FLOWS = (
    *("flow.find_list_of_vms", "flow.assign_vms_to_network", "xenserver.vm.assign_each_to_network"),
    *("flow.clone_vms", "flow.create_vm_from_configured_template"),
    *("flow.create_vm_from_unconfigured_template", "flow.setup_disk_or_cd"),
    *("flow.setup_network_devices", "xenserver.vm.start_each", "flow.start_vms"),
    *("xenserver.vm.destroy_with_disks", "flow.destroy_vm_and_disks"),
)
"""In an order in which each finds in one pool what its example works on."""


def test_each_flow_does_its_example_on_one_pool(tmp_path: Path) -> None:
    """A reader copies one after the other; nothing in them is changed."""
    known = {one.name: one for one in OPERATIONS if one.is_flow and not examples.needs(one)}
    assert sorted(FLOWS) == sorted(known)

    with running_stack(tmp_path, speed=1000.0) as stack:
        stack.services.worker()
        stack.services.poller()
        answers = [stack.do(name, **examples.message_of(known[name])) for name in FLOWS]

    assert all(answer["return_result"] for answer in answers)


def test_an_example_names_nothing_that_is_nowhere(operation: Operation) -> None:
    """One that does says what it needs."""
    text = json.dumps(examples.message_of(operation))

    assert examples.PLACEHOLDER not in text or examples.needs(operation)


def test_what_goes_before_an_example_is_shown(run: Run) -> None:
    reply = run("describe", "vm.revert")

    assert "Send the example of xenserver.vm.snapshot first." in reply.out
    assert "needs a second pool" in run("describe", "vm.migrate-to-pool").out


def test_in_python_it_is_a_program(operation: Operation) -> None:
    """It compiles, and names the operation."""
    program = examples.python(operation, examples.message_of(operation))

    compile(program, operation.name, "exec")
    assert f'"{operation.name}"' in program


def test_in_python_it_is_written_as_formatters_write_it(operation: Operation) -> None:
    """Quotes are double, no line is long, and the message is the one of the example."""
    program = examples.python(operation, examples.message_of(operation))

    call = ast.parse(program).body[-2]
    [message] = [one.value for one in ast.walk(call) if isinstance(one, ast.keyword)][:1]
    assert ast.literal_eval(message) == examples.message_of(operation)
    assert "'" not in program
    assert max(map(len, program.splitlines())) <= 80


def test_what_is_made_is_named_otherwise_than_what_it_is_made_of(operation: Operation) -> None:
    """A reader tells the two apart."""
    reply = examples.message_of(operation)

    assert "name" not in reply or reply["name"] not in {reply.get("vm"), reply.get("template")}


def test_every_field_of_a_message_and_of_an_answer_has_a_meaning(operation: Operation) -> None:
    """`describe` shows it; the steps of our own flows are not sent by hand."""
    fields = () if operation.is_internal else operation.answer.model_fields.items()

    assert [name for name, field in fields if not field.description] == []
    assert [one.field for one in message_inputs.of(operation.model) if not one.help] == []


def test_every_error_of_an_operation_has_a_message(operation: Operation) -> None:
    """It says in words what the code means."""
    assert [error.code for error in error_pages.of(operation) if not error.message] == []


def test_on_the_wire_it_is_json(operation: Operation) -> None:
    """The body has arguments, keyword arguments and options."""
    reply = json.loads(examples.wire(operation, examples.message_of(operation)))

    assert reply["headers"]["task"] == operation.name
    assert reply["body"] == [[], examples.message_of(operation), {}]


def test_in_a_shell_it_is_the_command_of_that_message(operation: Operation) -> None:
    """The command sends the same message."""
    reply = examples.message_of(operation)

    words = shlex.split(examples.shell(operation, reply))

    *_, noun, verb = operation.name.split(".")
    assert words[:3] == ["xenflow", noun, verb.replace("_", "-")]
    assert all(
        one.option in words for one in message_inputs.of(operation.model) if one.key in reply
    )


def test_the_page_of_an_operation_tells_all_of_it(run: Run) -> None:
    """It has inputs, answer, errors, and the example in shell, Python and JSON."""
    reply = run("describe", "vm.start")

    for text in ("Boot a halted VM", "a VM, by UUID", "return_result", "Refused", "send_task"):
        assert text in reply.out
    assert "xenflow vm start --vm web02\n" in reply.out


def test_the_page_is_json_where_that_is_asked(run: Run) -> None:
    """The object has schemas, errors and an example."""
    reply = json.loads(run("describe", "vm.start", "--json").out)

    assert reply["name"] == "xenserver.vm.start"
    assert reply["example"]["message"] == {"vm": "web02"}
    assert "vm" in reply["message"]["properties"]


def test_the_catalogue_can_be_read_at_60_columns(run: Run) -> None:
    """A name has a line of its own, and below it what the operation does."""
    lines = run("catalogue", COLUMNS="60").out.splitlines()

    assert "flow.create_vm_from_unconfigured_template" in lines
    assert lines[lines.index("xenserver.vm.start") + 1].startswith("  Boot a halted VM")
    assert max(map(len, lines)) <= 60


def test_the_catalogue_lists_all_with_a_line_each(run: Run) -> None:
    """A line has the name and the first sentence."""
    public = [one for one in OPERATIONS if not one.is_internal]

    reply = run("catalogue").out

    assert all(f"{one.name} " in reply and one.summary in reply for one in public)
    listed = json.loads(run("catalogue", "--json").out)["operations"]
    assert [entry["name"] for entry in listed] == [one.name for one in public]


def test_a_pair_of_every_example_is_read_back(operation: Operation) -> None:
    """`run` takes what `describe` shows."""
    reply = {k: v for k, v in examples.message_of(operation).items() if isinstance(v, str)}

    assert (
        parsing.pairs(message_inputs.of(operation.model), [f"{k}={v}" for k, v in reply.items()])
        == reply
    )


def test_examples_can_be_copied_from_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No line of a command or of code is broken."""
    monkeypatch.setenv("COLUMNS", "40")
    entry = catalogue_index.load().find("xenserver.vm.snapshot")
    operation = operations.load(entry)
    message = examples.message_of(operation)

    output.write(description.document(entry), OutputOptions())

    printed = capsys.readouterr().out
    for written in (examples.shell, examples.python, examples.wire):
        assert f"\n{written(operation, message)}\n" in printed
