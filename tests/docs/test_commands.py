"""What the pages tell a reader to type is typed, and what they show is seen."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.targets import Targets
from tests.docs import pages
from tests.docs.pages import DOCS, Reader
from tests.stack import StackHarness, running_stack
from workers.local_stack import valkey_server

QUICKSTART = DOCS / "tutorials" / "quickstart.md"
CONNECT = DOCS / "how-to" / "connect-a-pool.md"
LANGUAGES = DOCS / "how-to" / "enqueue-from-other-languages.md"
DEPLOY = DOCS / "how-to" / "deploy.md"
COMPOSE = DOCS / "how-to" / "connect-a-service-to-compose.md"
TROUBLE = DOCS / "how-to" / "troubleshoot.md"
BACKUP = DOCS / "how-to" / "back-up-and-restore.md"
UPGRADE = DOCS / "how-to" / "upgrade.md"
FAULTS = DOCS / "how-to" / "test-your-flows-against-faults.md"
SIMULATE = DOCS / "how-to" / "simulate-a-pool-in-your-tests.md"
SECURITY = DOCS / "explanation" / "security.md"

OPERATE = (DEPLOY, TROUBLE, BACKUP, UPGRADE)
READ_HERE = {QUICKSTART, CONNECT, LANGUAGES, COMPOSE, FAULTS, SIMULATE, SECURITY, *OPERATE}
READ_ELSEWHERE = {  # by the tests of the wizard, and of the typed client
    DOCS / "tutorials" / "wizard.md",
    DOCS / "how-to" / "own-operations.md",
    DOCS / "client" / "README.md",
}
REFERENCE = set((DOCS / "reference").glob("*.md"))  # examples that are read off the catalogue

Sit = Callable[[Mapping[str, str]], Reader]

needs_go = pytest.mark.skipif(not shutil.which("go"), reason="needs go on the path")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="needs node on the path")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Bring up what the first terminal of the pages brings up, only faster."""
    with running_stack(tmp_path_factory.mktemp("home"), speed=20.0) as stack:
        stack.services.worker()
        stack.services.poller()
        yield stack


@pytest.fixture
def sit(tmp_path: Path) -> Iterator[Sit]:
    """Sit down in an empty folder, with an environment."""
    with ExitStack() as sitting:
        yield lambda environment: sitting.enter_context(Reader(tmp_path, environment))


@pytest.mark.slow
def test_the_quickstart(home: StackHarness, sit: Sit) -> None:
    """Its first terminal is the stack."""
    sit(home.services.environment).read(QUICKSTART)


@needs_node
def test_sending_from_other_languages(home: StackHarness, sit: Sit) -> None:
    """By hand in Node, by Redis alone, by Celery alone."""
    sit(home.services.environment).read(LANGUAGES)


@pytest.mark.parametrize("page", OPERATE, ids=lambda page: str(page.name))
def test_the_pages_for_operators(home: StackHarness, sit: Sit, page: Path) -> None:
    """Their commands succeed or fail as the page shows, on a running stack."""
    sit(home.services.environment).read(page)


def test_connecting_a_service_to_compose(home: StackHarness, sit: Sit, tmp_path: Path) -> None:
    """The program of the page finds a VM, with the password of a file."""
    url = urlsplit(home.services.environment["XENFLOW_REDIS_URL"])
    password = tmp_path / "password"
    password.write_text(f"{url.password}\n", encoding="utf-8")
    reader = sit({"REDIS_HOST": str(url.hostname), "REDIS_PASSWORD_FILE": str(password)})

    reader.read(COMPOSE, instead={":6379": f":{url.port}"})

    assert reader.said == "1\n"


def test_security(sit: Sit) -> None:
    """A new key seals."""
    sit({}).read(SECURITY)


@pytest.mark.slow
def test_connecting_a_pool(isolated_stack: StackHarness, sit: Sit, tmp_path: Path) -> None:
    """Its two pools are one here, seen by two accounts."""
    stack, pool = isolated_stack.services, isolated_stack.xenserver.url
    stack.choose(targets=str(tmp_path / "targets.toml"))

    def start(_typed: str) -> None:
        stack.worker()
        stack.poller()

    reader = sit({**stack.environment, "LAB_PASSWORD": "xenflow"})
    names = ("pool", "lab1", "lab2")
    instead = dict.fromkeys((f"https://{name}.example.net" for name in names), pool)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAB_PASSWORD", "xenflow")  # the first terminal has it too
        reader.read(CONNECT, first_terminal=start, instead=instead)


def test_every_profile_that_is_shown_is_one(tmp_path: Path) -> None:
    """Each TOML block is a file of its own."""
    for number, block in enumerate(b for b in pages.blocks(CONNECT) if b.kind == "toml"):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.text, encoding="utf-8")

        assert len(Targets.read(path)) >= 1


@needs_node
@pytest.mark.slow
def test_testing_against_faults(valkey: valkey_server.Valkey, sit: Sit) -> None:
    """The page brings up all but Redis."""
    valkey.client().flushall()

    sit({"XENFLOW_REDIS_URL": valkey.url}).read(FAULTS)


@needs_node
def test_simulating_a_pool(sit: Sit) -> None:
    """In a shell, for pytest and for node's test runner."""
    sit({}).read(SIMULATE)


@needs_go
@pytest.mark.slow
def test_simulating_a_pool_for_go(tmp_path: Path, sit: Sit) -> None:
    """The program of the page, by the commands of the page."""
    folders = {"GOPATH": str(tmp_path / "go"), "GOCACHE": str(tmp_path / "cache")}
    reader = sit({**folders, "GOFLAGS": "-mod=mod -modcacherw", "GOTOOLCHAIN": "local"})

    reader.read_blocks(after_go(SIMULATE))

    assert "ok" in reader.said


def after_go(page: Path) -> list[pages.Block]:
    """Return the first Go program of a page and the commands after it, to be done here."""
    found = pages.blocks(page)
    program = next(number for number, block in enumerate(found) if block.kind == "go")
    return [dataclasses.replace(block, marks=()) for block in found[program : program + 2]]


@pytest.mark.parametrize("page", sorted(READ_HERE), ids=lambda page: str(page.name))
def test_programs_that_are_shown_are_formatted(page: Path, tmp_path: Path) -> None:
    """As ours are."""
    for number, block in enumerate(b for b in pages.blocks(page) if b.kind == "python"):
        (tmp_path / f"block_{number}.py").write_text(block.text, encoding="utf-8")
    words = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--no-cache"]

    checked = subprocess.run(
        [*words, "--line-length=100", "."], cwd=tmp_path, capture_output=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_every_page_with_commands_is_read() -> None:
    """Or all its blocks say that they cannot be run here."""
    unread = set(DOCS.rglob("*.md")) - READ_HERE - READ_ELSEWHERE - REFERENCE

    assert [page for page in unread if any(b.is_done for b in pages.blocks(page))] == []


@pytest.mark.parametrize("page", sorted(READ_HERE), ids=lambda page: str(page.name))
def test_every_block_has_a_kind(page: Path) -> None:
    """None is passed over unseen."""
    assert pages.fences(page) == 2 * len(pages.blocks(page))
