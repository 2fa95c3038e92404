"""Addresses that a VIF may use, and those that a guest is to take (ocaml/xapi/xapi_vif.ml)."""

import ipaddress

from simulator import guests
from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.rules.view import peek

_VERSIONS = {"ipv4": 4, "ipv6": 6}
_FEATURE = "feature-static-ip-setting"


@method("VIF.set_locking_mode")
async def set_locking_mode(call: Call, vif: str, value: str) -> None:
    """Set which traffic of a VIF is let through."""
    call.db.put("VIF", vif, locking_mode=value)


def _register(family: str) -> None:
    field = f"{family}_allowed"

    async def set_allowed(call: Call, vif: str, value: list[str]) -> None:
        call.db.get("VIF", vif)
        for address in value:
            _assert_address(family, field, address)
        call.db.put("VIF", vif, **{field: list(dict.fromkeys(value))})

    async def add_allowed(call: Call, vif: str, value: str) -> None:
        present = call.db.get("VIF", vif)[field]
        _assert_address(family, field, value)
        call.db.put("VIF", vif, **{field: list(dict.fromkeys([*present, value]))})

    async def remove_allowed(call: Call, vif: str, value: str) -> None:
        call.db.drop_item("VIF", vif, field, value)

    async def configure(call: Call, vif: str, mode: str, address: str, gateway: str) -> None:
        if mode == "Static":
            _assert_static(call, vif, family, address, gateway)
        _assert_guest_able(call, vif)
        values = {"configuration_mode": mode, "addresses": [address], "gateway": gateway}
        call.db.put("VIF", vif, **{f"{family}_{name}": each for name, each in values.items()})
        guests.renumber(call.pool, call.db.get("VIF", vif)["VM"])

    method(f"VIF.set_{field}")(set_allowed)
    method(f"VIF.add_{field}")(add_allowed)
    method(f"VIF.remove_{field}")(remove_allowed)
    method(f"VIF.configure_{family}")(configure)


for _family in _VERSIONS:
    _register(_family)


def _assert_static(call: Call, vif: str, family: str, address: str, gateway: str) -> None:
    plain, slash, _ = address.partition("/")
    try:
        network = ipaddress.ip_interface(address)
    except ValueError:
        raise Failure("INVALID_CIDR_ADDRESS_SPECIFIED", "address") from None
    if not slash or network.version != _VERSIONS[family]:
        raise Failure("INVALID_CIDR_ADDRESS_SPECIFIED", "address")
    if _is_locked(call, vif) and plain not in call.db.get("VIF", vif)[f"{family}_allowed"]:
        raise Failure("ADDRESS_VIOLATES_LOCKING_CONSTRAINT", address)
    if gateway:
        _assert_address(family, "gateway", gateway)


def _is_locked(call: Call, vif: str) -> bool:
    record = call.db.get("VIF", vif)
    mode = record["locking_mode"]
    if mode == "network_default":
        network = peek(call.db, "network", record["network"])
        mode = network["default_locking_mode"] if network else "unlocked"
    return bool(mode == "locked")


def _assert_guest_able(call: Call, vif: str) -> None:
    vm = call.db.get("VIF", vif)["VM"]
    agent = peek(call.db, "VM_guest_metrics", call.db.get("VM", vm)["guest_metrics"])
    if not agent or agent["other"].get(_FEATURE) != "1":
        raise Failure("VM_LACKS_FEATURE", vm)


def _assert_address(family: str, field: str, address: str) -> None:
    try:
        known = ipaddress.ip_address(address).version == _VERSIONS[family]
    except ValueError:
        known = False
    if not known:
        raise Failure("INVALID_IP_ADDRESS_SPECIFIED", field)
