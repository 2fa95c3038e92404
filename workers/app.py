"""The Celery application: the catalogue bound to it, and the tools of this process behind it."""

from functools import cached_property
from typing import Any

from celery import Celery

from config import settings as configured
from config.celery import celery_settings
from config.targets import Targets
from tasks.frame import catalogue
from tasks.frame.binding import bind
from tasks.frame.desk import Desk
from tasks.frame.holding import Holding
from tasks.frame.journal import Journal
from tasks.frame.keys import Keys
from tasks.frame.parked import Parked
from tasks.frame.post import Post
from workers import backend, declared, housekeeping, poller, transport
from xenserver.session import Sessions


class Xenflow(Celery):
    """A Celery application that knows the catalogue."""

    settings: configured.Settings

    @cached_property
    def desk(self) -> Desk:
        """The tools of this process, made when they are first needed."""
        settings = self.settings
        journal = Journal(
            backend.of(self).client,
            Keys(settings.journal_prefix),
            lease=settings.lease,
            keep=int(settings.keep),
        )
        return Desk(
            settings=settings,
            targets=Targets.read(settings.targets),
            journal=journal,
            parked=Parked(journal),
            post=Post(self),
            holding=Holding(journal),
            sessions=Sessions(),
        )


def create(settings: configured.Settings | None = None, *, patient: bool = False) -> Xenflow:
    """Make the application; `patient` for a worker, which waits for a Redis that is away."""
    settings = settings or configured.load()
    options: dict[str, Any] = celery_settings(settings, patient=patient)
    app = Xenflow("xenflow", set_as_current=True)
    app.settings = settings
    results = backend.url(settings.result_backend, listens=not patient)
    app.conf.update(options, result_backend=results)
    if patient:  # a worker: what it takes must not be lost with it
        app.conf.broker_transport = transport.name(settings.broker_url)
    declared.load(settings)
    for operation in catalogue.everything():
        bind(app, operation)
    housekeeping.register(app)
    poller.register(app)
    return app
