"""Storage repositories, their plugs, and the images that belong to no VM."""

from simulator import disks
from simulator.inventory import drivers, references
from simulator.inventory.plan import Image, Storage
from simulator.inventory.site import Site, placed
from simulator.memory import MIB

_TOOLS = "xs-tools"
_ROOM_FOR_HEADERS = 2 * MIB


def build(site: Site) -> None:
    """Create the repositories of the plan."""
    for number, storage in enumerate(site.plan.storage):
        for name, hosts in references.storage_names(storage, site.hosts).items():
            with placed(f"storage[{number}]", name):
                site.storage[name] = _repository(site, storage, name, hosts)
    if default := references.default_storage(site.plan):
        site.default_storage = site.storage[default]
    drivers.build(site)


def _repository(site: Site, storage: Storage, name: str, hosts: list[str]) -> str:
    is_library = storage.type == "iso"
    sr = site.db.create(
        "SR",
        name_label=name,
        type=storage.type,
        content_type="iso" if is_library else "user",
        shared=storage.is_shared,
        physical_size=0 if is_library else storage.size,
        physical_utilisation=storage.used,
    )
    for host in hosts:
        site.db.create("PBD", host=site.hosts[host], SR=sr, currently_attached=storage.plugged)
    for image in storage.images:
        (_iso if is_library else _disk)(site, sr, image)
    return sr


def _iso(site: Site, sr: str, image: Image) -> None:
    site.isos[image.name] = site.db.create(
        "VDI",
        name_label=image.name,
        SR=sr,
        location=image.name,
        virtual_size=image.size,
        physical_utilisation=image.size,
        type="user",
        read_only=True,
        sharable=True,
        managed=True,
        is_tools_iso=image.name.startswith(_TOOLS),
    )


def _disk(site: Site, sr: str, image: Image) -> None:
    fields = {"name_label": image.name, "virtual_size": image.size, "type": "user"}
    disks.create(site.pool, sr, fields)
