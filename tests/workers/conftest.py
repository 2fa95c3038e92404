"""The application of a worker, on the Valkey of the test run."""

from collections.abc import Iterator

import pytest
from celery.app import app_or_default
from redis import Redis

from config.settings import Settings
from workers import app as application
from workers.app import Xenflow
from workers.local_stack.valkey_server import Valkey


@pytest.fixture
def worker(valkey: Valkey, redis: Redis) -> Iterator[Xenflow]:
    """Make the application, for a test that plays a worker's part itself."""
    previous, url = app_or_default(), valkey.url
    settings = Settings(redis_url=url, broker_url=url, result_backend=url)
    app = application.create(settings, for_worker=True)
    yield app
    app.close()
    previous.set_current()
