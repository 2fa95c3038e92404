"""The Celery application: the catalogue bound to it, and the tools of this process behind it."""

from functools import cached_property
from typing import Any

from celery import Celery

from config import settings as configured
from config.celery import celery_settings
from config.targets import Targets
from tasks.engine.celery_tasks import bind
from tasks.engine.declaration import catalogue
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.leases import LeaseRenewal
from tasks.engine.journal.parked import ParkedOperations
from tasks.engine.messages.publisher import Publisher
from workers import loader, maintenance, poller, result_backend, transport
from xenserver.session import Sessions


class Xenflow(Celery):
    """A Celery application that knows the catalogue."""

    settings: configured.Settings

    @cached_property
    def runtime(self) -> Runtime:
        """The tools of this process, made when they are first needed."""
        settings = self.settings
        journal = Journal(
            result_backend.of(self).client,
            Keys(settings.journal_prefix),
            lease=settings.lease,
            keep=int(settings.run_expires),
        )
        return Runtime(
            settings=settings,
            targets=Targets.read(settings.targets),
            journal=journal,
            parked=ParkedOperations(journal),
            publisher=Publisher(self),
            leases=LeaseRenewal(journal),
            sessions=Sessions(),
        )


def create(settings: configured.Settings | None = None, *, patient: bool = False) -> Xenflow:
    """Make the application; `patient` for a worker, which waits for a Redis that is away."""
    settings = settings or configured.load()
    options: dict[str, Any] = celery_settings(settings, patient=patient)
    app = Xenflow("xenflow", set_as_current=True)
    app.settings = settings
    results = result_backend.url(settings.result_backend, listens=not patient)
    app.conf.update(options, result_backend=results)
    if patient:  # a worker: what it takes must not be lost with it
        app.conf.broker_transport = transport.name(settings.broker_url)
    loader.load(settings)
    for operation in catalogue.everything():
        bind(app, operation)
    maintenance.register(app)
    poller.register(app)
    return app
