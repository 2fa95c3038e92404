"""Celery's settings on one page, each with its reason."""

from typing import Any

from config import queues
from config.settings import Settings

_Settings = dict[str, Any]  # Celery's own type: its settings are of all kinds

_AT_ONCE = {"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5}
_PATIENTLY = {"max_retries": 60, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 1.0}


def celery_settings(settings: Settings, *, patient: bool = False) -> _Settings:
    """Celery's settings; a producer hears soon that Redis is down, a `patient` worker waits."""
    retries = _PATIENTLY if patient else _AT_ONCE
    return {
        # Where things are.
        "broker_url": settings.broker_url,
        "result_backend": settings.result_backend,
        "task_routes": queues.ROUTES,
        "task_default_queue": queues.CHANGE,  # people's own operations change things
        # JSON only: a message is data, and any language can write it.
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        # A message is gone when its work is done, not when it was read.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,  # else a killed child counts as an answer
        "worker_prefetch_multiplier": 1,  # a worker holds no message that another could do
        "broker_transport_options": _broker(settings, retries),
        # Answers.
        "result_expires": settings.result_expires,
        "result_extended": True,  # Flower and the command line show name and fields
        "task_track_started": False,  # one publication on a result's channel: the end
        "result_backend_transport_options": {"retry_policy": retries, **_prefix(settings)},
        "redis_socket_connect_timeout": 2.0,
        "redis_socket_keepalive": True,  # a cut that no one tells of is noticed
        # Events feed Flower; nothing is decided by them.
        "worker_send_task_events": True,
        "task_send_sent_event": False,  # each client process would become a metric of its own
        # Patience.
        "broker_connection_timeout": 2.0,
        "broker_connection_retry_on_startup": True,  # a worker may start before Redis
        "broker_connection_max_retries": None,  # and outlives it
        "task_publish_retry_policy": retries,
        # The process.
        "worker_concurrency": settings.concurrency,
        "worker_enable_remote_control": True,  # revoke, ping, and Flower's view of workers
        "worker_hijack_root_logger": False,  # config/logs.py writes the logs
        "worker_redirect_stdouts": False,  # likewise
    }


def _broker(settings: Settings, retries: _Settings) -> _Settings:
    """Options of kombu's Redis transport: every leg is short, so a lost one is soon missed."""
    return {
        "visibility_timeout": settings.visibility_timeout,
        "unacked_restore_interval": 2,  # look for messages of the dead this often,
        "unacked_restore_throttle": 1,  # each time, not each tenth,
        "unacked_mutex_expire": 10,  # and let nobody who dies while looking stop the others
        "socket_connect_timeout": 2.0,
        "socket_keepalive": True,
        "health_check_interval": 10,  # a dead connection is dropped before messages pile up
        **retries,
        **_prefix(settings),
    }


def _prefix(settings: Settings) -> _Settings:
    """Several houses in one Redis: the same prefix for messages and answers."""
    return {"global_keyprefix": settings.global_keyprefix} if settings.global_keyprefix else {}
