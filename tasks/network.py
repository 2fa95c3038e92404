"""Operations on virtual networks."""

from typing import Annotated

from pydantic import Field

from tasks.engine.declaration.answers import Created, Done, Found, created, done, found
from tasks.engine.declaration.field_types import (
    After,
    BridgeName,
    Description,
    Fields,
    Label,
    Limit,
    Mtu,
    NetworkName,
    OtherConfig,
    PifName,
    Searches,
    Tags,
    Uuid,
    Vlan,
)
from tasks.engine.declaration.operation import Steps, Undo, operation
from xenserver import errors, values
from xenserver.client import Xen
from xenserver.objects import ObjectRef

Words = Annotated[Tags, Field(description="tags to find it by")]


@operation(undo=Undo("xenserver.network.destroy", "network", (("remove_vlans", True),)))
def create(
    xen: Xen,
    *,
    name: Label,
    description: Description = "",
    mtu: Mtu = 1500,
    tags: Words = (),
    other_config: OtherConfig | None = None,
    pif: PifName | None = None,
    vlan: Vlan | None = None,
) -> Steps[Created]:
    """Create a virtual network: private or, with `pif` and `vlan`, a VLAN on every host."""
    trunk = _trunk(xen, pif, vlan)
    record = {
        "name_label": name,
        "name_description": description,
        "MTU": mtu,
        "tags": tags,
        "other_config": other_config or {},
    }
    made = yield xen.Async.network.create(record)
    if trunk:
        yield xen.Async.pool.create_VLAN_from_PIF(trunk, made, vlan)
    return created(xen.uuid.network(made), name=name)


def _trunk(xen: Xen, pif: str | None, vlan: int | None) -> ObjectRef | None:
    """Return the interface that is to carry the VLAN; refuse the one without the other."""
    if (pif is None) != (vlan is None):
        missing = "pif" if pif is None else "vlan"
        text = f"{missing}: is missing; an external network needs both pif and vlan"
        raise errors.invalid(f"{missing}: is missing", text=text)
    return xen.find.pif(pif) if pif else None


RemovesVlans = Annotated[bool, Field(description="destroy its VLANs first")]


@operation()
def destroy(xen: Xen, *, network: NetworkName, remove_vlans: RemovesVlans = False) -> Steps[Done]:
    """Destroy a network that no VM is attached to; `remove_vlans` destroys its VLANs first."""
    net = xen.find.network(network)
    for vlan in _vlans(xen, net) if remove_vlans else ():
        yield xen.Async.VLAN.destroy(vlan)
    yield xen.Async.network.destroy(net)
    return done("Network Destroyed", net)


def _vlans(xen: Xen, net: ObjectRef) -> list[str]:
    carried = [xen.PIF.get_VLAN_master_of(pif) for pif in xen.network.get_PIFs(net)]
    return [vlan for vlan in carried if vlan != values.NULL]


@operation(queue="find")
def find(
    xen: Xen,
    *,
    uuid: Uuid | None = None,
    name: Label | None = None,
    is_search_expression: Searches = False,
    bridge: BridgeName | None = None,
    fields: Fields | None = None,
    limit: Limit | None = None,
    after: After | None = None,
) -> Found:
    """Find virtual networks; without criteria, all of them."""
    records = xen.search.network(
        uuid=uuid,
        name=name,
        is_search_expression=is_search_expression,
        where={"bridge": bridge},
        fields=fields,
        limit=limit,
        after=after,
    )
    return found(records, "network", limit)
