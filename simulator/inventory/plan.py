"""The plan of a pool, as a pool file writes it: hosts, networks, storage, templates, VMs."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from simulator.datamodel.releases import CURRENT_NAME, parse
from simulator.quantities import Room, Size, SomeOf
from simulator.rules.storage import ABILITIES
from simulator.rules.vm import STATES
from simulator.slots import drive_number, is_mac

_SHARED = frozenset({"nfs", "smb", "lvmoiscsi", "lvmohba", "iscsi", "hba", "iso"})


def _text(value: object) -> object:
    """Take a number such as 3 or 5.0 for the text that is meant."""
    return str(value) if isinstance(value, int | float) else value


def _drive(value: str) -> str:
    if drive_number(value) is None:
        raise ValueError(f'must name a drive such as "0" or "xvdb", not "{value}"')
    return value


def _mac(value: str) -> str:
    if value and not is_mac(value):
        raise ValueError(f'must be six pairs of hexadecimal digits, not "{value}"')
    return value


def _release(value: str) -> str:
    return parse(value).name


def _storage_type(value: str) -> str:
    if value not in ABILITIES:
        raise ValueError(f'must be one of {", ".join(ABILITIES)}, not "{value}"')
    return value


def _operation(value: str) -> str:
    if value not in STATES:
        raise ValueError(f'no operation of a VM is named "{value}"')
    return value


Operation = Annotated[str, AfterValidator(_operation)]
Drive = Annotated[str, BeforeValidator(_text), AfterValidator(_drive)]
Mac = Annotated[str, AfterValidator(_mac)]
Name = Annotated[str, Field(min_length=1)]


class Plan(BaseModel):
    """A part of a plan: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Host(Plan):
    """A host; the first one is the coordinator."""

    name: Name
    memory: Size = 4 << 40
    cpus: SomeOf = 64
    enabled: bool = True


class Network(Plan):
    """A network; without a device it is internal to each host."""

    name: Name
    bridge: str = ""
    device: str = ""
    vlan: Annotated[int, Field(ge=0, le=4094)] | None = None
    management: bool = False
    mtu: SomeOf = 1500
    hosts: tuple[Name, ...] | None = None
    other_config: dict[str, str] = {}

    @model_validator(mode="after")
    def _devices(self) -> Self:
        if not self.device and (self.management or self.vlan is not None):
            raise ValueError("a network for management or of a VLAN needs a device")
        if self.management and self.vlan is not None:
            raise ValueError("the network for management cannot be a VLAN")
        return self


class Image(Plan):
    """A disk or ISO image that belongs to no VM."""

    name: Name
    size: Size = 8 << 30


class Storage(Plan):
    """A repository; `{host}` in the name of an unshared one makes one for each of its hosts."""

    name: Name
    type: Annotated[str, AfterValidator(_storage_type)] = "nfs"
    size: Size = 1 << 40
    used: Room = 0
    shared: bool | None = None
    hosts: tuple[Name, ...] | None = None
    plugged: bool = True
    default: bool = False
    images: tuple[Image, ...] = ()

    @property
    def is_shared(self) -> bool:
        """Return whether several hosts use the repository together."""
        return self.type in _SHARED if self.shared is None else self.shared


class Disk(Plan):
    """A disk of a VM; without a storage it lies in the default one."""

    size: Size = 8 << 30
    storage: Name | None = None
    name: str | None = None
    device: Drive | None = None
    type: Literal["system", "user"] = "system"
    mode: Literal["RW", "RO"] = "RW"
    sharable: bool = False


class CdDrive(Plan):
    """A CD drive of a VM, empty without an ISO image."""

    device: Drive = "3"
    iso: Name | None = None


class Interface(Plan):
    """An interface of a VM; without a network it is on the management network."""

    network: Name | None = None
    mac: Mac = ""


class Machine(Plan):
    """A VM or template; `{n}` in the name of several counts from 1."""

    name: Name
    count: Annotated[int, Field(gt=0, le=100_000)] = 1
    description: str = ""
    kind: Literal["hvm", "pvh", "pv"] = "hvm"
    memory: Size = 256 << 20
    memory_static_min: Size | None = None
    vcpus: SomeOf = 1
    tools: bool = True
    tags: tuple[str, ...] = ()
    platform: dict[str, str] = {}
    other_config: dict[str, str] = {}
    blocked_operations: dict[Operation, str] = {}
    disks: tuple[Disk, ...] = ()
    drives: tuple[CdDrive, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    snapshots: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _several(self) -> Self:
        if self.count > 1 and "{n}" not in self.name:
            raise ValueError('the name of several must contain "{n}"')
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the name of each, numbers as wide as the largest."""
        width = len(str(self.count))
        numbers = range(1, self.count + 1)
        return tuple(self.name.replace("{n}", f"{number:0{width}}") for number in numbers)


class Template(Machine):
    """A template; `provision` is the XML of its `disks`, a default one cannot be destroyed."""

    default: bool = False
    provision: str = ""


class Vm(Machine):
    """A VM in its first power state, on the host named or on any with room."""

    state: Literal["Halted", "Running", "Paused", "Suspended"] = "Halted"
    host: Name | None = None


class Pool(Plan):
    """A whole pool; left out, hosts, networks and storage are those of a fresh installation."""

    name: str = "pool01"
    release: Annotated[str, BeforeValidator(_text), AfterValidator(_release)] = CURRENT_NAME
    ha: bool = False
    hosts: Annotated[tuple[Host, ...], Field(min_length=1, max_length=64)] = (Host(name="xs1"),)
    networks: tuple[Network, ...] = (
        Network(
            name="Pool-wide network associated with eth0",
            bridge="xenbr0",
            device="eth0",
            management=True,
        ),
    )
    storage: tuple[Storage, ...] = (Storage(name="Local storage {host}", type="lvm"),)
    templates: tuple[Template, ...] = ()
    vms: tuple[Vm, ...] = ()
    do: tuple[dict[str, Any], ...] = ()
