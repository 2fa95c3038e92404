"""The whole catalogue against the oldest release and today's, each by a dialect that it speaks."""

from collections.abc import Iterator

import pytest

from simulator import server
from tasks import host
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Harness
from tests.tasks.table import TABLE, Case
from tests.xenserver.pools import Pool
from xenserver import errors

OLDEST = "5.0"
TOO_OLD = {
    OLDEST: {
        "xenserver.vdi.copy": "VDI.copy takes 2 parameters on this server; 4 were given",
        "xenserver.vdi.move": "VDI.copy takes 2 parameters on this server; 4 were given",
        "xenserver.vm.configure": "does not know VTPM.create; it may be too old",
        "xenserver.vm.import_from_url": "does not know VM.import; it may be too old",
        "xenserver.vm.revert": "does not know VM.revert; it may be too old",
    }
}
"""What is said of what a release lacks, by the operations that need it."""


@pytest.fixture(
    scope="module",
    params=[(OLDEST, "xml-rpc"), ("8", "json-rpc"), ("current", "json-rpc")],
    ids="-".join,
)
def aged(request: pytest.FixtureRequest) -> Iterator[tuple[Harness, str]]:
    """Serve a pool of a release; return what carries operations out on it, and the release."""
    release, transport = request.param
    options = server.Options(control=True, speed=1000.0, release=release)
    with server.serve_in_thread(options) as served:
        harness = Harness(Pool(served.url), transport=transport)
        yield harness, release
        harness.close()


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_it_brings_about_what_it_says(aged: tuple[Harness, str], case: Case) -> None:
    harness, release = aged
    maker = Maker(harness.see, harness.pool.do)
    fields = case.ready(maker)
    missing = TOO_OLD.get(release, {}).get(case.name)

    if missing is None:
        answer = harness.do(case.operation, **fields)
        assert case.seen(maker, fields, answer)
    else:
        with pytest.raises(errors.Refused, match=missing):
            harness.do(case.operation, **fields)


def test_a_server_that_speaks_no_json_is_named() -> None:
    options = server.Options(control=True, release=OLDEST)
    with server.serve_in_thread(options) as served:
        harness = Harness(Pool(served.url))

        with pytest.raises(errors.Unreachable, match='needs transport = "xml-rpc"'):
            harness.do(host.find)
