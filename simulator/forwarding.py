"""Messages that the coordinator leaves to the host that they are for (message_forwarding.ml)."""

from collections.abc import Sequence
from typing import Any

from simulator import placement
from simulator.call import Call
from simulator.errors import Failure

_TO_HOST = frozenset(
    {
        *("dmesg", "dmesg_clear", "bugreport_upload", "send_debug_keys", "get_log"),
        *("restart_agent", "syslog_reconfigure", "get_system_status_capabilities"),
        *("get_diagnostic_timing_stats", "set_hostname_live", "get_data_sources"),
        *("record_data_source", "query_data_source", "forget_data_source_archives"),
        *("call_plugin", "call_extension", "has_extension", "backup_rrds", "get_servertime"),
        *("get_server_localtime", "enable_external_auth", "disable_external_auth"),
        *("get_server_certificate", "install_server_certificate", "reset_server_certificate"),
        *("apply_edition", "refresh_pack_info", "license_add", "license_remove"),
        *("set_iscsi_iqn", "set_multipathing", "enable_display", "disable_display"),
        *("get_sched_gran", "set_sched_gran", "apply_guest_agent_config"),
    }
)


def forward_whole(call: Call, cls: str, name: str, args: Sequence[Any]) -> None:
    """Leave a call to its host if all of it is done there; HOST_OFFLINE if that is dead."""
    if cls == "host" and name in _TO_HOST:
        forward(call, args[0])


def forward(call: Call, host: str) -> None:
    """Leave a call to a host; HOST_OFFLINE if that is dead."""
    if not placement.is_live(call.db, host):
        raise Failure("HOST_OFFLINE", host)
    if host != call.pool.coordinator:
        call.running.forward(host)
