"""What the hosts of an old release tell of their software."""

from simulator.datamodel import CURRENT
from simulator.inventory.site import Site

_XEN = {"5.0": "3.2.1", "5.5": "3.3.1", "5.6": "3.4.2", "6.0": "4.1.1", "6.5": "4.4.1"}


def tell(site: Site) -> None:
    """Write the versions of the pool's release into its hosts."""
    release = site.db.model.release
    if release == CURRENT:
        return
    major, minor = release.api
    for host in site.hosts.values():
        told = {**site.db.get("host", host)["software_version"], **_versions(site)}
        site.db.put(
            "host",
            host,
            software_version=told,
            API_version_major=major,
            API_version_minor=minor,
        )


def _versions(site: Site) -> dict[str, str]:
    release = site.db.model.release
    xen = {"xen": _XEN[release.name]} if release.name in _XEN else {}
    toolstack = ".".join(str(number) for number in release.api)
    numbered = release.newest[0].isdigit()
    return {
        "product_version": _product(release.name) if not numbered else "8.4.0",
        "product_version_text": release.name if not numbered else "8",
        "xapi": release.newest if numbered else toolstack,
        **xen,
    }


def _product(name: str) -> str:
    """Return the version in three parts: 5.0.0."""
    return ".".join((*name.split("."), "0", "0")[:3])
