"""The Celery application: the catalogue bound to it, and the services of this process."""

from functools import cached_property
from typing import Any

from celery.result import AsyncResult

from config import settings as configured
from config.celery import celery_settings
from config.targets import Targets
from tasks.engine import infrastructure
from tasks.engine.celery_tasks import bind
from tasks.engine.declaration import catalogue
from tasks.engine.execution.runtime import Runtime
from tasks.engine.journal.call_limit import CallLimit
from tasks.engine.journal.journal import Journal
from tasks.engine.journal.keys import Keys
from tasks.engine.journal.leases import LeaseRenewal
from tasks.engine.journal.named_hosts import NamedHosts
from tasks.engine.journal.parked import ParkedOperations
from tasks.engine.messages import refusals
from tasks.engine.messages.publisher import Publisher
from workers import loader, maintenance, poller, result_backend
from workers.broker import transport
from workers.broker.admission import Admission
from workers.broker.connection import RetryingAMQP
from workers.watchdog import Activity, WatchedApp
from xenserver.session import Sessions

_CELERYS_OWN = frozenset({"celery.accumulate", "celery.backend_cleanup"})  # of the tasks it brings

IN_HAND_MARGIN = 15.0  # seconds beyond the visibility timeout until a lost message is surely back


class Xenflow(WatchedApp):
    """A Celery application that knows the catalogue."""

    @cached_property
    def runtime(self) -> Runtime:
        """The services of this process, made when they are first needed."""
        settings = self.settings
        journal = Journal(
            result_backend.of(self).client,
            Keys(settings.journal_prefix),
            lease=settings.lease,
            keep=int(settings.run_expires),
            in_hand=settings.visibility_timeout + IN_HAND_MARGIN,
        )
        return Runtime(
            settings=settings,
            targets=Targets.read(settings.targets),
            journal=journal,
            parked=ParkedOperations(journal),
            call_limit=CallLimit(journal),
            hosts=NamedHosts(journal, keep=int(settings.seal_expires)),
            publisher=Publisher(self),
            leases=LeaseRenewal(journal),
            sessions=Sessions(),
        )

    def send_task(self, *args: Any, producer: Any = None, **options: Any) -> AsyncResult[Any]:
        """Send a message; a connection that is of no use any more is dropped."""
        send: Any = super().send_task
        with self.producer_or_acquire(producer) as usable, infrastructure.publishing(usable):
            sent: AsyncResult[Any] = send(*args, producer=usable, **options)
            return sent


def create(settings: configured.Settings | None = None, *, for_worker: bool = False) -> Xenflow:
    """Make the application; one that is `for_worker` waits for a Redis that is away."""
    settings = settings or configured.load()
    options: dict[str, Any] = celery_settings(settings, for_worker=for_worker)
    app = Xenflow("xenflow", amqp=RetryingAMQP if for_worker else None, set_as_current=True)
    app.settings = settings
    app.activity = Activity()
    results = result_backend.url(settings.result_backend, listens=not for_worker)
    app.conf.update(options, result_backend=results)
    loader.load(settings)
    for operation in catalogue.everything():
        bind(app, operation)
    maintenance.register(app)
    poller.register(app)
    if for_worker:
        _take_safely(app)
    return app


def _take_safely(app: Xenflow) -> None:
    """Use the transport that loses no message and admits none that could stop a worker."""
    settings = app.settings
    operations = {operation.name for operation in catalogue.everything()}
    others = {name for name in app.tasks if name.startswith("xenflow.")} - {refusals.REFUSED}
    keys = Keys(settings.journal_prefix)
    app.conf.broker_transport = transport.name(settings.broker_url)
    app.conf.broker_transport_options |= {
        "admission": Admission(operations, others | _CELERYS_OWN, settings.message_limit),
        "dead_letters_key": keys.dead_letters,
        "delayed_key": keys.delayed,
        "activity": app.activity,
    }
