"""The image and the cluster are what they should be, as their own tools see it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

FILLED_IN = {"REDIS_PASSWORD": "one", "FLOWER_PASSWORD": "two"}


def _compose(root: Path, tools: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tools / "docker-compose", "--env-file", "/dev/null", *words],
        cwd=root,
        env=env,
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture(scope="module")
def services(root: Path, tools: Path) -> dict[str, Any]:
    """Read the services as Compose does, those of the demo among them."""
    asked = _compose(root, tools, "--profile", "demo", "config", "--format=json", **FILLED_IN)
    services: dict[str, Any] = json.loads(asked.stdout)["services"]
    return services


def test_compose_accepts_the_file(root: Path, tools: Path) -> None:
    """The real Compose reads it without a word."""
    checked = _compose(root, tools, "config", "-q", **FILLED_IN)

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize("missing", FILLED_IN)
def test_compose_asks_for_each_password(root: Path, tools: Path, missing: str) -> None:
    """None has a default that everybody knows."""
    given = {name: value for name, value in FILLED_IN.items() if name != missing}

    checked = _compose(root, tools, "config", "-q", **given)

    assert checked.returncode != 0
    assert missing in checked.stderr


def test_only_flower_can_be_reached_and_only_from_this_machine(services: dict[str, Any]) -> None:
    """No other port is published."""
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert published.keys() == {"flower"}
    assert [port["host_ip"] for port in published["flower"]] == ["127.0.0.1"]


def test_every_part_is_watched_and_can_do_little(services: dict[str, Any]) -> None:
    """A health check of plain words, a root file system that cannot be written, no capability."""
    for name, service in services.items():
        assert not [word for word in service["healthcheck"]["test"] if " " in word], name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name


def test_the_simulator_comes_only_when_asked_for(services: dict[str, Any]) -> None:
    """A cluster for real pools has none."""
    assert [name for name, service in services.items() if service.get("profiles")] == ["simulator"]


@pytest.mark.parametrize("part", ["worker", "poller", "flower", "simulator"])
def test_every_part_is_a_command_that_there_is(
    tools: Path, services: dict[str, Any], part: str
) -> None:
    """Its name and options are those of the command line, and so is what asks whether it lives."""
    command, *options = services[part]["command"]

    helped = subprocess.run(
        [tools / "xenflow", command, "--help"], capture_output=True, check=False, text=True
    )

    assert helped.returncode == 0
    assert all(word in helped.stdout for word in options if word.startswith("--"))
    assert services[part]["healthcheck"]["test"] == ["CMD", "xenflow-alive", part]


def test_the_image_is_built_as_its_lint_demands(root: Path, tools: Path) -> None:
    """Hadolint finds nothing."""
    checked = subprocess.run(
        [tools / "hadolint", root / "Dockerfile"], capture_output=True, check=False, text=True
    )

    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular(root: Path) -> None:
    """By number, so that an orchestrator can see that it is not root."""
    users = [
        line
        for line in (root / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if line.startswith("USER ")
    ]

    assert users == ["USER 10001:10001"]
