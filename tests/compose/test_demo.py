"""The Compose stack with a simulated pool. Run it with `make compose-test`."""

from urllib import request

import pytest

from tests.compose.conftest import ASK
from tests.compose.installation import Installation
from tests.docs import pages
from tests.docs.pages import DOCS

pytestmark = [pytest.mark.compose, pytest.mark.slow, pytest.mark.timeout(600)]

METRICS = DOCS / "how-to" / "scrape-metrics.md"


def test_the_simulated_pool_of_the_page(demo: Installation) -> None:
    """The same commands reach a simulated pool with deploy/demo.yml."""
    printed = demo.type(ASK)

    assert "web01" in printed
    assert demo.xenflow("doctor")["findings"] == []


def test_the_metrics_of_the_page(demo: Installation) -> None:
    """A port of this host has them once deploy/metrics.yml is added."""
    demo.type(*pages.marked(METRICS, pages.COMPOSE))

    address = f"http://127.0.0.1:{demo.ports['METRICS_PORT']}/metrics"
    with request.urlopen(address) as reply:
        assert b"xenflow_up 1.0" in reply.read()
