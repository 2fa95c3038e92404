"""The typed client works and is checked where nothing of ours is installed."""

import ast
import json
import re
import subprocess
import sys
import sysconfig
import textwrap
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cli.generators.schemas.client_source import Feed, signature
from tests.cli import schemas
from tests.stack import TIMEOUT, StackHarness

CLIENT = schemas.DOCS / "client"
SERVICE = Path(__file__).with_name("service.py")


@pytest.fixture(scope="module")
def results(stack: StackHarness, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Ask as another service, in a process without our packages."""
    name = f"service-{uuid.uuid4().hex[:12]}"
    broker = stack.services.environment["XENFLOW_REDIS_URL"]
    asked = subprocess.run(
        [sys.executable, "-I", "-S", SERVICE, sysconfig.get_path("purelib"), CLIENT, broker, name],
        cwd=tmp_path_factory.mktemp("elsewhere"),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return {"name": name, **json.loads(asked.stdout)}


def test_a_find_is_answered(results: Mapping[str, Any]) -> None:
    """Its records are counted."""
    assert results["count"] == 1


def test_an_error_has_a_class_of_the_client(results: Mapping[str, Any]) -> None:
    """It is caught by its class, and has XenServer's code or one of ours."""
    assert results["error"] == "XENFLOW_NO_SUCH_OBJECT"


def test_a_flow_takes_structures(stack: StackHarness, results: Mapping[str, Any]) -> None:
    """The disk has the size that was written with a unit."""
    [made] = stack.xenserver.named("VM", f"{results['name']}-bare")
    [disk] = stack.xenserver.named("VDI", f"{results['name']}-bare disk 0")

    assert results["flow"] == made["uuid"]
    assert int(disk["virtual_size"]) == 1024**3


def test_a_chain_is_fed_from_step_to_step(stack: StackHarness, results: Mapping[str, Any]) -> None:
    """What the first step made is what runs in the end."""
    [made] = stack.xenserver.named("VM", f"{results['name']}-chain")

    assert results["chain"]["uuid"] == made["uuid"]
    assert made["power_state"] == "Running"


def test_the_body_of_a_chord_is_fed_from_its_parts(
    stack: StackHarness, results: Mapping[str, Any]
) -> None:
    """The VM that the first part answered starts, with both interfaces."""
    [made] = stack.xenserver.named("VM", f"{results['name']}-bare")
    cards = [card for card in stack.xenserver.records("VIF").values() if card["VM"] == made["ref"]]

    assert results["chord"]["uuid"] == made["uuid"]
    assert made["power_state"] == "Running"
    assert sorted(int(card["MTU"]) for card in cards) == [1400, 1500]


@pytest.mark.parametrize(
    "argument", [{"vms": [Feed("0.uuid")]}, {"disks": [{"size": "1GiB", "sr": Feed("uuid")}]}]
)
def test_a_feed_within_an_argument_is_refused(argument: dict[str, object]) -> None:
    """The message would not fit JSON; the error says what can be fed instead."""
    with pytest.raises(TypeError, match="stands for the whole argument"):
        signature("flow.start_vms", "change", argument, {})


RIGHT = """
import xenflow_client as xen
from celery import Signature, chain, chord

one: Signature[xen.Done] = xen.vm.start(vm="web01", target="lab", timeout=90, run_async=True)
two = chain(xen.vm.clone(vm="a", name="b"), xen.vm.start(vm=xen.Feed("uuid")))
parts = [xen.vdi.create(name=n, sr="nfs", size=size) for n, size in [("a", "1GiB"), ("b", "2g")]]
body = chord(parts, xen.vm.find(name=xen.Feed("0.name_label"), power_state="Running"))
label: str | None = one.delay().get().get("name_label")
"""
WRONG = {
    "a field is missing": 'xen.vm.start(target="lab")',
    "no such field": 'xen.vm.start(vm="web01", cpus=3)',
    "of another type": "xen.vm.start(vm=1)",
    "no such choice": 'xen.vm.find(power_state="running")',
    "no such choice of what all take": 'xen.vm.start(vm="a", on_failure="shrug")',
    "not by position": 'xen.vm.start("web01")',
    "a part is missing": (
        'xen.flow.create_vm_from_unconfigured_template(template="a", name="b", disks=[{"sr": "c"}])'
    ),
    "no such field of the answer": 'xen.vm.start(vm="web01").delay().get()["uid"]',
    "another operation's answer": (
        'found: xen.Found = xen.vm.start(vm=xen.Feed("uuid")).delay().get()'
    ),
}


def _examples() -> list[str]:
    """Return the examples of the client's own documentation, and of the page about it."""
    module = ast.get_docstring(ast.parse((CLIENT / "xenflow_client.py").read_text("utf-8"))) or ""
    page = (CLIENT / "README.md").read_text("utf-8")
    indented = [line for line in module.splitlines() if line.startswith("    ")]
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    return [textwrap.dedent("\n".join(indented)), *blocks]


def _lines(folder: Path) -> dict[str, str]:
    """Return all lines of the services in a folder, by file and number."""
    return {
        f"{path.name}:{number}": line
        for path in folder.glob("service_*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
    }


@pytest.mark.slow
def test_types_are_checked_strictly(tmp_path: Path) -> None:
    """Right lines pass, and each line that is marked as wrong is found."""
    (tmp_path / "xenflow_client.py").symlink_to(CLIENT / "xenflow_client.py")
    wrong = [f"{line}  # error" for line in WRONG.values()]
    for number, text in enumerate(["\n".join([RIGHT, *wrong]), *_examples()]):
        (tmp_path / f"service_{number}.py").write_text(text + "\n", encoding="utf-8")

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    said = [line.partition(": error:") for line in checked.stdout.splitlines()]
    marked = {place for place, line in _lines(tmp_path).items() if "# error" in line}
    assert {place for place, error, _ in said if error} == marked, checked.stdout


def test_it_is_laid_out_as_ruff_would() -> None:
    """A service whose formatter passes over it sees no change."""
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--check", CLIENT / "xenflow_client.py"],
        cwd=schemas.DOCS.parent,
        capture_output=True,
        check=False,
    )

    assert checked.returncode == 0
