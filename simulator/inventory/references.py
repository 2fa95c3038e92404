"""References between the parts of a plan: each name must be that of something."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import TypeVar

from simulator.inventory.plan import Machine, Network, Pool, Storage

Problems = Iterator[str]
Part = TypeVar("Part")


def problems(plan: Pool) -> Problems:
    """Return what is wrong with the names in a plan, each with its place."""
    yield from _twice("hosts", (host.name for host in plan.hosts))
    yield from _twice("networks", (network.name for network in plan.networks))
    yield from _twice("networks", (each.bridge for each in plan.networks if each.bridge))
    yield from _twice("storage", _storage_names(plan))
    for place, network in _places("networks", plan.networks):
        yield from _unknown_hosts(place, network, plan)
        yield from _untagged(place, network, plan)
    for place, storage in _places("storage", plan.storage):
        yield from _unknown_hosts(place, storage, plan)
        yield from _one_host(place, storage, plan)
    for place, template in _places("templates", plan.templates):
        yield from _machine(place, template, plan)
    for place, vm in _places("vms", plan.vms):
        yield from _machine(place, vm, plan)
        yield from _known(f"{place}.host", vm.host, "host", [host.name for host in plan.hosts])
    if sum(network.management for network in plan.networks) != 1:
        yield "networks: exactly one must have management = true"


def storage_names(storage: Storage, hosts: Iterable[str]) -> dict[str, list[str]]:
    """Return the repositories that an entry stands for, each with its hosts."""
    named = list(storage.hosts or hosts)
    if storage.is_shared:
        return {storage.name: named}
    return {storage.name.replace("{host}", host): [host] for host in named}


def default_storage(plan: Pool) -> str | None:
    """Return the name of the repository for disks that name none."""
    hosts = [host.name for host in plan.hosts]
    able = [storage for storage in plan.storage if storage.type not in {"iso", "udev"}]
    chosen = next((each for each in able if each.default), able[0] if able else None)
    return next(iter(storage_names(chosen, hosts))) if chosen else None


def _machine(place: str, machine: Machine, plan: Pool) -> Problems:
    repositories, isos = _storage_names(plan), _isos(plan)
    networks = [network.name for network in plan.networks]
    for at, disk in _places(f"{place}.disks", machine.disks):
        yield from _known(f"{at}.storage", disk.storage, "storage", repositories)
        if disk.storage is None and default_storage(plan) is None:
            yield f"{at}.storage: must be named, for there is none to take by default"
    for at, drive in _places(f"{place}.drives", machine.drives):
        yield from _known(f"{at}.iso", drive.iso, "ISO image", isos)
    for at, interface in _places(f"{place}.interfaces", machine.interfaces):
        yield from _known(f"{at}.network", interface.network, "network", networks)
    yield from _devices(place, machine)


def _devices(place: str, machine: Machine) -> Problems:
    named = [disk.device for disk in machine.disks if disk.device]
    yield from _twice(f"{place}.disks", [*named, *(drive.device for drive in machine.drives)])


def _one_host(place: str, storage: Storage, plan: Pool) -> Problems:
    hosts = storage.hosts or [host.name for host in plan.hosts]
    if not storage.is_shared and len(hosts) > 1 and "{host}" not in storage.name:
        yield f'{place}: is not shared: name one host, or write "{{host}}" into its name'


def _untagged(place: str, network: Network, plan: Pool) -> Problems:
    devices = {each.device for each in plan.networks if each.vlan is None}
    if network.vlan is not None and network.device not in devices:
        yield f'{place}.device: no network without a VLAN is on "{network.device}"'


def _unknown_hosts(place: str, part: Network | Storage, plan: Pool) -> Problems:
    names = [host.name for host in plan.hosts]
    for number, host in enumerate(part.hosts or ()):
        yield from _known(f"{place}.hosts[{number}]", host, "host", names)


def _storage_names(plan: Pool) -> list[str]:
    hosts = [host.name for host in plan.hosts]
    return [name for each in plan.storage for name in storage_names(each, hosts)]


def _isos(plan: Pool) -> list[str]:
    return [image.name for each in plan.storage if each.type == "iso" for image in each.images]


def _known(place: str, name: str | None, what: str, names: Collection[str]) -> Problems:
    if name is not None and name not in names:
        there = ", ".join(names) or "none"
        yield f'{place}: no {what} is named "{name}"; there are: {there}'


def _twice(place: str, names: Iterable[str]) -> Problems:
    for name, times in Counter(names).items():
        if times > 1:
            yield f'{place}: "{name}" is there {times} times'


def _places(place: str, parts: Iterable[Part]) -> Iterator[tuple[str, Part]]:
    return ((f"{place}[{number}]", part) for number, part in enumerate(parts))
