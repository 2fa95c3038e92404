"""Another service: it carries the typed client in its own tree, and has nothing else of ours.

    python -I -S service.py SITE_PACKAGES CLIENT REDIS_URL NAME

Prints what it was answered, as one JSON object.
"""

import importlib.util
import json
import sys
from typing import TYPE_CHECKING

sys.path += sys.argv[1:3]  # no .pth file is read, so an editable install of ours is not there

import xenflow_client as xen
from celery import Celery, chain, chord

if TYPE_CHECKING:
    from celery import Signature

OURS = ("canvases", "config", "simulator", "tasks", "workers", "xenserver")
TIMEOUT = 60.0  # seconds


def built(name: str) -> "Signature[xen.Done]":
    """Return a chain that makes a VM: each step is fed from the one before."""
    return chain(
        xen.vm.clone(vm="deb12", name=name),
        xen.vm.install(template=xen.Feed("uuid"), in_place=True),
        xen.vm.start(vm=xen.Feed("uuid")),
    )


def wired(name: str) -> "Signature[xen.Done]":
    """Return a chord of two interfaces, after which their VM starts."""
    cards = [
        xen.vif.create(vm=name, network="Pool-wide network associated with eth0", mtu=mtu)
        for mtu in (1400, 1500)
    ]
    return chord(cards, xen.vm.start(vm=xen.Feed("0.vm"), timeout="2m"))


def refused(name: str) -> str:
    """Return the code of the error when a VM is started that does not exist."""
    try:
        xen.vm.start(vm=name).delay().get(TIMEOUT)
    except xen.Missing as missing:
        return missing.code
    return "no error"


def main(url: str, name: str) -> None:
    """Send a find, a flow, a chain and a chord; print the answers."""
    assert not any(map(importlib.util.find_spec, OURS)), sys.path
    Celery("service", broker=url, backend=url, set_as_current=True)
    found: xen.Found = xen.vm.find(name="deb12", include_templates=True).delay().get(TIMEOUT)
    bare = xen.flow.create_vm_from_unconfigured_template(
        template="blank",
        name=f"{name}-bare",
        disks=[{"size": "1GiB", "sr": "NFS virtual disk storage"}],
        start=False,
    )
    made: xen.Done = bare.delay().get(TIMEOUT)
    chained = built(f"{name}-chain").delay().get(TIMEOUT)
    after = wired(f"{name}-bare").delay().get(TIMEOUT)
    reply = {
        "error": refused(f"{name}-nobody"),
        "count": found["count"],
        "flow": made["return_result"],
    }
    json.dump({**reply, "chain": chained, "chord": after}, sys.stdout)


main(*sys.argv[3:])
