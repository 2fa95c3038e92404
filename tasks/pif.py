"""Operations on hosts' physical network interfaces."""

from tasks.engine.declaration.answers import Found, found
from tasks.engine.declaration.field_types import (
    After,
    Fields,
    HostName,
    Limit,
    NetworkName,
    NicName,
    Uuid,
)
from tasks.engine.declaration.operation import operation
from xenserver.client import Xen


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    device: NicName | None = None,
    host: HostName | None = None,
    network: NetworkName | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find physical network interfaces; without criteria, all of them."""
    where = {
        "device": device,
        "host": host and xen.find.host(host),
        "network": network and xen.find.network(network),
    }
    records = xen.search.pif(uuid=uuid, where=where, fields=fields, limit=limit, after=after)
    return found(records, "PIF", limit)
