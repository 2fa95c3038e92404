"""The image and the Compose files, as hadolint and Compose read them."""

import json
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config import setting_files, settings
from config.targets import Targets
from tests.docs import pages
from workers import health_check

BASE = "docker-compose.yml"
DEMO = "deploy/demo.yml"
PUBLISHED = "deploy/publish-redis.yml"
METRICS = "deploy/metrics.yml"
VARIANTS = {
    "base": (BASE,),
    "demo": (BASE, DEMO),
    "published": (BASE, PUBLISHED),
    "metrics": (BASE, METRICS),
    "all": (BASE, DEMO, METRICS, PUBLISHED),
}
ADDING = ("deploy.md", "scrape-metrics.md", "connect-a-service-to-compose.md")
SECRETS = {"redis_password", "flower_password", "sealing_keys", "default_password"}

Services = dict[str, Any]


def _compose(root: Path, tools: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tools / "docker-compose", "--env-file", "/dev/null", *words],
        cwd=root,
        env={},
        capture_output=True,
        check=False,
        text=True,
    )


def _read(root: Path, tools: Path, files: tuple[str, ...]) -> dict[str, Any]:
    options = [word for file in files for word in ("-f", file)]
    shown = _compose(root, tools, *options, "config", "--format=json")
    document: dict[str, Any] = json.loads(shown.stdout)
    return document


@pytest.fixture(scope="module", params=VARIANTS)
def services(root: Path, tools: Path, request: pytest.FixtureRequest) -> Services:
    """Return the services of each combination of files, as Compose reads them."""
    found: Services = _read(root, tools, VARIANTS[request.param])["services"]
    return found


@pytest.fixture(scope="module")
def demo(root: Path, tools: Path) -> Services:
    """Return the services with the simulated pool."""
    found: Services = _read(root, tools, VARIANTS["demo"])["services"]
    return found


@pytest.mark.parametrize("files", VARIANTS.values(), ids=VARIANTS)
def test_compose_accepts_the_files(root: Path, tools: Path, files: tuple[str, ...]) -> None:
    """Compose prints no error and no warning."""
    options = [word for file in files for word in ("-f", file)]

    checked = _compose(root, tools, *options, "config", "-q")

    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_pages_one_after_the_other_add_to_the_files(root: Path, tmp_path: Path) -> None:
    """Each step keeps the files of those before it, an override and other variables."""
    shutil.copytree(root / "deploy", tmp_path / "deploy")
    (tmp_path / "docker-compose.override.yml").touch()
    (tmp_path / ".env").write_text("WORKERS=3", encoding="utf-8")  # with no end of line
    added = [line for name in ADDING for line in _added(root / "docs/how-to" / name)]

    for line in (*added, *added):
        subprocess.run(["sh", "-ec", line], cwd=tmp_path, check=True)

    files = f"{BASE}:docker-compose.override.yml:{DEMO}:{METRICS}:{PUBLISHED}"
    assert (tmp_path / ".env").read_text(encoding="utf-8") == f"WORKERS=3\nCOMPOSE_FILE={files}\n"


def test_the_first_added_file_needs_no_env_file(root: Path, tmp_path: Path) -> None:
    """It is made; a file that does not exist is refused and changes nothing."""
    shutil.copytree(root / "deploy", tmp_path / "deploy")
    wrong = subprocess.run(
        ["deploy/add", "demo.yml"], cwd=tmp_path, capture_output=True, check=False
    )
    assert (wrong.returncode, (tmp_path / ".env").exists()) == (1, False)

    subprocess.run(["deploy/add", DEMO], cwd=tmp_path, check=True)

    assert (tmp_path / ".env").read_text(encoding="utf-8") == f"COMPOSE_FILE={BASE}:{DEMO}\n"


def _added(page: Path) -> list[str]:
    typed = "".join(block.text for block in pages.marked(page, pages.COMPOSE))
    return re.findall(r"^.*COMPOSE_FILE.*$|^deploy/add .*$", typed, re.MULTILINE)


@pytest.mark.parametrize(
    ("files", "published"),
    [
        (VARIANTS["base"], {"flower": "5555"}),
        (VARIANTS["demo"], {"flower": "5555"}),
        (VARIANTS["published"], {"flower": "5555", "valkey": "6379"}),
        (VARIANTS["metrics"], {"flower": "5555", "metrics": "9808"}),
    ],
)
def test_ports_are_published_on_this_host_only(
    root: Path, tools: Path, files: tuple[str, ...], published: dict[str, str]
) -> None:
    """Flower has a port; Valkey has one with the file that publishes it."""
    ports = {
        name: (port["host_ip"], port["published"])
        for name, service in _read(root, tools, files)["services"].items()
        for port in service.get("ports", [])
    }

    assert ports == {name: ("127.0.0.1", port) for name, port in published.items()}


def test_a_published_port_has_a_network_that_publishes(root: Path, tools: Path) -> None:
    """An internal network alone publishes no port."""
    document = _read(root, tools, VARIANTS["published"])
    internal = {name for name, one in document["networks"].items() if one.get("internal")}

    for name, service in document["services"].items():
        if "ports" in service:
            assert set(service["networks"]) - internal, name


def test_every_service_is_confined(services: Services) -> None:
    """A health check, a read-only root, no capability, limits of memory, processes and logs."""
    for name, service in services.items():
        assert not [word for word in service["healthcheck"]["test"] if " " in word], name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["mem_limit"]) > 0, name
        assert int(service["pids_limit"]) > 0, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_no_environment_contains_a_secret(services: Services) -> None:
    """Variables name files of secrets, and each of these files is mounted."""
    for name, service in services.items():
        environment = service.get("environment") or {}
        mounted = {secret["target"] for secret in service.get("secrets", [])}
        files = {value for variable, value in environment.items() if variable.endswith("_FILE")}
        secret = {settings.PREFIX + field.upper() for field in setting_files.FIELDS}

        assert files <= mounted, name
        assert set(environment) & secret <= {"XENFLOW_REDIS_URL"}, name
        assert "@" not in environment.get("XENFLOW_REDIS_URL", ""), name


def test_every_variable_is_a_setting(services: Services) -> None:
    """A misspelt variable would have no effect."""
    known = {settings.PREFIX + field.upper() for field in settings.Settings.model_fields}
    known |= {settings.PREFIX + field.upper() + "_FILE" for field in setting_files.FIELDS}

    for service in services.values():
        variables = {v for v in service.get("environment") or {} if v.startswith(settings.PREFIX)}
        assert variables <= known


def test_each_service_gets_only_the_secrets_that_it_needs(demo: Services) -> None:
    """Flower gets no sealing keys and no password of a pool."""
    given = {
        name: {secret["source"] for secret in service.get("secrets", [])}
        for name, service in demo.items()
    }

    assert given == {
        "valkey": {"redis_password"},
        "worker": {"redis_password", "sealing_keys", "default_password"},
        "poller": {"redis_password", "sealing_keys", "default_password"},
        "flower": {"redis_password", "flower_password"},
        "simulator": set(),
    }


def test_only_the_demo_has_a_simulator(root: Path, tools: Path) -> None:
    """Without it, neither a service nor a connection profile mentions one."""
    found = _compose(root, tools, "config").stdout
    profile = (root / "deploy/site/targets.toml").read_text(encoding="utf-8")

    assert "simulat" not in found
    assert "simulat" not in profile


def test_the_profiles_use_secrets_that_are_mounted(
    root: Path, demo: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both targets files are read, and their password files are secrets of the workers."""
    monkeypatch.chdir(root)
    mounted = {secret["target"] for secret in demo["worker"]["secrets"]}

    for site in ("deploy/site", "deploy/demo"):
        [target] = Targets.read(root / site / "targets.toml").values()
        assert str(getattr(target.source, "path", "")) in mounted


def test_workers_and_pollers_have_the_same_pools(demo: Services) -> None:
    """The poller follows what workers launch, with the same profiles, keys and operations."""
    worker, poller = demo["worker"], demo["poller"]

    assert worker["environment"] == poller["environment"]
    assert worker["volumes"] == poller["volumes"]
    assert worker["secrets"] == poller["secrets"]


@pytest.mark.parametrize("part", ["worker", "poller", "flower", "simulator"])
def test_every_command_exists(tools: Path, demo: Services, part: str) -> None:
    """The command and its options are those of the command line; the health check knows it."""
    command, *options = demo[part]["command"]

    helped = subprocess.run(
        [tools / "xenflow", command, "--help"], capture_output=True, check=False, text=True
    )

    assert helped.returncode == 0
    assert all(word in helped.stdout for word in options if word.startswith("--"))
    assert demo[part]["healthcheck"]["test"] == ["CMD", "xenflow-alive", part]


def test_the_exporter_of_metrics_is_checked(root: Path, tools: Path) -> None:
    """It listens where its health check asks, with the password of Redis and no other."""
    exporter = _read(root, tools, VARIANTS["metrics"])["services"]["metrics"]

    assert exporter["command"] == ["metrics", "--listen", f"0.0.0.0:{health_check.METRICS_PORT}"]
    assert exporter["healthcheck"]["test"] == ["CMD", "xenflow-alive", "metrics"]
    assert [secret["source"] for secret in exporter["secrets"]] == ["redis_password"]


@pytest.mark.parametrize("script", ["start", "health"])
def test_the_scripts_of_valkey_can_be_executed(root: Path, script: str) -> None:
    """They are mounted with the mode that they have here, and are valid shell."""
    path = root / "deploy/valkey" / script

    assert os.access(path, os.X_OK)
    assert subprocess.run(["sh", "-n", path], check=False).returncode == 0


def test_the_dockerfile_passes_its_lint(root: Path, tools: Path) -> None:
    """Hadolint reports nothing."""
    checked = subprocess.run(
        [tools / "hadolint", root / "Dockerfile"], capture_output=True, check=False, text=True
    )

    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_image_runs_as_a_user_without_rights(root: Path) -> None:
    """The user is a number, so that an orchestrator can see that it is not root."""
    lines = (root / "Dockerfile").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]


def test_the_build_context_contains_all_packages(root: Path, packages: list[str]) -> None:
    """`.dockerignore` lets through each package of the wheel, and the files of the build."""
    lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert {*packages, "pyproject.toml", "requirements.lock", "tools.lock"} <= let_through


def test_the_build_backend_is_pinned_by_hash(root: Path) -> None:
    """`tools.lock` has the version that `pyproject.toml` requires."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = (root / "tools.lock").read_text(encoding="utf-8").splitlines()

    for requirement in project["build-system"]["requires"]:
        assert f"{requirement} \\" in pinned


def _yaml_blocks(page: Path) -> list[str]:
    return re.findall(
        r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_override_of_the_documentation_adds_a_secret(
    root: Path, tools: Path, tmp_path: Path
) -> None:
    """With it, workers and pollers have a password file for a second pool."""
    [override] = _yaml_blocks(root / "docs/how-to/deploy.md")
    path = tmp_path / "docker-compose.override.yml"
    path.write_text(override, encoding="utf-8")

    services = _read(root, tools, (BASE, str(path)))["services"]

    for part in ("worker", "poller"):
        targets = {secret["target"] for secret in services[part]["secrets"]}
        assert {"/run/secrets/lab_password", "/run/secrets/default_password"} <= targets
    assert "lab_password" not in str(services["flower"])


def test_the_service_of_the_documentation_joins_the_network(
    root: Path, tools: Path, tmp_path: Path
) -> None:
    """Its external network is the one that Valkey is on, by name."""
    [project] = _yaml_blocks(root / "docs/how-to/connect-a-service-to-compose.md")
    path = tmp_path / "compose.yml"
    path.write_text(project, encoding="utf-8")

    joined = _read(root, tools, (str(path),))["networks"]["xenflow-messages"]
    document = _read(root, tools, (BASE,))

    assert joined["external"]
    assert document["networks"]["messages"]["name"] == joined["name"]
    assert "messages" in document["services"]["valkey"]["networks"]
