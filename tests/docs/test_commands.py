"""The tests run the commands and programs of README and docs, and compare what they print."""

import dataclasses
import os
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
from tests.tracked_files import ROOT

README = ROOT / "README.md"
QUICKSTART = DOCS / "tutorials" / "quickstart.md"
WIZARD = DOCS / "tutorials" / "wizard.md"
CONNECT = DOCS / "how-to" / "connect-a-pool.md"
PYTHON = DOCS / "how-to" / "send-from-python.md"
CLIENT = DOCS / "client" / "README.md"
LANGUAGES = DOCS / "how-to" / "enqueue-from-other-languages.md"
DEPLOY = DOCS / "how-to" / "deploy.md"
COMPOSE = DOCS / "how-to" / "connect-a-service-to-compose.md"
TROUBLE = DOCS / "how-to" / "troubleshoot.md"
BACKUP = DOCS / "how-to" / "back-up-and-restore.md"
UPGRADE = DOCS / "how-to" / "upgrade.md"
FAULTS = DOCS / "how-to" / "test-your-flows-against-faults.md"
SIMULATE = DOCS / "how-to" / "simulate-a-pool-in-your-tests.md"
METRICS = DOCS / "how-to" / "scrape-metrics.md"
SECURITY = DOCS / "explanation" / "security.md"

FROM_A_CLONE = (README, QUICKSTART, WIZARD)  # these start everything themselves
OPERATE = (DEPLOY, TROUBLE, BACKUP, UPGRADE, METRICS)
SERVICES = (PYTHON, CLIENT, LANGUAGES, COMPOSE)
READ_HERE = {*FROM_A_CLONE, CONNECT, *SERVICES, FAULTS, SIMULATE, SECURITY, *OPERATE}
READ_ELSEWHERE = {DOCS / "how-to" / "own-operations.md"}  # by the tests of own operations
REFERENCE = set((DOCS / "reference").glob("*.md"))  # examples that are generated

Open = Callable[[Mapping[str, str]], Reader]

needs_go = pytest.mark.skipif(not shutil.which("go"), reason="NOT TESTED: there is no go")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="NOT TESTED: there is no node")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackHarness]:
    """Run a stack for the pages that expect one."""
    with running_stack(tmp_path_factory.mktemp("stack"), speed=20.0) as stack:
        stack.services.worker()
        stack.services.poller()
        yield stack


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens a terminal in an empty folder, with an environment."""
    with ExitStack() as opened:
        yield lambda environment: opened.enter_context(Reader(tmp_path, environment))


@pytest.mark.slow(seconds=40)
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("page", "columns"), [(README, 80), (README, 60), (QUICKSTART, 80), (WIZARD, 60)]
)
def test_pages_that_begin_with_a_clone(tmp_path: Path, page: Path, columns: int) -> None:
    """A reader who types exactly these lines sees what the page shows, on narrow terminals too."""
    folder = pages.clone(tmp_path / "clone")

    with Reader(folder, {}, columns=columns, path=os.environ["PATH"]) as reader:
        reader.read(page)


@pytest.mark.parametrize("page", [PYTHON, CLIENT], ids=lambda page: str(page.parent.name))
def test_sending_from_python(shared: StackHarness, open_terminal: Open, page: Path) -> None:
    """A worker of the service does a step of its own, and is called back; or the client sends."""
    open_terminal(shared.services.environment).read(page)


@needs_node
def test_sending_from_other_languages(shared: StackHarness, open_terminal: Open) -> None:
    """Node writes the message, a Redis client sends it and reads the answer."""
    open_terminal(shared.services.environment).read(LANGUAGES)


@pytest.mark.parametrize("page", OPERATE, ids=lambda page: str(page.name))
def test_pages_for_operators(shared: StackHarness, open_terminal: Open, page: Path) -> None:
    """Their commands succeed or fail as the page shows, on a running stack."""
    open_terminal(shared.services.environment).read(page)


def test_connecting_a_service_to_compose(
    shared: StackHarness, open_terminal: Open, tmp_path: Path
) -> None:
    """The program of the page finds a VM, with the password of a file."""
    url = urlsplit(shared.services.environment["XENFLOW_REDIS_URL"])
    password = tmp_path / "password"
    password.write_text(f"{url.password}\n", encoding="utf-8")
    reader = open_terminal({"REDIS_HOST": str(url.hostname), "REDIS_PASSWORD_FILE": str(password)})

    reader.read(COMPOSE, instead={":6379": f":{url.port}"})

    assert reader.printed == "1\n"


def test_security(open_terminal: Open) -> None:
    """A password is sealed with a new key."""
    open_terminal({}).read(SECURITY)


@pytest.mark.slow
def test_connecting_a_pool(isolated_stack: StackHarness, open_terminal: Open) -> None:
    """One simulated pool stands for both of the page, seen by two accounts."""
    names = ("pool", "lab1", "lab2")
    addresses = (f"https://{name}.example.net" for name in names)
    reader = open_terminal(isolated_stack.services.environment)

    reader.read(CONNECT, instead=dict.fromkeys(addresses, isolated_stack.xenserver.url))


def test_every_profile_of_a_page_is_valid(tmp_path: Path) -> None:
    """Each TOML block of the page is a targets file."""
    for number, block in enumerate(b for b in pages.blocks(CONNECT) if b.kind == "toml"):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.text, encoding="utf-8")

        assert len(Targets.read(path)) >= 1


@needs_node
@pytest.mark.slow
def test_testing_against_faults(open_terminal: Open) -> None:
    """The page starts everything that it needs, and its tests pass again and again."""
    reader = open_terminal({})
    *begin, end = [block for block in pages.blocks(FAULTS) if block.is_run]
    tests = [block for block in begin if block.text.startswith(("python -m pytest", "node --"))]

    reader.read_blocks(begin)
    assert len(tests) == 2
    reader.read_blocks(tests)

    reader.read_blocks([end])


@needs_node
def test_simulating_a_pool(open_terminal: Open) -> None:
    """The page starts a pool from a shell, for pytest and for node's test runner."""
    open_terminal({}).read(SIMULATE)


@needs_go
@pytest.mark.slow
def test_simulating_a_pool_for_go(tmp_path: Path, open_terminal: Open) -> None:
    """The Go program of the page passes, with the commands of the page."""
    folders = {"GOPATH": str(tmp_path / "go"), "GOCACHE": str(tmp_path / "cache")}
    environment = {**folders, "GOFLAGS": "-mod=mod -modcacherw", "GOTOOLCHAIN": "local"}
    reader = open_terminal(environment)

    reader.read_blocks(_go_blocks(SIMULATE))

    assert "ok" in reader.printed


def _go_blocks(page: Path) -> list[pages.Block]:
    """Return the first Go program of a page and the commands after it, to be run here."""
    found = pages.blocks(page)
    program = next(number for number, block in enumerate(found) if block.kind == "go")
    return [dataclasses.replace(block, marks=()) for block in found[program : program + 2]]


@pytest.mark.parametrize("page", sorted(READ_HERE), ids=lambda page: str(page.name))
def test_programs_are_formatted(page: Path, tmp_path: Path) -> None:
    """Python in pages has the format of the project."""
    for number, block in enumerate(b for b in pages.blocks(page) if b.kind == "python"):
        (tmp_path / f"block_{number}.py").write_text(block.text, encoding="utf-8")
    words = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--no-cache"]

    checked = subprocess.run(
        [*words, "--line-length=100", "."], cwd=tmp_path, capture_output=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


def test_every_page_with_commands_is_run() -> None:
    """A page that no test reads has no block, or none that can be run."""
    unread = {*DOCS.rglob("*.md"), *ROOT.glob("*.md")} - READ_HERE - READ_ELSEWHERE - REFERENCE

    assert [page for page in unread if any(b.is_run for b in pages.blocks(page))] == []


@pytest.mark.parametrize("page", sorted(READ_HERE), ids=lambda page: str(page.name))
def test_every_block_has_a_kind(page: Path) -> None:
    """A block without a kind would be passed over."""
    assert pages.fences(page) == 2 * len(pages.blocks(page))
