"""Logging in to targets from this machine, to see whether that works."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from config.passwords import PasswordError
from config.targets import Target
from xenserver import errors
from xenserver.session import Sessions

LIMIT = 10.0  # seconds that a target has to answer, unless its profile allows it less
_AT_ONCE = 8  # targets that are asked side by side


def check(targets: Mapping[str, Target]) -> dict[str, dict[str, Any]]:
    """Return for each target whether it can be used: what it is, or what is wrong and a cure."""
    sessions = Sessions()
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda target: _check(sessions, target), targets.values())
            return dict(zip(targets, found, strict=True))
    finally:
        sessions.close()


def _check(sessions: Sessions, target: Target) -> dict[str, Any]:
    asked = target.model_copy(update={"timeout": min(target.timeout, LIMIT)})
    try:
        hosts: Any = sessions.call(asked, "host.get_all_records")
    except (errors.XenflowError, PasswordError) as error:
        return {"reachable": False, "check": str(error), "cure": _cure(target, error)}
    records = list(hosts.values())
    count = f"{len(records)} host{'s' if len(records) != 1 else ''}"
    return {"reachable": True, "check": f"{_product(records[0])}, {count}" if records else count}


def _cure(target: Target, error: Exception) -> str:
    if isinstance(error, errors.Unreachable | errors.Busy):
        return f"check the network and the host behind {target.url}"
    return f"check the profile {target.name!r}"


def _product(host: Mapping[str, Any]) -> str:
    """Return name and version of what runs on a host."""
    version = host.get("software_version", {})
    name = version.get("product_brand") or "XenServer"
    return f"{name} {version.get('product_version', '')}".strip()
