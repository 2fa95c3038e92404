"""A pool for each test, and the hands that carry operations out on it."""

from collections.abc import Iterator

import pytest

from simulator import server
from tests.tasks.fixtures import Maker
from tests.tasks.harness import Harness
from tests.xenserver.pools import Pool


@pytest.fixture
def harness() -> Iterator[Harness]:
    """Serve a pool of three hosts, on which operations are carried out."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        made = Harness(Pool(served.url))
        yield made
        made.close()


@pytest.fixture
def maker(harness: Harness) -> Maker:
    """Make objects in that pool."""
    return Maker(harness.see, harness.pool.do)
