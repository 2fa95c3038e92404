"""A typed client of xenflow 0.1.0: each operation and flow is a function.

Each returns a Celery signature: send it, or make chains and chords of it. An operation that fails
raises one of the errors below. The module is written by `xenflow schema --python` and needs Celery
alone: keep it in your own tree.

    from celery import chain

    import xenflow_client as xen

    made = chain(
        xen.vm.clone(vm="debian-12", name="web01", target="lab"),
        xen.vm.install(template=xen.Feed("uuid"), in_place=True, target="lab"),
        xen.vm.start(vm=xen.Feed("uuid"), target="lab"),
    )
    try:
        answer: xen.Done = made.delay().get()
    except xen.Refused as refused:
        print(refused.code, refused.message)
"""

# ruff: noqa

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict, Unpack

from celery import Signature


@dataclass(frozen=True)
class Feed:
    """A value taken from the answer of the step before, by its key; it stands for a whole argument.

    A dot goes further in (`records.0.uuid`); `*` is the whole answer, after a chord the list of all
    answers, and in a path each one of a list (`*.uuid`).
    """

    key: str


class XenflowError(Exception):
    """An operation has failed; what to do next decides the class."""

    def __init__(self, code: str, params: Sequence[str] = (), message: str = "") -> None:
        self.code = code
        self.params = list(params)
        self.message = message or code
        super().__init__(self.code, self.params, self.message)

    def __str__(self) -> str:
        """Return the message."""
        return self.message


class Refused(XenflowError):
    """The request does not fit the state: change the request."""


class Busy(XenflowError):
    """The object or the pool is busy: the same request may pass later."""


class Missing(XenflowError):
    """The object named does not exist, or no longer."""


class Ambiguous(Missing):
    """Several objects have the name; the parameters list their UUIDs after class and name."""


class Unreachable(XenflowError):
    """XenServer gave no usable answer, but it may still have acted."""


class Denied(XenflowError):
    """The account, its role or a certificate was not accepted."""


class Full(XenflowError):
    """There is not enough capacity."""


class TimedOut(XenflowError):
    """It took longer than allowed."""


class Cancelled(XenflowError):
    """It was cancelled."""


class Unknown(XenflowError):
    """What happened, or what helps, is not clear from the answer alone."""


sys.modules.setdefault("xenserver.errors", sys.modules[__name__])
"""Celery looks up there the class of an error that a worker raised."""


class Accepted(TypedDict):
    """XenServer has accepted the call and works on it (`async`); for a flow, its run continues.

    Then `task` describes that run, and its uuid is the Celery task that gives the flow's answer.
    """

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    task: XenTask
    """What was accepted, and how far it is."""


class Chosen(TypedDict):
    """A VM's disks and snapshots: those that go with it and those that stay."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    vm: str
    name_label: str
    gone: bool
    """The VM is already gone; these are its remaining disks and snapshots."""
    delete: list[Disk]
    keep: list[KeptDisk]
    delete_snapshots: list[Disk]
    keep_snapshots: list[Disk]


class Clones(TypedDict):
    """The VMs that were created, in the order of their numbers; feed them on by `vms.*.uuid`."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    vms: list[Clone]
    """The VMs that were made."""
    count: int
    """How many there are."""


class Created(TypedDict):
    """An object was created; `return_result` is its UUID."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The created object."""
    name_label: NotRequired[str]
    """Its name label."""
    vm: NotRequired[str]
    """Of a device: the VM it belongs to, by UUID."""
    device: NotRequired[str]
    """Of a device: the number it was given."""
    vdi: NotRequired[str]
    """Of a drive: the disk or medium in it, by UUID."""
    was_there: NotRequired[bool]
    """With `ensure`: it existed already."""
    mode: NotRequired[str]
    """Of a drive that existed already: RW or RO."""


class Described(TypedDict):
    """A VM with all that belongs to it."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The VM."""
    name_label: str
    """Its name label."""
    power_state: str
    """Its power state afterwards, such as Running."""
    host: NotRequired[str]
    """Where it runs, by UUID."""
    host_name_label: NotRequired[str]
    """The name label of that host."""
    record: dict[str, Any]
    """Further fields of the VM's record."""
    disks: list[VmDisk]
    """Its disks and drives."""
    interfaces: list[VmInterface]
    """Its network interfaces."""
    addresses: dict[str, str]
    """As XenServer names them; no link-local ones."""
    snapshots: list[str]
    """By UUID."""


class Destroyed(TypedDict):
    """A VM was destroyed: the disks and snapshots destroyed with it, and those kept."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The VM that was destroyed."""
    name_label: str
    """Its name label."""
    deleted: list[Disk]
    """Disks that were destroyed, those of snapshots too."""
    kept: list[KeptDisk]
    """Disks that were kept, and why."""
    deleted_snapshots: list[Disk]
    """Snapshots that were destroyed."""
    kept_snapshots: list[Disk]
    """Snapshots that were kept."""


class DiskSetUp(TypedDict):
    """A disk or CD in a drive of a VM."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The virtual block device."""
    vdi: str
    """The disk or CD, by UUID."""
    vm: str
    """The VM, by UUID."""
    device: str
    """The device number."""
    plugged: NotRequired[bool]
    """Whether the guest sees it."""


class Done(TypedDict):
    """An object was made or changed."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: NotRequired[str]
    """The created object or changed."""
    name_label: NotRequired[str]
    """Its name label."""
    power_state: NotRequired[str]
    """Its power state afterwards, such as Running."""
    addresses: NotRequired[dict[str, str]]
    """What the guest reports, with `wait_for="ip"`: {"0/ip": "192.0.2.7"}."""


class Export(TypedDict):
    """Where a client with an account on the pool can download a VM as a file."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The VM."""
    url: str
    """For a GET with an account of the pool; contains no secret."""


class Finished(TypedDict):
    """All that belonged to a destroyed VM is gone."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    parts: list[Removal]


class Followed(TypedDict):
    """A task of XenServer has succeeded; references in its result are given as UUIDs."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: NotRequired[str]
    """The created object."""
    task: XenTask
    """The task as it ended."""


class Found(TypedDict):
    """Records of a class, references given as UUIDs."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    records: list[dict[str, Any]]
    """Fields of each object, by name."""
    count: int
    """How many there are."""
    after: NotRequired[str]
    """Where the next page begins, when `limit` or the bound was reached."""


class FreeDevices(TypedDict):
    """The device numbers that a VM has free, lowest first."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    drives: list[str]
    cd: str
    interfaces: list[str]


class Imported(TypedDict):
    """A VM was imported; `return_result` is its UUID."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The VM."""
    name_label: str
    """Its name label."""
    vms: list[str]
    """All that the file contained: the VM and its snapshots."""


class Moved(TypedDict):
    """A disk is on another storage repository, under a UUID of its own."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The disk on the new repository."""
    name_label: NotRequired[str]
    """Its name label."""
    sr: str
    """The storage repository, by UUID."""
    moved_from: NotRequired[str]
    """The UUID that the disk had before."""
    left: NotRequired[Failure]
    """Why the old disk is still there, if it is."""


class NetworkSetUp(TypedDict):
    """An interface of a VM on a network."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The virtual interface."""
    vm: str
    """The VM, by UUID."""
    device: str
    """The device number."""
    plugged: NotRequired[bool]
    """Whether the guest sees it."""


class Plugged(TypedDict):
    """A device of a VM, and whether the guest sees it."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The device."""
    vm: str
    """The VM, by UUID."""
    device: str
    """The device number."""
    vdi: NotRequired[str]
    """The disk or medium in a drive, by UUID."""
    plugged: bool
    """Whether the guest sees it."""
    was_there: bool
    """It existed before, and was left unchanged."""


class Removed(TypedDict):
    """The result for one of many objects."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    kind: str
    """Disk or snapshot."""
    uuid: str
    """The object."""
    name_label: str
    failure: NotRequired[Failure]
    """Why it was not destroyed."""


class Report(TypedDict):
    """Which VM got which interface, in the order in which the VMs were named."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    assigned: list[Assigned]
    """Each VM and its interface."""
    count: int
    """How many there are."""


class Resolved(TypedDict):
    """VMs by UUID, each once."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    vms: list[str]


class Sent(TypedDict):
    """A VM is in another pool."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    uuid: str
    """The VM there."""
    name_label: str
    """Its name label."""
    power_state: str
    """Its power state afterwards, such as Running."""
    destination: str
    """The target that it is on."""


class Started(TypedDict):
    """The VMs that run, in the order in which they were started."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    vms: list[str]
    """By UUID."""
    count: int
    """How many there are."""


class VmList(TypedDict):
    """The VMs that were found; `return_result` is a table of them."""

    return_result: str
    """What was done, as text, or the UUID of the created object."""
    vms: list[dict[str, Any]]
    """The VMs' records."""
    count: int
    """How many there are."""
    after: NotRequired[str]
    """Where the next page begins, if there are more than an answer holds."""


class XenTask(TypedDict):
    """A task of XenServer."""

    uuid: str
    name_label: str
    name_description: str
    status: str
    progress: float
    created: str
    finished: str
    result: str
    error_info: list[str]
    allowed_operations: list[str]


class Disk(TypedDict):
    """A disk, a medium, or a snapshot of a VM."""

    uuid: str
    name_label: str


class KeptDisk(TypedDict):
    """A disk that stays, and why it does."""

    uuid: str
    name_label: str
    why: str


class Clone(TypedDict):
    """A VM that was created."""

    uuid: str
    name_label: str


class VmDisk(TypedDict):
    """A drive of a VM, and the disk or medium in it."""

    vbd: str
    """The drive, by UUID."""
    device: str
    """Its number."""
    type: str
    """Disk, CD or Floppy."""
    mode: str
    """RW or RO."""
    bootable: bool
    attached: bool
    """Whether the guest sees it."""
    vdi: NotRequired[str]
    """The disk in it, by UUID; none if it is empty."""
    name_label: NotRequired[str]
    size: NotRequired[int]
    """Bytes."""
    sr: NotRequired[str]
    """Where the disk is, by UUID."""
    sr_name_label: NotRequired[str]


class VmInterface(TypedDict):
    """An interface of a VM."""

    vif: str
    """The interface, by UUID."""
    device: str
    """Its number."""
    mac: str
    mtu: int
    attached: bool
    """Whether the guest sees it."""
    network: NotRequired[str]
    """By UUID."""
    network_name_label: NotRequired[str]
    addresses: list[str]
    """Those that the guest has on it; no link-local ones."""


class Failure(TypedDict):
    """Why something could not be done: XenServer's code, parameters and message."""

    code: str
    params: list[str]
    message: str


class Removal(TypedDict):
    """An object that was to go, and why it is still there if it is."""

    kind: str
    uuid: str
    name_label: str
    failure: NotRequired[Failure]


class Assigned(TypedDict):
    """One VM's new interface."""

    uuid: str
    """The virtual interface."""
    vm: str
    """The VM, by UUID."""
    device: str
    """The device number."""
    plugged: NotRequired[bool]
    """Whether the guest sees it."""


class AddressWanted(TypedDict):
    """What the address of a guest must be; what is not given may be anything."""

    family: NotRequired[Literal["ipv4", "ipv6"] | None]
    """The address family."""
    interface: NotRequired[int | str | None]
    """The device number of the interface that has it."""
    cidr: NotRequired[str | None]
    """The network that holds it (10.0.0.0/8)."""


class Boot(TypedDict):
    """How a VM boots; what is not given stays as it is."""

    order: NotRequired[str | None]
    """Boot devices in order: c disk, d CD, n network."""
    firmware: NotRequired[Literal["bios", "uefi"] | None]
    bootloader: NotRequired[str | None]
    """Boot loader of a paravirtual guest, such as pygrub."""
    kernel: NotRequired[str | None]
    """Kernel of a paravirtual guest."""
    ramdisk: NotRequired[str | None]
    """RAM disk of a paravirtual guest."""
    args: NotRequired[str | None]
    """Kernel arguments of a paravirtual guest."""


class DiskWanted(TypedDict):
    """A disk to be made; unless it says so, on the flow's `sr` and the next free device."""

    size: int | str
    """Bytes, or text with a unit (10GiB, 512 MB)."""
    sr: NotRequired[str | None]
    """A storage repository, or @default, @room, @room:NAME (the most room), by UUID or name
    label.
    """
    name: NotRequired[str | None]
    """If not given: the VM's, disk, and a number."""
    type: NotRequired[Literal["user", "system", "ephemeral", "suspend", "crashdump"]]
    """Its content type."""
    device: NotRequired[int | str]
    """A device number, or "autodetect"."""
    bootable: NotRequired[bool | None]
    """If not given: the first disk is."""
    mode: NotRequired[Literal["RW", "RO"]]
    """Whether the guest may write."""


class NetworkWanted(TypedDict):
    """An interface to be made; unless it says so, on the next free device and with a new MAC."""

    network: str
    """A network, by UUID or name label."""
    device: NotRequired[int | str]
    """A device number, or "autodetect"."""
    mac: NotRequired[str]
    """A MAC address; without one, XenServer generates it."""
    mtu: NotRequired[int]
    """Largest packet in bytes."""


class DiskPlace(TypedDict):
    """Where a disk is to be made."""

    size: int | str
    """Bytes, or text with a unit (10GiB, 512 MB)."""
    sr: str
    """A storage repository, or @default, @room, @room:NAME (the most room), by UUID or name
    label.
    """
    device: NotRequired[int | str]
    """A device number, or "autodetect"."""


class Part(TypedDict):
    """A device that was made for a VM."""

    uuid: str
    vm: str


class DiskGiven(TypedDict):
    """A disk, a medium, or a snapshot of a VM."""

    uuid: str
    name_label: NotRequired[str]


class KeptDiskGiven(TypedDict):
    """A disk that stays, and why it does."""

    uuid: str
    name_label: NotRequired[str]
    why: str


class RemovalGiven(TypedDict):
    """An object that was to go, and why it is still there if it is."""

    kind: str
    uuid: str
    name_label: NotRequired[str]
    failure: NotRequired[Failure | None]


class Common(TypedDict, total=False):
    """The inputs that every operation and flow takes."""

    target: str
    """A configured connection profile."""
    hostname: str
    """A XenServer host, in place of a target."""
    username: str
    """With hostname: the user name."""
    password: str
    """With hostname: the password, sealed."""
    protocol: Literal["http", "https"]
    """With hostname; http only where the worker allows it."""
    port: int
    """With hostname; 443, or 80 for http."""
    timeout: float | str
    """Deadline, including waiting (90s, 10m)."""
    repeat_failed: bool
    """If this id has failed before and left nothing, run it again."""


class Changing(Common, total=False):
    """What an operation takes that changes something."""

    run_async: bool
    """Answer once XenServer has begun, with its task; the rest goes on unanswered."""
    cancel_on_timeout: bool
    """At the deadline, ask XenServer to cancel running calls."""
    on_failure: Literal["rollback", "keep"]
    """What happens to created objects when it fails."""


def signature(
    name: str, queue: str, fields: Mapping[str, object], common: Mapping[str, object]
) -> Signature[Any]:
    """Return the signature of a message: what was given, and what is fed.

    Raises TypeError for a `Feed` within a list or an object.
    """
    given = {key: value for key, value in {**fields, **common}.items() if value is not None}
    for key, value in given.items():
        if not isinstance(value, Feed) and holds_feed(value):
            raise TypeError(
                f"{key}: a Feed stands for the whole argument, not for a part of it: "
                f'{key}=Feed("...") takes all of it from the answer before, "*.uuid" a list'
            )
    kwargs: dict[str, Any] = {k: v for k, v in given.items() if not isinstance(v, Feed)}
    fed = {key: value.key for key, value in given.items() if isinstance(value, Feed)}
    if fed:
        kwargs["feed"] = fed
    if "run_async" in kwargs:
        kwargs["async"] = kwargs.pop("run_async")
    return Signature(name, kwargs=kwargs, queue=queue)


def holds_feed(value: object) -> bool:
    """Return whether a value is a `Feed`, or has one somewhere in it."""
    if isinstance(value, Mapping):
        return any(map(holds_feed, value.values()))
    if isinstance(value, list | tuple):
        return any(map(holds_feed, value))
    return isinstance(value, Feed)


class flow:
    """The messages `flow.*`."""

    @staticmethod
    def assign_vms_to_network(
        *,
        vms: list[str] | Feed,
        network: str | Feed,
        plug: Literal["auto", "yes", "no"] | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Report]:
        """Connect each of the VMs to a network, in parallel; all of them, or none.

        A VM that is named twice, by whatever spelling, gets one interface. With `ensure` one that
        it has on the network already will do.

        Args:
            vms: VMs, by UUID or name label
            network: a network, by UUID or name label
            plug: plug it if the VM runs, always, or never; default auto
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "flow.assign_vms_to_network",
            "change",
            {"vms": vms, "network": network, "plug": plug, "ensure": ensure},
            common,
        )

    @staticmethod
    def check_for_task_success(
        *,
        task: str | Feed,
        sleep_increment: float | str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Followed]:
        """Follow a task of XenServer to its end, and fail as it fails.

        The end is noticed within `sleep_increment`.

        Args:
            task: a XenServer task, by UUID
            sleep_increment: the interval at which its end is checked (2s); default 5.0
        """
        return signature(
            "flow.check_for_task_success",
            "change",
            {"task": task, "sleep_increment": sleep_increment},
            common,
        )

    @staticmethod
    def clone_vms(
        *,
        vm: str | Feed,
        name: str | Feed,
        count: int | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Clones]:
        """Clone a halted VM, template or snapshot many times, in parallel.

        The clones are named by the name and a number of at least two digits. When one cannot be
        made, the others are undone.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            name: the prefix of the names; a number follows: web01, web02
            count: how many clones
        """
        return signature(
            "flow.clone_vms",
            "change",
            {"vm": vm, "name": name, "count": count},
            common,
        )

    @staticmethod
    def create_vm_from_configured_template(
        *,
        template: str | Feed,
        name: str | Feed,
        description: str | Feed | None = None,
        sr: str | Feed | None = None,
        memory: int | str | Feed | None = None,
        vcpus: int | Feed | None = None,
        cores_per_socket: int | Feed | None = None,
        boot: Boot | Feed | None = None,
        secure_boot: bool | Feed | None = None,
        vtpm: bool | Feed | None = None,
        start: bool | Feed | None = None,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Clone a configured template, or copy it onto `sr`; install the VM, configure it, start
        it.

        Args:
            template: a template, by UUID or name label
            name: a name label
            description: a description
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            memory: bytes, or text with a unit (10GiB, 512 MB)
            vcpus: virtual processors
            cores_per_socket: virtual processors in each socket
            boot: How a VM boots; what is not given stays as it is.
            secure_boot: boot signed software only; needs firmware uefi
            vtpm: add a TPM, unless it has one; needs firmware uefi
            start: start the VM in the end; default true
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "flow.create_vm_from_configured_template",
            "change",
            {
                "template": template,
                "name": name,
                "description": description,
                "sr": sr,
                "memory": memory,
                "vcpus": vcpus,
                "cores_per_socket": cores_per_socket,
                "boot": boot,
                "secure_boot": secure_boot,
                "vtpm": vtpm,
                "start": start,
                "wait_for": wait_for,
                "wait_for_address": wait_for_address,
            },
            common,
        )

    @staticmethod
    def create_vm_from_unconfigured_template(
        *,
        template: str | Feed,
        name: str | Feed,
        description: str | Feed | None = None,
        sr: str | Feed | None = None,
        memory: int | str | Feed | None = None,
        vcpus: int | Feed | None = None,
        cores_per_socket: int | Feed | None = None,
        boot: Boot | Feed | None = None,
        secure_boot: bool | Feed | None = None,
        vtpm: bool | Feed | None = None,
        disks: list[DiskWanted] | Feed | None = None,
        cd: str | Feed | None = None,
        networks: list[NetworkWanted] | Feed | None = None,
        start: bool | Feed | None = None,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Clone a template, install the VM, create disks, CD and interfaces in parallel, start
        it.

        Args:
            template: a template, by UUID or name label
            name: a name label
            description: a description
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            memory: bytes, or text with a unit (10GiB, 512 MB)
            vcpus: virtual processors
            cores_per_socket: virtual processors in each socket
            boot: How a VM boots; what is not given stays as it is.
            secure_boot: boot signed software only; needs firmware uefi
            vtpm: add a TPM, unless it has one; needs firmware uefi
            disks: disks to create: size, and sr, name, type, device, bootable, mode
            cd: the CD in its drive, by UUID or name label
            networks: interfaces to create: network, and device, mac, mtu
            start: start the VM in the end; default true
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "flow.create_vm_from_unconfigured_template",
            "change",
            {
                "template": template,
                "name": name,
                "description": description,
                "sr": sr,
                "memory": memory,
                "vcpus": vcpus,
                "cores_per_socket": cores_per_socket,
                "boot": boot,
                "secure_boot": secure_boot,
                "vtpm": vtpm,
                "disks": disks,
                "cd": cd,
                "networks": networks,
                "start": start,
                "wait_for": wait_for,
                "wait_for_address": wait_for_address,
            },
            common,
        )

    @staticmethod
    def destroy_vm_and_disks(
        *,
        vm: str | Feed,
        delete_disks: bool | Feed | None = None,
        shutdown: Literal["no", "clean", "force"] | Feed | None = None,
        fall_back_after: float | str | Feed | None = None,
        delete_shared_disks: bool | Feed | None = None,
        snapshots: Literal["delete", "keep"] | Feed | None = None,
        keep_disks: list[str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Destroyed]:
        """Destroy a VM; with `delete_disks` its disks and snapshots too, but never ISOs.

        Physical media stay as well, and what `keep_disks` names. What is known to be refused is
        found before anything is destroyed: a disk that another VM uses (unless
        `delete_shared_disks`), an operation that the VM blocks, storage that is not attached. If it
        still fails, is cancelled or times out, the error says what is gone and what is left; the
        same message, sent again, finishes.

        Args:
            vm: a VM, by UUID or name label
            delete_disks: destroy its disks too
            shutdown: shut it down first: not at all, by its guest, or by force; default no
            fall_back_after: cut its power if its guest has not shut down after this time (2m), or
                refuses
            delete_shared_disks: even disks that another VM uses
            snapshots: whether to destroy snapshots and their disks along with the disks; default
                delete
            keep_disks: disks to keep, by UUID, name label or tag
        """
        return signature(
            "flow.destroy_vm_and_disks",
            "change",
            {
                "vm": vm,
                "delete_disks": delete_disks,
                "shutdown": shutdown,
                "fall_back_after": fall_back_after,
                "delete_shared_disks": delete_shared_disks,
                "snapshots": snapshots,
                "keep_disks": keep_disks,
            },
            common,
        )

    @staticmethod
    def find_list_of_vms(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        include_templates: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[VmList]:
        """List VMs as a table: by UUID, by name, or all.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            include_templates: find templates too
        """
        return signature(
            "flow.find_list_of_vms",
            "change",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "include_templates": include_templates,
            },
            common,
        )

    @staticmethod
    def setup_disk_or_cd(
        *,
        vm: str | Feed,
        existing_disk_name: str | Feed | None = None,
        vdi_type: Literal["user", "system", "ephemeral", "suspend", "crashdump"]
        | Feed
        | None = None,
        new_disk_name: str | Feed | None = None,
        disk_size: int | str | Feed | None = None,
        storage_repository: str | Feed | None = None,
        device: int | str | Feed | None = None,
        mode: Literal["RW", "RO"] | Feed | None = None,
        type: Literal["Disk", "CD", "Floppy"] | Feed | None = None,
        bootable: bool | Feed | None = None,
        replace: bool | Feed | None = None,
        plug: Literal["auto", "yes", "no"] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[DiskSetUp]:
        """Attach an existing disk or CD, or a new disk, to a VM, and plug it when the VM runs.

        A new disk needs `vdi_type`, `new_disk_name`, `disk_size` and `storage_repository`. A disk
        that the VM has already is left alone. A CD goes into an empty drive of the VM, with
        `replace` also into one that holds another; a drive is made where the VM has none.

        Args:
            vm: a VM, by UUID or name label
            existing_disk_name: a virtual disk, by UUID or name label
            vdi_type: its content type
            new_disk_name: a name label
            disk_size: bytes, or text with a unit (10GiB, 512 MB)
            storage_repository: a storage repository, or @default, @room, @room:NAME (the most
                room), by UUID or name label
            device: a device number, or "autodetect"; default autodetect
            mode: whether the guest may write
            type: the type that the guest sees; default Disk
            bootable: whether the guest may boot from it
            replace: eject another medium from the drive first
            plug: plug it if the VM runs, always, or never; default auto
        """
        return signature(
            "flow.setup_disk_or_cd",
            "change",
            {
                "vm": vm,
                "existing_disk_name": existing_disk_name,
                "vdi_type": vdi_type,
                "new_disk_name": new_disk_name,
                "disk_size": disk_size,
                "storage_repository": storage_repository,
                "device": device,
                "mode": mode,
                "type": type,
                "bootable": bootable,
                "replace": replace,
                "plug": plug,
            },
            common,
        )

    @staticmethod
    def setup_network_devices(
        *,
        vm: str | Feed,
        network: str | Feed,
        device_id: int | str | Feed | None = None,
        mac: str | Feed | None = None,
        mtu: int | Feed | None = None,
        plug: Literal["auto", "yes", "no"] | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[NetworkSetUp]:
        """Connect a VM to a network by a new interface, and plug it when the VM runs.

        With `ensure`, an existing interface of the VM on the network is used.

        Args:
            vm: a VM, by UUID or name label
            network: a network, by UUID or name label
            device_id: a device number, or "autodetect"; default autodetect
            mac: a MAC address; without one, XenServer generates it
            mtu: largest packet in bytes; default 1500
            plug: plug it if the VM runs, always, or never; default auto
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "flow.setup_network_devices",
            "change",
            {
                "vm": vm,
                "network": network,
                "device_id": device_id,
                "mac": mac,
                "mtu": mtu,
                "plug": plug,
                "ensure": ensure,
            },
            common,
        )

    @staticmethod
    def start_vms(
        *,
        vms: list[str] | Feed,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Started]:
        """Start VMs in the order of the list, each when the one before runs or has its address.

        A VM that is named twice, however it is spelled, counts once; one that runs already is fine.
        If a name matches no VM, none is started. Where a VM cannot be started, those after it are
        not, and those before it go on running; the error says which run, and which do not.

        Args:
            vms: VMs, by UUID or name label
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "flow.start_vms",
            "change",
            {"vms": vms, "wait_for": wait_for, "wait_for_address": wait_for_address},
            common,
        )


class host:
    """The messages `xenserver.host.*`."""

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find hosts; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.host.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )


class network:
    """The messages `xenserver.network.*`."""

    @staticmethod
    def create(
        *,
        name: str | Feed,
        description: str | Feed | None = None,
        mtu: int | Feed | None = None,
        tags: list[str] | Feed | None = None,
        other_config: dict[str, str] | Feed | None = None,
        pif: str | Feed | None = None,
        vlan: int | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Create a virtual network: private or, with `pif` and `vlan`, a VLAN on every host.

        Args:
            name: a name label
            description: a description
            mtu: largest packet in bytes; default 1500
            tags: tags to find it by
            other_config: keys and values to store with it
            pif: a physical interface, by UUID
            vlan: a VLAN tag
        """
        return signature(
            "xenserver.network.create",
            "change",
            {
                "name": name,
                "description": description,
                "mtu": mtu,
                "tags": tags,
                "other_config": other_config,
                "pif": pif,
                "vlan": vlan,
            },
            common,
        )

    @staticmethod
    def destroy(
        *,
        network: str | Feed,
        remove_vlans: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a network that no VM is attached to; `remove_vlans` destroys its VLANs first.

        Args:
            network: a network, by UUID or name label
            remove_vlans: destroy its VLANs first
        """
        return signature(
            "xenserver.network.destroy",
            "change",
            {"network": network, "remove_vlans": remove_vlans},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        bridge: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find virtual networks; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            bridge: its bridge, such as xenbr0
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.network.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "bridge": bridge,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )


class pif:
    """The messages `xenserver.pif.*`."""

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        device: str | Feed | None = None,
        host: str | Feed | None = None,
        network: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find physical network interfaces; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            device: its device on the host: eth0
            host: a host, by UUID or name label
            network: a network, by UUID or name label
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.pif.find",
            "find",
            {
                "uuid": uuid,
                "device": device,
                "host": host,
                "network": network,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )


class sr:
    """The messages `xenserver.sr.*`."""

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        type: str | Feed | None = None,
        content_type: str | Feed | None = None,
        shared: bool | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find storage repositories; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            type: storage type: nfs, lvm, ext, iso, ...
            content_type: content type: user, iso, ...
            shared: whether all hosts of the pool share it
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.sr.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "type": type,
                "content_type": content_type,
                "shared": shared,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )


class task:
    """The messages `xenserver.task.*`."""

    @staticmethod
    def cancel(
        *,
        task: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Cancel a task of XenServer, and return its end: some end before they are cancelled.

        Args:
            task: a XenServer task, by UUID
        """
        return signature(
            "xenserver.task.cancel",
            "change",
            {"task": task},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        status: Literal["pending", "success", "failure", "cancelling", "cancelled"]
        | Feed
        | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find tasks of XenServer; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            status: its state
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.task.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "status": status,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def follow(
        *,
        task: str | Feed,
        every: float | str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Followed]:
        """Wait for the end of a task of XenServer, checked every `every`, and fail as it fails.

        Args:
            task: a XenServer task, by UUID
            every: the interval at which its end is checked (2s); default 5.0
        """
        return signature(
            "xenserver.task.follow",
            "find",
            {"task": task, "every": every},
            common,
        )

    @staticmethod
    def take_back(
        *,
        task: str | Feed,
        method: str | Feed,
        operation: str | Feed,
        made_at: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Wait for the end of a duplicate call, and undo what it made.

        The engine sends it into the run of an operation whose worker was overtaken while it called.

        Args:
            task: a XenServer task, by reference
            method: a method of XenServer
            operation: the name of an operation
            made_at: the target where it was made, if another
        """
        return signature(
            "xenserver.task.take_back",
            "change",
            {"task": task, "method": method, "operation": operation, "made_at": made_at},
            common,
        )


class vbd:
    """The messages `xenserver.vbd.*`."""

    @staticmethod
    def create(
        *,
        vm: str | Feed,
        vdi: str | Feed | None = None,
        empty: bool | Feed | None = None,
        device: int | str | Feed | None = None,
        mode: Literal["RW", "RO"] | Feed | None = None,
        type: Literal["Disk", "CD", "Floppy"] | Feed | None = None,
        bootable: bool | Feed | None = None,
        unpluggable: bool | Feed | None = None,
        other_config: dict[str, str] | Feed | None = None,
        ensure: bool | Feed | None = None,
        must_run: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Attach a disk, or a drive that may be empty, to a VM; a running VM sees it once
        plugged.

        The mode is RW, or RO for a CD drive, unless one is given. With `ensure` a drive of the VM
        that holds the disk already, or an empty one if that is wanted, is answered with, whatever
        its device and mode; the answer has both.

        Args:
            vm: a VM, by UUID or name label
            vdi: a virtual disk, by UUID or name label
            empty: an empty drive, instead of `vdi`
            device: a device number, or "autodetect"; default autodetect
            mode: whether the guest may write
            type: the type that the guest sees; default Disk
            bootable: whether the guest may boot from it
            unpluggable: whether it may be detached while the VM runs; default true
            other_config: keys and values to store with it
            ensure: succeed if the wanted state exists already
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vbd.create",
            "change",
            {
                "vm": vm,
                "vdi": vdi,
                "empty": empty,
                "device": device,
                "mode": mode,
                "type": type,
                "bootable": bootable,
                "unpluggable": unpluggable,
                "other_config": other_config,
                "ensure": ensure,
                "must_run": must_run,
            },
            common,
        )

    @staticmethod
    def destroy(
        *,
        vbd: str | Feed,
        unplug: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a virtual block device but not its disk; with `unplug` also one that is
        attached.

        Args:
            vbd: a virtual block device, by UUID
            unplug: detach it first if it is attached
        """
        return signature(
            "xenserver.vbd.destroy",
            "change",
            {"vbd": vbd, "unplug": unplug},
            common,
        )

    @staticmethod
    def eject(
        *,
        vbd: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Eject the medium of a CD drive.

        Args:
            vbd: a virtual block device, by UUID
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vbd.eject",
            "change",
            {"vbd": vbd, "ensure": ensure},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        vm: str | Feed | None = None,
        vdi: str | Feed | None = None,
        type: Literal["Disk", "CD", "Floppy"] | Feed | None = None,
        device: int | str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find virtual block devices; without criteria, all of them. A device may be 0 or xvda.

        Args:
            uuid: the UUID of an object
            vm: a VM, by UUID or name label
            vdi: a virtual disk, by UUID or name label
            type: the type that the guest sees
            device: a device number, or "autodetect"
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vbd.find",
            "find",
            {
                "uuid": uuid,
                "vm": vm,
                "vdi": vdi,
                "type": type,
                "device": device,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def insert(
        *,
        vbd: str | Feed,
        vdi: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Insert a medium into an empty CD drive.

        Args:
            vbd: a virtual block device, by UUID
            vdi: a virtual disk, by UUID or name label
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vbd.insert",
            "change",
            {"vbd": vbd, "vdi": vdi, "ensure": ensure},
            common,
        )

    @staticmethod
    def plug(
        *,
        vbd: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Attach a virtual block device to its running VM.

        If the disk was detached from another VM a moment ago, the operation waits.

        Args:
            vbd: a virtual block device, by UUID
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vbd.plug",
            "change",
            {"vbd": vbd, "ensure": ensure},
            common,
        )

    @staticmethod
    def plug_if_running(
        *,
        vbd: str | Feed,
        must_run: bool | Feed | None = None,
        was_there: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Plugged]:
        """Attach a drive to its VM if that runs; one that does not sees the drive when it
        starts.

        With `must_run`, a VM that is not running is refused. A drive that `was_there` is not
        touched.

        Args:
            vbd: a virtual block device, by UUID
            must_run: refuse a VM that is not running
            was_there: leave it unchanged: it existed before
        """
        return signature(
            "xenserver.vbd.plug_if_running",
            "change",
            {"vbd": vbd, "must_run": must_run, "was_there": was_there},
            common,
        )

    @staticmethod
    def unplug(
        *,
        vbd: str | Feed,
        force: bool | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Detach a virtual block device from its running VM; `force` does not wait for the
        guest.

        Args:
            vbd: a virtual block device, by UUID
            force: do not ask the guest
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vbd.unplug",
            "change",
            {"vbd": vbd, "force": force, "ensure": ensure},
            common,
        )


class vdi:
    """The messages `xenserver.vdi.*`."""

    @staticmethod
    def clone(
        *,
        vdi: str | Feed,
        name: str | Feed,
        driver_params: dict[str, str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Copy a virtual disk on its own storage repository, sharing its blocks where that can.

        Args:
            vdi: a virtual disk, by UUID or name label
            name: a name label
            driver_params: parameters for the storage backend
        """
        return signature(
            "xenserver.vdi.clone",
            "change",
            {"vdi": vdi, "name": name, "driver_params": driver_params},
            common,
        )

    @staticmethod
    def copy(
        *,
        vdi: str | Feed,
        name: str | Feed,
        sr: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Copy a virtual disk in full, onto its own storage repository or onto `sr`.

        Args:
            vdi: a virtual disk, by UUID or name label
            name: a name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
        """
        return signature(
            "xenserver.vdi.copy",
            "change",
            {"vdi": vdi, "name": name, "sr": sr},
            common,
        )

    @staticmethod
    def create(
        *,
        name: str | Feed,
        sr: str | Feed,
        size: int | str | Feed,
        description: str | Feed | None = None,
        type: Literal["user", "system", "ephemeral", "suspend", "crashdump"] | Feed | None = None,
        sharable: bool | Feed | None = None,
        read_only: bool | Feed | None = None,
        sm_config: dict[str, str] | Feed | None = None,
        other_config: dict[str, str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Create a virtual disk on a storage repository.

        Args:
            name: a name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            size: bytes, or text with a unit (10GiB, 512 MB)
            description: a description
            type: its content type; default user
            sharable: whether several VMs may write to it at once
            read_only: whether it is read-only
            sm_config: parameters for the storage backend of the SR
            other_config: keys and values to store with it
        """
        return signature(
            "xenserver.vdi.create",
            "change",
            {
                "name": name,
                "sr": sr,
                "size": size,
                "description": description,
                "type": type,
                "sharable": sharable,
                "read_only": read_only,
                "sm_config": sm_config,
                "other_config": other_config,
            },
            common,
        )

    @staticmethod
    def destroy(
        *,
        vdi: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a virtual disk that no running VM uses, and all data on it.

        If it was detached a moment ago, the operation waits until it is free.

        Args:
            vdi: a virtual disk, by UUID or name label
        """
        return signature(
            "xenserver.vdi.destroy",
            "change",
            {"vdi": vdi},
            common,
        )

    @staticmethod
    def destroy_or_report(
        *,
        vdi: str | Feed,
        name_label: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Removed]:
        """Destroy a virtual disk as one of many; answer with the failure if there is one.

        Args:
            vdi: a virtual disk, by UUID or name label
            name_label: its name
        """
        return signature(
            "xenserver.vdi.destroy_or_report",
            "change",
            {"vdi": vdi, "name_label": name_label},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        sr: str | Feed | None = None,
        type: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find virtual disks; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            type: its content type: user, system, ...
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vdi.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "sr": sr,
                "type": type,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def find_snapshots(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        vdi: str | Feed | None = None,
        sr: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find snapshots of virtual disks, those of VMs included; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            vdi: a virtual disk, by UUID or name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vdi.find_snapshots",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "vdi": vdi,
                "sr": sr,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def move(
        *,
        vdi: str | Feed,
        sr: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Moved]:
        """Move a virtual disk to another storage repository; a running VM that uses it keeps
        running.

        The disk gets another UUID, which the answer has; drives of VMs hold it as they held the old
        one, which is destroyed last. Snapshots of a VM that runs move along with its disk; where no
        running VM uses a disk, they have to go first.

        Args:
            vdi: a virtual disk, by UUID or name label
            sr: the storage repository to move it to, or a rule such as @room
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vdi.move",
            "change",
            {"vdi": vdi, "sr": sr, "ensure": ensure},
            common,
        )

    @staticmethod
    def resize(
        *,
        vdi: str | Feed,
        size: int | str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Grow a virtual disk to a size; a disk that has that size already is left unchanged.

        Args:
            vdi: a virtual disk, by UUID or name label
            size: bytes, or text with a unit (10GiB, 512 MB)
        """
        return signature(
            "xenserver.vdi.resize",
            "change",
            {"vdi": vdi, "size": size},
            common,
        )

    @staticmethod
    def snapshot(
        *,
        vdi: str | Feed,
        name: str | Feed | None = None,
        driver_params: dict[str, str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Snapshot a virtual disk, which a VM may be using; the name defaults to the disk's own.

        Args:
            vdi: a virtual disk, by UUID or name label
            name: a name label
            driver_params: parameters for the storage backend
        """
        return signature(
            "xenserver.vdi.snapshot",
            "change",
            {"vdi": vdi, "name": name, "driver_params": driver_params},
            common,
        )

    @staticmethod
    def tag(
        *,
        vdi: str | Feed,
        add: list[str] | Feed | None = None,
        remove: list[str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Add tags to a virtual disk and remove others.

        Args:
            vdi: a virtual disk, by UUID or name label
            add: tags to add
            remove: tags to remove
        """
        return signature(
            "xenserver.vdi.tag",
            "change",
            {"vdi": vdi, "add": add, "remove": remove},
            common,
        )

    @staticmethod
    def undo_move(
        *,
        vdi: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Undo an attempt to move a disk: put the old one back into its drives, destroy the
        copy.

        What has moved stays: the old disk may be gone.

        Args:
            vdi: a virtual disk, by UUID or name label
        """
        return signature(
            "xenserver.vdi.undo_move",
            "change",
            {"vdi": vdi},
            common,
        )


class vif:
    """The messages `xenserver.vif.*`."""

    @staticmethod
    def create(
        *,
        vm: str | Feed,
        network: str | Feed,
        device: int | str | Feed | None = None,
        mac: str | Feed | None = None,
        mtu: int | Feed | None = None,
        other_config: dict[str, str] | Feed | None = None,
        ensure: bool | Feed | None = None,
        must_run: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Create an interface of a VM on a network; a running VM sees it once it is plugged.

        With `ensure` an interface of the VM on the network is answered with, whatever its device;
        where a MAC address is given, one that has it.

        Args:
            vm: a VM, by UUID or name label
            network: a network, by UUID or name label
            device: a device number, or "autodetect"; default autodetect
            mac: a MAC address; without one, XenServer generates it
            mtu: largest packet in bytes; default 1500
            other_config: keys and values to store with it
            ensure: succeed if the wanted state exists already
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vif.create",
            "change",
            {
                "vm": vm,
                "network": network,
                "device": device,
                "mac": mac,
                "mtu": mtu,
                "other_config": other_config,
                "ensure": ensure,
                "must_run": must_run,
            },
            common,
        )

    @staticmethod
    def destroy(
        *,
        vif: str | Feed,
        unplug: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a virtual interface; with `unplug` also one that is attached.

        Args:
            vif: a virtual interface, by UUID
            unplug: detach it first if it is attached
        """
        return signature(
            "xenserver.vif.destroy",
            "change",
            {"vif": vif, "unplug": unplug},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        vm: str | Feed | None = None,
        network: str | Feed | None = None,
        device: int | str | Feed | None = None,
        mac: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find virtual interfaces; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            vm: a VM, by UUID or name label
            network: a network, by UUID or name label
            device: a device number, or "autodetect"
            mac: a name label
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vif.find",
            "find",
            {
                "uuid": uuid,
                "vm": vm,
                "network": network,
                "device": device,
                "mac": mac,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def plug(
        *,
        vif: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Attach a virtual interface to its running VM.

        Args:
            vif: a virtual interface, by UUID
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vif.plug",
            "change",
            {"vif": vif, "ensure": ensure},
            common,
        )

    @staticmethod
    def plug_if_running(
        *,
        vif: str | Feed,
        must_run: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Plugged]:
        """Attach an interface to its VM if that runs; one that does not sees it when it starts.

        With `must_run`, a VM that is not running is refused.

        Args:
            vif: a virtual interface, by UUID
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vif.plug_if_running",
            "change",
            {"vif": vif, "must_run": must_run},
            common,
        )

    @staticmethod
    def unplug(
        *,
        vif: str | Feed,
        force: bool | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Detach a virtual interface from its running VM; `force` does not wait for the guest.

        Args:
            vif: a virtual interface, by UUID
            force: do not ask the guest
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vif.unplug",
            "change",
            {"vif": vif, "force": force, "ensure": ensure},
            common,
        )


class vm:
    """The messages `xenserver.vm.*`."""

    @staticmethod
    def assign_each_to_network(
        *,
        vms: list[str] | Feed,
        network: str | Feed,
        plug: Literal["auto", "yes", "no"] | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Report]:
        """Connect each of the VMs to a network; each VM is named once.

        Args:
            vms: VMs, by UUID or name label
            network: a network, by UUID or name label
            plug: plug it if the VM runs, always, or never; default auto
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.assign_each_to_network",
            "change",
            {"vms": vms, "network": network, "plug": plug, "ensure": ensure},
            common,
        )

    @staticmethod
    def block(
        *,
        vm: str | Feed,
        operations: list[
            Literal[
                "checkpoint",
                "clean_reboot",
                "clean_shutdown",
                "clone",
                "copy",
                "destroy",
                "export",
                "hard_reboot",
                "hard_shutdown",
                "make_into_template",
                "migrate_send",
                "pause",
                "pool_migrate",
                "provision",
                "resume",
                "resume_on",
                "revert",
                "snapshot",
                "start",
                "start_on",
                "suspend",
                "unpause",
            ]
        ]
        | Feed,
        reason: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Block operations of a VM: XenServer refuses them until they are unblocked.

        Args:
            vm: a VM or template, by UUID or name label
            operations: the operations to block: destroy, start, ...
            reason: the reason, which callers see; default blocked by xenflow
        """
        return signature(
            "xenserver.vm.block",
            "change",
            {"vm": vm, "operations": operations, "reason": reason},
            common,
        )

    @staticmethod
    def check_creation(
        *,
        template: str | Feed,
        memory: int | str | Feed | None = None,
        vcpus: int | Feed | None = None,
        cores_per_socket: int | Feed | None = None,
        boot: Boot | Feed | None = None,
        secure_boot: bool | Feed | None = None,
        vtpm: bool | Feed | None = None,
        disks: list[DiskPlace] | Feed | None = None,
        cd: str | Feed | None = None,
        networks: list[str] | Feed | None = None,
        interfaces: list[int | str] | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Done]:
        """Check that a VM can be made of a template with all that is wanted for it.

        Args:
            template: a template, by UUID or name label
            memory: bytes, or text with a unit (10GiB, 512 MB)
            vcpus: virtual processors
            cores_per_socket: virtual processors in each socket
            boot: How a VM boots; what is not given stays as it is.
            secure_boot: boot signed software only; needs firmware uefi
            vtpm: add a TPM, unless it has one; needs firmware uefi
            disks: disks to create: size, sr and device
            cd: a virtual disk, by UUID or name label
            networks: networks to connect it to
            interfaces: device numbers of its interfaces
        """
        return signature(
            "xenserver.vm.check_creation",
            "find",
            {
                "template": template,
                "memory": memory,
                "vcpus": vcpus,
                "cores_per_socket": cores_per_socket,
                "boot": boot,
                "secure_boot": secure_boot,
                "vtpm": vtpm,
                "disks": disks,
                "cd": cd,
                "networks": networks,
                "interfaces": interfaces,
            },
            common,
        )

    @staticmethod
    def check_devices(
        *,
        parts: list[Part] | Feed,
        **common: Unpack[Common],
    ) -> Signature[Done]:
        """Check that a VM has every device that was created for it.

        Args:
            parts: the devices created for it
        """
        return signature(
            "xenserver.vm.check_devices",
            "find",
            {"parts": parts},
            common,
        )

    @staticmethod
    def check_drive(
        *,
        vm: str | Feed,
        sr: str | Feed,
        size: int | str | Feed,
        device: int | str | Feed | None = None,
        must_run: bool | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Done]:
        """Check that a VM can have a drive with a new disk on a storage repository.

        Args:
            vm: a VM, by UUID or name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            size: bytes, or text with a unit (10GiB, 512 MB)
            device: a device number, or "autodetect"; default autodetect
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vm.check_drive",
            "find",
            {"vm": vm, "sr": sr, "size": size, "device": device, "must_run": must_run},
            common,
        )

    @staticmethod
    def choose_disks(
        *,
        vm: str | Feed,
        delete: bool | Feed | None = None,
        even_shared: bool | Feed | None = None,
        image: bool | Feed | None = None,
        snapshots: Literal["delete", "keep"] | Feed | None = None,
        keep_disks: list[str] | Feed | None = None,
        shutdown: Literal["no", "clean", "force"] | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Chosen]:
        """Return which disks and snapshots of a VM to destroy and to keep; refuse what would
        fail.

        Refused are a VM that runs and is not to be shut down, what the VM blocks, a disk that goes
        and that another VM uses, and one on storage that is not attached. Media and physical
        devices always stay. The image of a suspended VM counts as a disk, unless `image` is false.
        What a destruction has left behind of a VM that is gone is found again.

        Args:
            vm: a VM, by UUID or name label
            delete: whether to destroy disks at all
            even_shared: destroy disks that other VMs use too
            image: treat the memory image of a suspended VM as a disk; default true
            snapshots: whether to destroy snapshots and their disks along with the disks; default
                delete
            keep_disks: disks to keep, by UUID, name label or tag
            shutdown: shut it down first: not at all, by its guest, or by force; default no
        """
        return signature(
            "xenserver.vm.choose_disks",
            "find",
            {
                "vm": vm,
                "delete": delete,
                "even_shared": even_shared,
                "image": image,
                "snapshots": snapshots,
                "keep_disks": keep_disks,
                "shutdown": shutdown,
            },
            common,
        )

    @staticmethod
    def clone(
        *,
        vm: str | Feed,
        name: str | Feed,
        template_only: bool | Feed | None = None,
        disks_on: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Copy a halted VM, template or snapshot, sharing its disks where the storage can.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            name: a name label
            template_only: refuse what is not a template, or cannot be installed
            disks_on: with template_only: the repository that vm.install will be given
        """
        return signature(
            "xenserver.vm.clone",
            "change",
            {"vm": vm, "name": name, "template_only": template_only, "disks_on": disks_on},
            common,
        )

    @staticmethod
    def configure(
        *,
        vm: str | Feed,
        memory: int | str | Feed | None = None,
        vcpus: int | Feed | None = None,
        cores_per_socket: int | Feed | None = None,
        boot: Boot | Feed | None = None,
        secure_boot: bool | Feed | None = None,
        vtpm: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Set memory, processors and boot settings of a halted VM; what is not given stays as it
        is.

        Args:
            vm: a VM or template, by UUID or name label
            memory: bytes, or text with a unit (10GiB, 512 MB)
            vcpus: virtual processors
            cores_per_socket: virtual processors in each socket
            boot: How a VM boots; what is not given stays as it is.
            secure_boot: boot signed software only; needs firmware uefi
            vtpm: add a TPM, unless it has one; needs firmware uefi
        """
        return signature(
            "xenserver.vm.configure",
            "change",
            {
                "vm": vm,
                "memory": memory,
                "vcpus": vcpus,
                "cores_per_socket": cores_per_socket,
                "boot": boot,
                "secure_boot": secure_boot,
                "vtpm": vtpm,
            },
            common,
        )

    @staticmethod
    def copy(
        *,
        vm: str | Feed,
        name: str | Feed,
        sr: str | Feed | None = None,
        template_only: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Copy a halted VM, template or snapshot in full, onto the same repositories or onto
        `sr`.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            name: a name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            template_only: refuse what is not a template, or cannot be installed
        """
        return signature(
            "xenserver.vm.copy",
            "change",
            {"vm": vm, "name": name, "sr": sr, "template_only": template_only},
            common,
        )

    @staticmethod
    def copy_to_pool(
        *,
        vm: str | Feed,
        destination: str | Feed,
        name: str | Feed | None = None,
        host: str | Feed | None = None,
        sr: str | Feed | None = None,
        srs: dict[str, str] | Feed | None = None,
        network: str | Feed | None = None,
        networks: dict[str, str] | Feed | None = None,
        transfer_network: str | Feed | None = None,
        force: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Sent]:
        """Copy a halted VM in full to another pool; without a name, under its own.

        The copy has a UUID and MAC addresses of its own, and no snapshots.

        Args:
            vm: a VM, by UUID or name label
            destination: the other pool: a configured connection profile
            name: a name label
            host: a host of the other pool; default: its coordinator
            sr: the SR of its disks in the other pool, or a rule such as @room; default @default
            srs: the SR of single disks: name or UUID of a disk, or of its SR -> SR there
            network: the network of its interfaces there; default: the one of the same name
            networks: the network of single interfaces: name or UUID of a network -> network there
            transfer_network: the network there for the transfer; default: the management network
            force: skip XenServer's checks of the host
        """
        return signature(
            "xenserver.vm.copy_to_pool",
            "change",
            {
                "vm": vm,
                "destination": destination,
                "name": name,
                "host": host,
                "sr": sr,
                "srs": srs,
                "network": network,
                "networks": networks,
                "transfer_network": transfer_network,
                "force": force,
            },
            common,
        )

    @staticmethod
    def describe(
        *,
        vm: str | Feed,
        **common: Unpack[Common],
    ) -> Signature[Described]:
        """Describe a VM: its state, host, disks, interfaces and addresses, in one answer.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
        """
        return signature(
            "xenserver.vm.describe",
            "find",
            {"vm": vm},
            common,
        )

    @staticmethod
    def destroy(
        *,
        vm: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a halted VM; its disks stay.

        Args:
            vm: a VM, by UUID or name label
        """
        return signature(
            "xenserver.vm.destroy",
            "change",
            {"vm": vm},
            common,
        )

    @staticmethod
    def destroy_snapshot(
        *,
        snapshot: str | Feed,
        keep_disks: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Destroy a snapshot of a VM, and its disks unless `keep_disks`; the VM stays.

        Where it ends early, the same message, sent again, destroys the disks that are left.

        Args:
            snapshot: a snapshot, by UUID or name label
            keep_disks: keep the disks of the snapshot
        """
        return signature(
            "xenserver.vm.destroy_snapshot",
            "change",
            {"snapshot": snapshot, "keep_disks": keep_disks},
            common,
        )

    @staticmethod
    def destroy_snapshot_or_report(
        *,
        snapshot: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Removed]:
        """Destroy a snapshot of a VM, but not its disks; answer with the failure if any.

        Args:
            snapshot: a snapshot, by UUID or name label
        """
        return signature(
            "xenserver.vm.destroy_snapshot_or_report",
            "change",
            {"snapshot": snapshot},
            common,
        )

    @staticmethod
    def destroy_with_disks(
        *,
        vm: str | Feed,
        name_label: str | Feed,
        gone: bool | Feed | None = None,
        disks: list[DiskGiven] | Feed | None = None,
        kept: list[KeptDiskGiven] | Feed | None = None,
        snapshots: list[DiskGiven] | Feed | None = None,
        kept_snapshots: list[DiskGiven] | Feed | None = None,
        shutdown: Literal["no", "clean", "force"] | Feed | None = None,
        fall_back_after: float | str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Destroyed]:
        """Destroy a VM and then, in parallel, the disks and snapshots chosen for it.

        Args:
            vm: a VM, by UUID or name label
            name_label: the VM's name, for the answer
            gone: the VM is gone already; only the rest is to be destroyed
            disks: disks to destroy
            kept: disks to keep
            snapshots: snapshots to destroy
            kept_snapshots: snapshots that were kept
            shutdown: shut it down first: not at all, by its guest, or by force; default no
            fall_back_after: cut its power if its guest has not shut down after this time (2m), or
                refuses
        """
        return signature(
            "xenserver.vm.destroy_with_disks",
            "change",
            {
                "vm": vm,
                "name_label": name_label,
                "gone": gone,
                "disks": disks,
                "kept": kept,
                "snapshots": snapshots,
                "kept_snapshots": kept_snapshots,
                "shutdown": shutdown,
                "fall_back_after": fall_back_after,
            },
            common,
        )

    @staticmethod
    def discard(
        *,
        vm: str | Feed,
        all_disks: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Undo the creation of a VM: cut its power, destroy it and the disks created with it.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            all_disks: destroy its disks, whether marked as its own or not
        """
        return signature(
            "xenserver.vm.discard",
            "change",
            {"vm": vm, "all_disks": all_disks},
            common,
        )

    @staticmethod
    def export_url(
        *,
        vm: str | Feed,
        compress: bool | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Export]:
        """Return the URL of a halted or suspended VM as a file (XVA), for a client to fetch.

        XenServer does not send a VM anywhere: a client downloads it, with its own account (`curl -u
        NAME`). A session would let anyone in who sees the answer, so none is in it.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            compress: have XenServer compress the file
        """
        return signature(
            "xenserver.vm.export_url",
            "find",
            {"vm": vm, "compress": compress},
            common,
        )

    @staticmethod
    def find(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        power_state: Literal["Halted", "Paused", "Running", "Suspended"] | Feed | None = None,
        host: str | Feed | None = None,
        tag: str | Feed | None = None,
        include_templates: bool | Feed | None = None,
        include_snapshots: bool | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find VMs; without criteria, all of them. A UUID finds any kind, control domains too.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            power_state: a power state
            host: a host, by UUID or name label
            tag: a tag that it has
            include_templates: find templates too
            include_snapshots: find snapshots too
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vm.find",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "power_state": power_state,
                "host": host,
                "tag": tag,
                "include_templates": include_templates,
                "include_snapshots": include_snapshots,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def find_snapshots(
        *,
        uuid: str | Feed | None = None,
        name: str | Feed | None = None,
        is_search_expression: bool | Feed | None = None,
        vm: str | Feed | None = None,
        fields: list[str] | Feed | None = None,
        limit: int | Feed | None = None,
        after: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Found]:
        """Find snapshots of VMs; without criteria, all of them.

        Args:
            uuid: the UUID of an object
            name: a name label
            is_search_expression: find names that contain `name`, in any case
            vm: a VM, by UUID or name label
            fields: fields to answer with, in addition to the UUID; ["*"] for all
            limit: answer with at most this many records
            after: answer with the records after this UUID
        """
        return signature(
            "xenserver.vm.find_snapshots",
            "find",
            {
                "uuid": uuid,
                "name": name,
                "is_search_expression": is_search_expression,
                "vm": vm,
                "fields": fields,
                "limit": limit,
                "after": after,
            },
            common,
        )

    @staticmethod
    def free_devices(
        *,
        vm: str | Feed,
        drives: list[int | str] | Feed | None = None,
        interfaces: list[int | str] | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[FreeDevices]:
        """Return the free device numbers of a VM for disks, a CD and interfaces, except those
        given.

        Args:
            vm: a VM, by UUID or name label
            drives: numbers that are reserved
            interfaces: numbers that are reserved
        """
        return signature(
            "xenserver.vm.free_devices",
            "find",
            {"vm": vm, "drives": drives, "interfaces": interfaces},
            common,
        )

    @staticmethod
    def import_from_url(
        *,
        url: str | Feed,
        sr: str | Feed | None = None,
        name: str | Feed | None = None,
        full_restore: bool | Feed | None = None,
        force: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Imported]:
        """Have XenServer fetch an exported VM (XVA) from a URL; no byte of it passes through a
        worker.

        XenServer must reach the URL, which may be a web server that only it sees. A lost import is
        not repeated: a VM that was half imported when a toolstack restarted looks like a whole one.

        Args:
            url: the http or https URL from which XenServer fetches the file, without a secret
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label; default @default
            name: a name label
            full_restore: restore the same VM, not a copy: keep its UUID and MAC addresses
            force: skip checks, such as disk checksums
        """
        return signature(
            "xenserver.vm.import_from_url",
            "change",
            {"url": url, "sr": sr, "name": name, "full_restore": full_restore, "force": force},
            common,
        )

    @staticmethod
    def insert_cd(
        *,
        vm: str | Feed,
        vdi: str | Feed,
        device: int | str | Feed | None = None,
        new_device: int | str | Feed | None = None,
        bootable: bool | Feed | None = None,
        replace: bool | Feed | None = None,
        must_run: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Insert a CD into an empty drive of a VM; a drive is created only if the VM has none.

        A drive that holds another medium is refused, unless `replace`. One that holds the CD
        already is answered with.

        Args:
            vm: a VM, by UUID or name label
            vdi: a virtual disk, by UUID or name label
            device: a device number, or "autodetect"; default autodetect
            new_device: the device number, if a drive has to be created; default autodetect
            bootable: whether the guest may boot from it
            replace: eject another medium from the drive first
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vm.insert_cd",
            "change",
            {
                "vm": vm,
                "vdi": vdi,
                "device": device,
                "new_device": new_device,
                "bootable": bootable,
                "replace": replace,
                "must_run": must_run,
            },
            common,
        )

    @staticmethod
    def install(
        *,
        template: str | Feed,
        name: str | Feed | None = None,
        sr: str | Feed | None = None,
        description: str | Feed | None = None,
        in_place: bool | Feed | None = None,
        copied_from: str | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Create a VM from a copy of a template; with `in_place`, from the template itself.

        Its disks go onto `sr`; without one, new ones go where the template says, or onto the pool's
        default repository.

        Args:
            template: a template, by UUID or name label
            name: a name label
            sr: a storage repository, or @default, @room, @room:NAME (the most room), by UUID or
                name label
            description: a description
            in_place: turn the template itself into the VM, not a copy of it
            copied_from: with in_place: the template it was copied from, for error messages
        """
        return signature(
            "xenserver.vm.install",
            "change",
            {
                "template": template,
                "name": name,
                "sr": sr,
                "description": description,
                "in_place": in_place,
                "copied_from": copied_from,
            },
            common,
        )

    @staticmethod
    def mark_leftovers(
        *,
        vm: str | Feed,
        name_label: str | Feed,
        disks: list[str] | Feed | None = None,
        snapshots: list[str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Mark disks and snapshots with the VM they belong to, so that a repeat can finish.

        Args:
            vm: a VM, by UUID or name label
            name_label: the name of the VM
            disks: disks to destroy with the VM
            snapshots: snapshots to destroy with the VM
        """
        return signature(
            "xenserver.vm.mark_leftovers",
            "change",
            {"vm": vm, "name_label": name_label, "disks": disks, "snapshots": snapshots},
            common,
        )

    @staticmethod
    def migrate(
        *,
        vm: str | Feed,
        host: str | Feed,
        live: bool | Feed | None = None,
        force: bool | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Migrate a VM to a host: running it moves, halted it starts there, suspended it
        resumes.

        Args:
            vm: a VM, by UUID or name label
            host: a host, by UUID or name label
            live: keep the VM running while it moves; default true
            force: skip XenServer's checks of the host
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.migrate",
            "change",
            {"vm": vm, "host": host, "live": live, "force": force, "ensure": ensure},
            common,
        )

    @staticmethod
    def migrate_to_pool(
        *,
        vm: str | Feed,
        destination: str | Feed,
        host: str | Feed | None = None,
        sr: str | Feed | None = None,
        srs: dict[str, str] | Feed | None = None,
        network: str | Feed | None = None,
        networks: dict[str, str] | Feed | None = None,
        transfer_network: str | Feed | None = None,
        live: bool | Feed | None = None,
        force: bool | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Sent]:
        """Move a VM with disks and snapshots to another pool; a running VM keeps running.

        The other pool is asked where it takes the VM (`host.migrate_receive`), this one sends it.
        It keeps its UUID and MAC addresses. A CD is ejected. With `ensure` it may be there already.

        Args:
            vm: a VM, by UUID or name label
            destination: the other pool: a configured connection profile
            host: a host of the other pool; default: its coordinator
            sr: the SR of its disks in the other pool, or a rule such as @room; default @default
            srs: the SR of single disks: name or UUID of a disk, or of its SR -> SR there
            network: the network of its interfaces there; default: the one of the same name
            networks: the network of single interfaces: name or UUID of a network -> network there
            transfer_network: the network there for the transfer; default: the management network
            live: keep the VM running while it moves; default true
            force: skip XenServer's checks of the host
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.migrate_to_pool",
            "change",
            {
                "vm": vm,
                "destination": destination,
                "host": host,
                "sr": sr,
                "srs": srs,
                "network": network,
                "networks": networks,
                "transfer_network": transfer_network,
                "live": live,
                "force": force,
                "ensure": ensure,
            },
            common,
        )

    @staticmethod
    def pause(
        *,
        vm: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Pause a running VM; it stays in memory.

        Args:
            vm: a VM, by UUID or name label
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.pause",
            "change",
            {"vm": vm, "ensure": ensure},
            common,
        )

    @staticmethod
    def power_off(
        *,
        vm: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Cut a VM's power, if it has any, so that the devices created for it can be undone.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
        """
        return signature(
            "xenserver.vm.power_off",
            "change",
            {"vm": vm},
            common,
        )

    @staticmethod
    def reboot(
        *,
        vm: str | Feed,
        force: bool | Feed | None = None,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Reboot a VM by its guest; with `force`, reset it.

        Args:
            vm: a VM, by UUID or name label
            force: do not ask the guest
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "xenserver.vm.reboot",
            "change",
            {"vm": vm, "force": force, "wait_for": wait_for, "wait_for_address": wait_for_address},
            common,
        )

    @staticmethod
    def report_destruction(
        *,
        name_label: str | Feed,
        parts: list[RemovalGiven] | Feed,
        **common: Unpack[Common],
    ) -> Signature[Finished]:
        """Check that all that was to be destroyed with a VM is gone; else fail with its errors.

        Args:
            name_label: the name of the destroyed VM
            parts: what was to be destroyed with it
        """
        return signature(
            "xenserver.vm.report_destruction",
            "find",
            {"name_label": name_label, "parts": parts},
            common,
        )

    @staticmethod
    def resolve(
        *,
        vms: list[str] | Feed,
        network: str | Feed | None = None,
        must_run: bool | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Resolved]:
        """Return the UUIDs of VMs in the order of their names; a VM that is named twice counts
        once.

        A `network` must exist too, and with `must_run` each of the VMs must run.

        Args:
            vms: VMs, by UUID or name label
            network: a network, by UUID or name label
            must_run: refuse a VM that is not running
        """
        return signature(
            "xenserver.vm.resolve",
            "find",
            {"vms": vms, "network": network, "must_run": must_run},
            common,
        )

    @staticmethod
    def resume(
        *,
        vm: str | Feed,
        paused: bool | Feed | None = None,
        force: bool | Feed | None = None,
        host: str | Feed | None = None,
        ensure: bool | Feed | None = None,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Resume a suspended VM on the host that XenServer chooses or on a given one.

        Args:
            vm: a VM, by UUID or name label
            paused: leave it paused
            force: skip XenServer's checks of the host
            host: a host, by UUID or name label
            ensure: succeed if the wanted state exists already
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "xenserver.vm.resume",
            "change",
            {
                "vm": vm,
                "paused": paused,
                "force": force,
                "host": host,
                "ensure": ensure,
                "wait_for": wait_for,
                "wait_for_address": wait_for_address,
            },
            common,
        )

    @staticmethod
    def revert(
        *,
        snapshot: str | Feed,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Revert a VM to a snapshot of it; what it wrote since then is lost.

        Args:
            snapshot: a snapshot, by UUID or name label
        """
        return signature(
            "xenserver.vm.revert",
            "change",
            {"snapshot": snapshot},
            common,
        )

    @staticmethod
    def shutdown(
        *,
        vm: str | Feed,
        force: bool | Feed | None = None,
        fall_back_after: float | str | Feed | None = None,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Shut a VM down by its guest; with `force`, or after `fall_back_after`, cut its power.

        With `fall_back_after` the power is cut too when the guest cannot be asked or does not
        answer.

        Args:
            vm: a VM, by UUID or name label
            force: do not ask the guest
            fall_back_after: cut its power if its guest has not shut down after this time (2m), or
                refuses
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.shutdown",
            "change",
            {"vm": vm, "force": force, "fall_back_after": fall_back_after, "ensure": ensure},
            common,
        )

    @staticmethod
    def snapshot(
        *,
        vm: str | Feed,
        name: str | Feed,
        with_memory: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Created]:
        """Snapshot a VM's disks; with `with_memory`, its memory too.

        Args:
            vm: a VM, by UUID or name label
            name: a name label
            with_memory: include the memory of a running VM
        """
        return signature(
            "xenserver.vm.snapshot",
            "change",
            {"vm": vm, "name": name, "with_memory": with_memory},
            common,
        )

    @staticmethod
    def start(
        *,
        vm: str | Feed,
        paused: bool | Feed | None = None,
        force: bool | Feed | None = None,
        host: str | Feed | None = None,
        ensure: bool | Feed | None = None,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Boot a halted VM, on the host that XenServer chooses or on a given one.

        Args:
            vm: a VM, by UUID or name label
            paused: leave it paused
            force: skip XenServer's checks of the host
            host: a host, by UUID or name label
            ensure: succeed if the wanted state exists already
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "xenserver.vm.start",
            "change",
            {
                "vm": vm,
                "paused": paused,
                "force": force,
                "host": host,
                "ensure": ensure,
                "wait_for": wait_for,
                "wait_for_address": wait_for_address,
            },
            common,
        )

    @staticmethod
    def start_each(
        *,
        vms: list[str] | Feed,
        wait_for: Literal["running", "ip"] | Feed | None = None,
        wait_for_address: AddressWanted | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Started]:
        """Start VMs one after the other: the second step of start_vms.

        Args:
            vms: VMs, by UUID or name label
            wait_for: answer when the VM runs, or when its guest has an address ("ip"); default
                running
            wait_for_address: wait until the guest has such an address: family, interface, cidr
        """
        return signature(
            "xenserver.vm.start_each",
            "change",
            {"vms": vms, "wait_for": wait_for, "wait_for_address": wait_for_address},
            common,
        )

    @staticmethod
    def suspend(
        *,
        vm: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Suspend a running VM: write its memory to disk and free it on the host.

        Args:
            vm: a VM, by UUID or name label
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.suspend",
            "change",
            {"vm": vm, "ensure": ensure},
            common,
        )

    @staticmethod
    def tag(
        *,
        vm: str | Feed,
        add: list[str] | Feed | None = None,
        remove: list[str] | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Add tags to a VM and remove others.

        Args:
            vm: a VM, template or snapshot, by UUID or name label
            add: tags to add
            remove: tags to remove
        """
        return signature(
            "xenserver.vm.tag",
            "change",
            {"vm": vm, "add": add, "remove": remove},
            common,
        )

    @staticmethod
    def unblock(
        *,
        vm: str | Feed,
        operations: list[
            Literal[
                "checkpoint",
                "clean_reboot",
                "clean_shutdown",
                "clone",
                "copy",
                "destroy",
                "export",
                "hard_reboot",
                "hard_shutdown",
                "make_into_template",
                "migrate_send",
                "pause",
                "pool_migrate",
                "provision",
                "resume",
                "resume_on",
                "revert",
                "snapshot",
                "start",
                "start_on",
                "suspend",
                "unpause",
            ]
        ]
        | Feed
        | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Unblock operations of a VM; without `operations`, all that are blocked.

        Args:
            vm: a VM or template, by UUID or name label
            operations: the operations to unblock; without any, all
        """
        return signature(
            "xenserver.vm.unblock",
            "change",
            {"vm": vm, "operations": operations},
            common,
        )

    @staticmethod
    def unpause(
        *,
        vm: str | Feed,
        ensure: bool | Feed | None = None,
        **common: Unpack[Changing],
    ) -> Signature[Done]:
        """Unpause a VM.

        Args:
            vm: a VM, by UUID or name label
            ensure: succeed if the wanted state exists already
        """
        return signature(
            "xenserver.vm.unpause",
            "change",
            {"vm": vm, "ensure": ensure},
            common,
        )

    @staticmethod
    def wait_for_address(
        *,
        vm: str | Feed,
        family: Literal["ipv4", "ipv6"] | Feed | None = None,
        interface: int | str | Feed | None = None,
        cidr: str | Feed | None = None,
        **common: Unpack[Common],
    ) -> Signature[Done]:
        """Wait until the guest of a running VM has an address, neither link-local nor loopback.

        The answer has all addresses that match.

        Args:
            vm: a VM, by UUID or name label
            family: the address family
            interface: the device number of the interface that has it
            cidr: the network that holds it (10.0.0.0/8)
        """
        return signature(
            "xenserver.vm.wait_for_address",
            "find",
            {"vm": vm, "family": family, "interface": interface, "cidr": cidr},
            common,
        )
