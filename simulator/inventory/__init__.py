"""What a pool consists of when it starts, by a plan: the default one or that of a pool file."""

from simulator import preconditions
from simulator.inventory import hardware, hosts, networks, software, storage, vms
from simulator.inventory.crowd import grown
from simulator.inventory.files import PoolFileError, default, read
from simulator.inventory.plan import Pool as Plan
from simulator.inventory.site import Site
from simulator.pool import Pool

__all__ = ["Plan", "PoolFileError", "build", "default", "grown", "read"]


def build(pool: Pool, plan: Plan | None = None) -> None:
    """Fill an empty database; the pool's seed decides every UUID."""
    site = Site(pool, plan or default())
    try:
        _build(site)
    except ValueError as error:
        raise PoolFileError(str(error)) from error


def _build(site: Site) -> None:
    with preconditions.deferred(site.db):
        networks.build(site)
        hosts.build(site)
        networks.plug(site)
        storage.build(site)
        _pool(site)
        vms.build(site)


def _pool(site: Site) -> None:
    cpus = sum(host.cpus for host in site.plan.hosts)
    site.db.create(
        "pool",
        restrictions=software.restrictions(),
        cpu_info=hardware.pool_cpu_info(cpus, len(site.hosts)),
        name_label=site.plan.name,
        master=next(iter(site.hosts.values())),
        default_SR=site.default_storage,
        suspend_image_SR=site.default_storage,
        crash_dump_SR=site.default_storage,
        ha_enabled=site.plan.ha,
    )
