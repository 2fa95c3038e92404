"""Logging in to targets from this machine, to see whether that works."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from config.passwords import PasswordError
from config.targets import Target
from xenserver import errors
from xenserver.session import Sessions

_AT_ONCE = 8  # targets that are asked side by side


def check(targets: Mapping[str, Target]) -> dict[str, dict[str, Any]]:
    """Return for each target whether it can be reached, and what it is or what is wrong."""
    sessions = Sessions()
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda target: _check(sessions, target), targets.values())
            return dict(zip(targets, found, strict=True))
    finally:
        sessions.close()


def _check(sessions: Sessions, target: Target) -> dict[str, Any]:
    try:
        hosts: Any = sessions.call(target, "host.get_all_records")
    except (errors.XenflowError, PasswordError) as error:
        return {"reachable": False, "check": str(error)}
    records = list(hosts.values())
    count = f"{len(records)} host{'s' if len(records) != 1 else ''}"
    return {"reachable": True, "check": f"{_product(records[0])}, {count}" if records else count}


def _product(host: Mapping[str, Any]) -> str:
    """Return name and version of what runs on a host."""
    version = host.get("software_version", {})
    name = version.get("product_brand") or "XenServer"
    return f"{name} {version.get('product_version', '')}".strip()
