"""The Compose stack with a simulated pool. Run it with `make compose-test`."""

import pytest

from tests.compose.conftest import ASK
from tests.compose.installation import Installation

pytestmark = [pytest.mark.compose, pytest.mark.slow, pytest.mark.timeout(600)]


def test_the_simulated_pool_of_the_page(demo: Installation) -> None:
    """The same commands reach a simulated pool with deploy/demo.yml."""
    printed = demo.type(ASK)

    assert "web01" in printed
    assert demo.xenflow("doctor")["findings"] == []
