"""The simulated pool of a round: what is made ready in it, its faults, and what is in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from tests.chaos.jobs import Job
from tests.chaos.kinds import GIB, NFS
from tests.stack import Xenserver

Record = dict[str, Any]
Inventory = Mapping[str, Mapping[str, Record]]
"""All records by class and reference."""

CLASSES = ("VM", "VDI", "VBD", "VIF", "network")
NO_TIME = ("VM.clone", "VM.start", "VDI.create")  # verbs that take none while things are made ready
LIKE = "web02"  # a VM that is halted, with a disk and an interface


class Pool:
    """The simulated pool, past every proxy."""

    def __init__(self, xenserver: Xenserver) -> None:
        self._xenserver = xenserver

    @contextmanager
    def once(self, command: str, **parameters: Any) -> Iterator[None]:
        """Send one command of the control API."""
        self._xenserver.control(command, **parameters)
        yield

    @contextmanager
    def faulty(self, **fault: Any) -> Iterator[None]:
        """Apply a fault to calls while the block runs."""
        self._xenserver.control("fault", **fault)
        try:
            yield
        finally:
            self._xenserver.control("clear")

    def make_ready(self, jobs: Sequence[Job]) -> None:
        """Make what jobs need."""
        usual = self._xenserver.control("durations", set={})
        self._xenserver.control("durations", set=dict.fromkeys(NO_TIME, 0.0))
        [like] = self._xenserver("VM.get_by_name_label", LIKE)
        for job in jobs:
            self._make(job, like)
        self._xenserver.control("durations", set={verb: usual[verb] for verb in NO_TIME})

    def _make(self, job: Job, like: str) -> None:
        for suffix in job.kind.machines:
            machine = self._xenserver("VM.clone", like, f"{job.name}{suffix}")
            if job.kind.running:
                self._xenserver("VM.start", machine, False, False)  # noqa: FBT003 - in wire order
        if job.kind.disk:
            self._disk(f"{job.name} disk" if job.kind.machines else job.name)

    def _disk(self, name: str) -> None:
        [sr] = self._xenserver("SR.get_by_name_label", NFS)
        record = {"name_label": name, "SR": sr, "virtual_size": GIB, "type": "user"}
        flags = {"sharable": False, "read_only": False, "other_config": {}}
        self._xenserver("VDI.create", {**record, **flags})

    def ended_task(self, job: Job) -> str:
        """Return the UUID of a task that a job may watch; a toolstack that restarts forgets it."""
        self._xenserver.log_in()  # the session too
        task = self._xenserver("task.create", job.name, "watched by a job")
        self._xenserver("task.set_status", task, "success")
        return str(self._xenserver("task.get_uuid", task))

    def inventory(self) -> Inventory:
        """Return all there is of what jobs make."""
        self._xenserver.log_in()  # sessions are gone with a toolstack that restarted
        return {cls: self._xenserver(f"{cls}.get_all_records") for cls in CLASSES}

    def effects(self) -> Sequence[Record]:
        """Return every verb that changed something since the simulator's start, in order."""
        return list(self._xenserver.control("journal")["effects"])

    def pending(self) -> int:
        """Return the number of tasks that XenServer works on."""
        return int(self._xenserver.control("stats")["tasks"]["pending"])
