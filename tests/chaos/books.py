"""The books of a round, balanced from three sides.

What producers hold (what was accepted, and the answers), what Redis says (the journal, and what is
left in queues), and what the simulated pool did (its effects, and the objects there are at the
end). Whose an object is, its name tells: nothing is asked of the product.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.engine.journal import record as journal
from tests.chaos.jobs import Job, Rubbish
from tests.chaos.pool import Inventory, Record

Owners = Mapping[str, str]
"""The job, by the reference of an object."""

NAME = re.compile(r"k\d{5}")
MACHINE_PARTS = ("VDI", "VBD", "VIF")
JUDGED = ("lost", "repeated_effects", "orphans", "spurious_failures", "stuck")
"""What must be 0."""


@dataclass(frozen=True)
class Evidence:
    """What the three sides say at the end of a round."""

    jobs: Sequence[Job]
    rubbish: Sequence[Rubbish]
    accepted: Mapping[str, int]
    answers: Mapping[str, Mapping[str, Any]]
    changed: frozenset[str]
    entries: Mapping[str, journal.Record] | None
    waiting: Mapping[str, int]
    before: Inventory
    after: Inventory
    effects: Sequence[Record]


@dataclass
class Balance:
    """The sums, and a line for each thing that is wrong."""

    accepted: int = 0
    answered: int = 0
    unknown: int = 0
    cancelled: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    @property
    def is_even(self) -> bool:
        """Whether nothing is wrong."""
        return not any(self.counts[column] for column in JUDGED)

    def charge(self, column: str, what: str, count: int = 1) -> None:
        """Record a problem."""
        self.counts[column] += count
        self.findings.append(f"{column}: {what}")


def balance(evidence: Evidence) -> Balance:
    """Balance the books."""
    found = Balance()
    owners = _owners(evidence)
    left = _left(evidence.after, owners)
    for job in evidence.jobs:
        if evidence.accepted.get(job.id):
            _judge(found, evidence, job, left.get(job.name, Counter()))
    _judge_states(found, evidence, owners)
    _judge_rubbish(found, evidence)
    _judge_effects(found, evidence, owners)
    for ref in _orphans(evidence, owners):
        found.charge("orphans", ref)
    for name, count in evidence.waiting.items():
        if count:
            found.charge("stuck", f"{count} in {name}", count)
    return found


def _judge(found: Balance, evidence: Evidence, job: Job, left: Counter[str]) -> None:
    """Check one job by its answer and by what it has left."""
    found.accepted += 1
    answer = evidence.answers.get(job.id)
    if answer is None:
        _judge_silence(found, evidence, job, job.id)
        return
    found.answered += 1
    succeeded = answer["status"] == "SUCCESS"
    _judge_answer(found, evidence, job, answer)
    expected = Counter(job.kind.leaves if succeeded and not job.kind.error else job.kind.before)
    surplus, missing = left - expected, expected - left
    if surplus:
        column = "repeated_effects" if succeeded else "orphans"
        found.charge(column, f"{_described(job)}, {answer['status']}: {dict(surplus)} too many")
    if missing:
        found.charge("lost", f"{_described(job)}, {answer['status']}: {dict(missing)} missing")


def _judge_silence(found: Balance, evidence: Evidence, job: Job | Rubbish, id_: str) -> None:
    """Check a message without an answer: it is stuck where somebody still knows of it."""
    entry = (evidence.entries or {}).get(id_)
    known = entry is not None and entry.ended is None
    phase = entry.phase if entry else "no journal entry"
    found.charge("stuck" if known else "lost", f"{_described(job)}: no answer, {phase}")


def _judge_answer(found: Balance, evidence: Evidence, job: Job, answer: Mapping[str, Any]) -> None:
    status, kind = answer["status"], job.kind
    error = answer["result"].get("exc_type") if status == "FAILURE" else None
    if job.id in evidence.changed:
        found.charge("lost", f"{_described(job)}: its answer has changed")
    if job.cancel and (status == "REVOKED" or error == "Cancelled"):
        found.cancelled += 1
    elif error in kind.may_fail_as:
        found.unknown += 1
    elif error != kind.error:
        column = "lost" if error is None else "spurious_failures"
        found.charge(column, f"{_described(job)}: {status} {answer['result']}")
    entry = evidence.entries and evidence.entries.get(job.id)
    if entry and (entry.answer is not None) is not (status == "SUCCESS"):
        found.charge("lost", f"{_described(job)}: {status}, and the journal says otherwise")


def _judge_rubbish(found: Balance, evidence: Evidence) -> None:
    """Check that a malformed message is answered with a failure where its id can be read."""
    for rubbish in evidence.rubbish:
        if not rubbish.malformed.answered or not evidence.accepted.get(rubbish.id):
            continue
        found.accepted += 1
        answer = evidence.answers.get(rubbish.id)
        if answer is None:
            _judge_silence(found, evidence, rubbish, rubbish.id)
            continue
        found.answered += 1
        if answer["status"] != "FAILURE":
            found.charge("repeated_effects", f"{_described(rubbish)}: {answer['status']}")


def _judge_states(found: Balance, evidence: Evidence, owners: Owners) -> None:
    """Check that VMs are in the state that the answers say."""
    jobs = {job.name: job for job in evidence.jobs}
    for ref, record in evidence.after["VM"].items():
        job = jobs.get(owners.get(ref, ""))
        if job is None or job.kind.state in {None, record["power_state"]}:
            continue
        answer = evidence.answers.get(job.id)
        if answer and answer["status"] == "SUCCESS":
            found.charge("lost", f"{_described(job)}: SUCCESS, and it is {record['power_state']}")


def _judge_effects(found: Balance, evidence: Evidence, owners: Owners) -> None:
    """Check that what may happen once to an object has happened once at most."""
    once = {(job.name, verb): job for job in evidence.jobs for verb in job.kind.once}
    seen = Counter((e["method"], e["params"][0]) for e in evidence.effects if _is_ref_first(e))
    for (verb, ref), count in seen.items():
        job = once.get((owners.get(ref, ""), verb))
        if job and count > 1:
            found.charge("repeated_effects", f"{_described(job)}: {verb} {count} times", count - 1)


def _is_ref_first(effect: Record) -> bool:
    params = effect["params"]
    return bool(params) and isinstance(params[0], str) and params[0].startswith("OpaqueRef:")


def _owners(evidence: Evidence) -> Owners:
    """Return whose the objects are that a name or a tie to a named one tells."""
    owners: dict[str, str] = {}
    for inventory in (evidence.before, evidence.after):
        owners |= {
            ref: name[0]
            for records in inventory.values()
            for ref, record in records.items()
            if (name := NAME.match(record.get("name_label", "")))
        }
    for effect in evidence.effects:
        owners |= _named_by(effect)
    for inventory in (evidence.before, evidence.after):
        owners = {**_parts(inventory, owners), **owners}
    return owners


def _named_by(effect: Record) -> dict[str, str]:
    """Return whose an object is that an effect gave a name, or made under one."""
    names = [name[0] for p in effect["params"] if isinstance(p, str) and (name := NAME.match(p))]
    if not names:
        return {}
    made = effect["method"].endswith((".clone", ".copy", ".snapshot"))
    return {effect["result"] if made else effect["params"][0]: names[0]}


def _parts(inventory: Inventory, owners: Owners) -> dict[str, str]:
    """Return whose devices and disks are: those of the VM they belong to."""
    devices = {
        ref: owners[record["VM"]]
        for cls in ("VBD", "VIF")
        for ref, record in inventory[cls].items()
        if record["VM"] in owners
    }
    disks = {
        inventory["VBD"][ref]["VDI"]: owner
        for ref, owner in devices.items()
        if ref in inventory["VBD"] and inventory["VBD"][ref]["VDI"] in inventory["VDI"]
    }
    return devices | disks


def _left(inventory: Inventory, owners: Owners) -> dict[str, Counter[str]]:
    """Count what each job has left, by class."""
    left: dict[str, Counter[str]] = {}
    for cls, records in inventory.items():
        for ref in records:
            if ref in owners:
                left.setdefault(owners[ref], Counter())[cls] += 1
    return left


def _orphans(evidence: Evidence, owners: Owners) -> Iterator[str]:
    """Name what nobody owns and was not there before: a VM stands for its parts too."""
    new = {
        cls: {r: record for r, record in records.items() if r not in evidence.before[cls]}
        for cls, records in evidence.after.items()
    }
    nobodys = {vm for vm in new["VM"] if vm not in owners}
    parts = _parts(evidence.after, dict.fromkeys(nobodys, "nobody"))
    for cls, records in new.items():
        for ref, record in records.items():
            if ref not in owners and ref not in parts:
                yield f"{cls} {record.get('name_label', ref)}"


def _described(job: Job | Rubbish) -> str:
    if isinstance(job, Job):
        return f"{job.name} {job.kind.task} ({job.client}, {job.id})"
    return f"{job.malformed.what} ({job.id})"
