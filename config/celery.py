"""Celery's settings, each with its reason."""

from typing import Any

from config import queues
from config.settings import Settings

_Settings = dict[str, Any]  # Celery's own type: settings have values of all types

_PRODUCER_RETRIES = {
    "max_retries": 2,
    "interval_start": 0.1,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
_WORKER_RETRIES = {
    "max_retries": 60,
    "interval_start": 0.1,
    "interval_step": 0.2,
    "interval_max": 1.0,
}


def celery_settings(settings: Settings, *, for_worker: bool = False) -> _Settings:
    """Return Celery's settings; a producer fails soon without Redis, a worker waits."""
    retries = _WORKER_RETRIES if for_worker else _PRODUCER_RETRIES
    return {
        # Addresses and queues.
        "broker_url": settings.broker_url,
        "result_backend": settings.result_backend,
        "task_routes": queues.ROUTES,
        "task_default_queue": queues.CHANGE,  # operations of your own change things
        # JSON only: a message is data that any language can write.
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "task_serializer": "json",
        "result_serializer": "json",
        # A message is acknowledged when its work is done, not when it is read.
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,  # else a killed child counts as an answer
        "worker_prefetch_multiplier": 1,  # a worker reserves no message that another could execute
        "broker_transport_options": _broker(settings, retries),
        # Answers.
        "result_expires": settings.result_expires,
        "result_extended": True,  # Flower and the command line show names and fields
        "task_track_started": False,  # the end is the only publication on a result's channel
        "result_backend_transport_options": {
            "retry_policy": retries,
            **_shared(settings, settings.result_backend),
        },
        # Events are for Flower; nothing depends on them.
        "worker_send_task_events": True,
        "task_send_sent_event": False,  # each client would add a time series to Flower's metrics
        **_connections(retries),
        # The process.
        "worker_concurrency": settings.concurrency,
        "worker_enable_remote_control": True,  # revoke, ping, and Flower's view of workers
        "worker_hijack_root_logger": False,  # config/logs.py writes the logs
        "worker_redirect_stdouts": False,  # likewise
    }


def _connections(retries: _Settings) -> _Settings:
    """Return how connections to Redis are made and kept."""
    return {
        "redis_socket_connect_timeout": 2.0,
        "redis_socket_keepalive": True,  # a connection that was cut silently is noticed
        "broker_connection_timeout": 2.0,
        "broker_connection_retry_on_startup": True,  # a worker may start before Redis
        "broker_connection_max_retries": None,  # and outlives it,
        "broker_channel_error_retry": True,  # also one that answers with errors for a while
        "task_publish_retry_policy": retries,
    }


def _broker(settings: Settings, retries: _Settings) -> _Settings:
    """Options of kombu's Redis transport: executions are short, so a lost one is noticed soon."""
    return {
        "visibility_timeout": settings.visibility_timeout,
        "unacked_restore_interval": 1,  # restore messages of dead workers this often
        "socket_connect_timeout": 2.0,
        "socket_timeout": 15.0,  # a Redis that says nothing for so long is tried anew
        "socket_keepalive": True,
        "health_check_interval": 10,  # a dead connection is closed before messages accumulate
        **retries,
        **_shared(settings, settings.broker_url),
    }


def _shared(settings: Settings, url: str) -> _Settings:
    """Options of messages and answers alike: the prefix of an installation, the primary's name."""
    prefix = {"global_keyprefix": settings.global_keyprefix} if settings.global_keyprefix else {}
    sentinels = url.startswith("sentinel://")
    return {**({"master_name": settings.sentinel_master} if sentinels else {}), **prefix}
