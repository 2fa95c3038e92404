"""A pool for each test, and the hands that carry operations out on it."""

from collections.abc import Iterator

import pytest

from simulator import server
from tests.tasks.harness import Lab
from tests.xenserver.pools import Pool


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Serve a pool of three hosts, on which operations are carried out."""
    with server.serve_in_thread(server.Options(control=True, speed=1000.0)) as served:
        made = Lab(Pool(served.url))
        yield made
        made.close()
