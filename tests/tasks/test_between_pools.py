"""VMs go to another pool, or are copied there: two simulated pools in one process."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulator import server
from tasks import vif
from tasks.vm import between_pools
from tests.tasks.fixtures import LOCAL, NFS, Maker, fresh
from tests.tasks.harness import Harness
from tests.xenserver.pools import Pool
from xenserver import errors


@pytest.fixture
def there(harness: Harness) -> Iterator[Harness]:
    """Serve another pool, which is the target `there` of the first."""
    with server.serve_in_thread(server.Options(control=True, seed=2, speed=1000.0)) as served:
        made = Harness(Pool(served.url))
        harness.others["there"] = made.pool.target()
        yield made
        made.close()


def move(harness: Harness, **fields: object) -> Any:
    return harness.do(between_pools.migrate_to_pool, destination="there", **fields)


def copy(harness: Harness, **fields: object) -> Any:
    return harness.do(between_pools.copy_to_pool, destination="there", **fields)


def srs(pool: Harness, vm: str) -> list[str]:
    """Return the names of the repositories that a VM's disks are on."""
    disks = [pool.see("VDI.get_record", drive["VDI"]) for drive in pool.devices("VBD", vm)]
    return sorted(pool.see("SR.get_name_label", disk["SR"]) for disk in disks)


def networks(pool: Harness, vm: str) -> list[str]:
    """Return the names of the networks that a VM is on."""
    vifs = pool.devices("VIF", vm)
    return sorted(pool.see("network.get_name_label", vif["network"]) for vif in vifs)


@pytest.mark.parametrize("state", ["Halted", "Running", "Suspended"])
def test_a_vm_moves_as_it_is(harness: Harness, maker: Maker, there: Harness, state: str) -> None:
    """It is the same VM in the same state, and nothing of it is left."""
    made = {"Halted": maker.vm, "Running": maker.running, "Suspended": maker.suspended}[state]()
    before = maker.record("VM", made)

    answer = move(harness, vm=made)

    assert answer == {
        "return_result": "VM migrated",
        "uuid": made,
        "name_label": before["name_label"],
        "power_state": state,
        "destination": "there",
    }
    assert there.state(made) == state
    assert srs(there, made) == [NFS]
    assert maker.gone("VM", made)
    disks = [drive for drive in harness.all("VBD") if drive in before["VBDs"]]
    assert disks == []
    keys = there.record("VM", made)["other_config"]
    assert not [key for key in keys if key.startswith("xenflow:")]


def test_a_copy_leaves_the_vm_where_it_is(harness: Harness, maker: Maker, there: Harness) -> None:
    """It is another VM under a name of its own, where it was asked to be."""
    vm, name = maker.vm(), fresh()

    answer = copy(harness, vm=vm, name=name, host="xs2", sr="Local storage xs2", network="lab")

    assert answer["return_result"] == answer["uuid"] == there.uuid("VM", name)
    assert answer["uuid"] != vm
    assert srs(there, name) == ["Local storage xs2"]
    assert networks(there, name) == ["lab"]
    for pool, uuid in ((harness, vm), (there, name)):
        assert not [k for k in pool.record("VM", uuid)["other_config"] if k.startswith("xenflow:")]


def test_disks_and_networks_are_mapped_by_name(
    harness: Harness, maker: Maker, there: Harness
) -> None:
    """Of the disk itself, or of the repository it is on; those of the same name need no map."""
    vm, name = maker.vm(), fresh()
    maker.drive(vm, VDI=maker.ref("VDI", maker.disk(name=name)))
    [network] = networks(harness, vm)

    move(harness, vm=vm, srs={name: LOCAL}, networks={network: "lab"}, host="xs1")

    assert srs(there, vm) == [LOCAL, NFS]
    assert networks(there, vm) == ["lab"]


def test_a_network_that_is_not_there_is_refused(
    harness: Harness, maker: Maker, there: Harness
) -> None:
    """Nothing is in the other pool by then."""
    vm = maker.vm()
    own = maker.network(name="here only")
    harness.do(vif.create, vm=vm, network=own)

    with pytest.raises(errors.Missing, match="target there: no network is named here only"):
        move(harness, vm=vm)

    assert not maker.gone("VM", vm)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"srs": {"nothing": NFS}}, "has nothing named nothing"),
        ({"networks": {"nothing": "lab"}}, "has nothing named nothing"),
        ({"sr": "nowhere"}, "target there: no SR is named nowhere"),
        ({"host": "xs9"}, "target there: no host is named xs9"),
        ({"transfer_network": "nowhere"}, "target there: no network is named nowhere"),
    ],
)
@pytest.mark.usefixtures("there")
def test_what_means_nothing_is_refused(
    harness: Harness, maker: Maker, fields: dict[str, Any], problem: str
) -> None:
    vm = maker.vm()

    with pytest.raises(errors.XenflowError, match=problem):
        move(harness, vm=vm, **fields)

    assert not maker.gone("VM", vm)


@pytest.mark.usefixtures("there")
def test_a_running_vm_is_not_copied(harness: Harness, maker: Maker) -> None:
    with pytest.raises(errors.Refused, match="is running; it must be halted"):
        copy(harness, vm=maker.running())


def test_the_own_pool_is_no_destination(harness: Harness, maker: Maker) -> None:
    """It is refused by whatever target it is named."""
    harness.others["there"] = harness.pool.target()

    for verb in (move, copy):
        with pytest.raises(errors.Refused, match="there is the pool that the VM is in"):
            verb(harness, vm=maker.vm())


def test_ensure_counts_a_vm_that_is_there(harness: Harness, maker: Maker, there: Harness) -> None:
    """Without it, the VM is missed."""
    vm = maker.vm()
    move(harness, vm=vm)

    answer = move(harness, vm=vm, ensure=True)

    assert (answer["return_result"], answer["uuid"]) == ("VM already in that pool", vm)
    with pytest.raises(errors.Missing):
        move(harness, vm=vm)
    with pytest.raises(errors.Missing):
        move(harness, vm="nobody", ensure=True)
