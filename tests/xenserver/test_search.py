"""Finding many: criteria, fields, pages, and what it costs."""

from collections import Counter
from collections.abc import Iterator

import pytest

from config.targets import Target
from tests.xenserver.pools import Pool
from xenserver import errors
from xenserver.client import Xen
from xenserver.session import Sessions
from xenserver.values import Record, Value

PLAIN = {"is_a_template": False, "is_control_domain": False}


def _names(records: list[Record]) -> list[str]:
    return sorted(str(record["name_label"]) for record in records)


def _texts(value: Value) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (text for item in value for text in _texts(item))
        case dict():
            yield from (text for pair in value.items() for part in pair for text in _texts(part))


def test_no_criteria_find_everything(xen: Xen) -> None:
    found = xen.search.host()

    assert _names(found) == ["xs1", "xs2", "xs3"]
    assert [host["uuid"] for host in found] == sorted(str(host["uuid"]) for host in found)


def test_a_name_is_matched_as_it_is(xen: Xen) -> None:
    assert _names(xen.search.vm(name="web01")) == ["web01"]
    assert xen.search.vm(name="WEB01") == []
    assert xen.search.vm(name="web") == []


def test_a_search_expression_is_part_of_a_name_in_any_case(xen: Xen) -> None:
    assert _names(xen.search.vm(name="WEB", is_search_expression=True)) == ["web01", "web02"]


def test_all_criteria_must_hold(xen: Xen) -> None:
    where = {**PLAIN, "power_state": "Running", "name_label": None}

    assert _names(xen.search.vm(where=where)) == ["db01", "web01"]


def test_a_criterion_may_allow_several_values(xen: Xen) -> None:
    """One of them must hold."""
    where = {**PLAIN, "power_state": ["Halted", "Suspended"]}

    assert _names(xen.search.vm(where=where)) == ["batch01", "web02"]


def test_a_set_must_hold_its_criterion(xen: Xen) -> None:
    xen.VM.add_tags(xen.find.vm("web02"), "blue")

    assert _names(xen.search.vm(where={"tags": "blue"})) == ["web02"]


def test_a_thing_is_the_criterion_of_a_reference(xen: Xen) -> None:
    """Devices are found by what they belong to."""
    vm = xen.find.vm("web02")

    (vif,) = xen.search.vif(where={"VM": vm})

    assert vif["VM"] == vm.uuid


def test_a_uuid_finds_one(xen: Xen) -> None:
    vm = xen.find.vm("web02")

    assert _names(xen.search.vm(uuid=vm.uuid)) == ["web02"]
    assert xen.search.sr(uuid=vm.uuid) == []


def test_references_are_given_as_uuids(xen: Xen) -> None:
    """One that is null is None."""
    (running,) = xen.search.vm(name="web01")
    (halted,) = xen.search.vm(name="web02")

    assert running["resident_on"] == xen.find.host("xs1").uuid
    assert halted["resident_on"] is None


@pytest.mark.parametrize(
    "word", ["vm", "host", "pif", "vif", "network", "sr", "vbd", "vdi", "pool"]
)
def test_no_reference_is_in_an_answer(xen: Xen, word: str) -> None:
    found = getattr(xen.search, word)(fields=["*"])

    assert found
    assert [text for text in _texts(list(found)) if text.startswith("OpaqueRef:")] == []


def test_a_running_operation_is_named_by_its_tasks_uuid(xen: Xen, pool: Pool) -> None:
    """The keys of current_operations are references too."""
    pool.do("hold")
    task = xen.launch(xen.Async.VM.clone(xen.find.vm("web02"), "copy"))
    pool.do("advance", seconds=0.1)

    (vm,) = xen.search.vm(name="web02", fields=["current_operations"])

    assert vm["current_operations"] == {xen.uuid.task(task): "clone"}


def test_a_class_is_read_once_however_many_objects_there_are(xen: Xen, sessions: Sessions) -> None:
    """One call for the disks, one for the VMs and one for the devices between them."""
    xen.search.vbd()

    assert sessions.counter.calls == {
        "session.login_with_password": 1,
        "VBD.get_all_records": 1,
        "VDI.get_all_records": 1,
        "VM.get_all_records": 1,
    }


def _calls(sessions: Sessions) -> dict[str, int]:
    return {m: n for m, n in sessions.counter.calls.items() if not m.startswith("session.")}


def test_one_object_is_asked_for_by_its_own_calls(xen: Xen, sessions: Sessions) -> None:
    """By UUID: its reference, its record, and the UUIDs of what it names."""
    xen.search.vm(uuid=xen.find.vm("web01").uuid)
    before = Counter(sessions.counter.calls)

    xen.search.vm(uuid=xen.find.vm("web01").uuid)

    cost = Counter(sessions.counter.calls) - before
    assert cost == {"VM.get_by_uuid": 1, "VM.get_record": 1, "host.get_uuid": 1}


def test_an_exact_name_reads_those_that_bear_it(xen: Xen, sessions: Sessions) -> None:
    assert _names(xen.search.vm(name="web02")) == ["web02"]

    assert _calls(sessions) == {"VM.get_by_name_label": 1, "VM.get_record": 1}


def test_the_devices_of_a_vm_are_asked_of_it(xen: Xen, sessions: Sessions) -> None:
    vm = xen.find.vm("db01")
    before = Counter(sessions.counter.calls)

    found = xen.search.vbd(where={"VM": vm})

    cost = Counter(sessions.counter.calls) - before
    assert cost["VM.get_VBDs"] == 1
    assert cost["VBD.get_record"] == len(found) > 1
    assert [method for method in cost if method.endswith("get_all_records")] == []


def test_a_page_of_a_large_pool_is_read_record_by_record(xen: Xen, sessions: Sessions) -> None:
    """The pages together are what is found at once, whatever does not fit in between."""
    for number in range(40):
        xen.VM.clone(xen.find.vm("web02"), f"many{number}")
    everything = [vm["uuid"] for vm in xen.search.vm(where=PLAIN)]
    before = Counter(sessions.counter.calls)

    first = xen.search.vm(where=PLAIN, limit=5)

    cost = Counter(sessions.counter.calls) - before
    assert cost["VM.get_all"] == 1
    assert 5 <= cost["VM.get_record"] <= 20
    assert cost["VM.get_all_records"] == 0
    rest = xen.search.vm(where=PLAIN, after=str(first[-1]["uuid"]))
    assert [vm["uuid"] for vm in [*first, *rest]] == everything


def test_a_page_of_which_hardly_anything_fits_is_read_at_once(xen: Xen, sessions: Sessions) -> None:
    """Record by record it would cost more than all of them."""
    for number in range(40):
        xen.VM.clone(xen.find.vm("web02"), f"many{number}")

    found = xen.search.vm(where={"name_label": "web01"}, limit=5)

    assert _names(found) == ["web01"]
    assert sessions.counter.calls["VM.get_all_records"] == 1


def test_a_page_after_an_object_that_is_gone_is_refused_in_words(xen: Xen) -> None:
    """Nobody knows where to go on."""
    gone = "00000000-0000-0000-0000-000000000000"

    with pytest.raises(errors.Missing, match=r"after: no VM has the UUID .* begin again"):
        xen.search.vm(after=gone)


@pytest.mark.parametrize(
    "code",
    ["MESSAGE_REMOVED", "MESSAGE_METHOD_UNKNOWN", "RBAC_PERMISSION_DENIED", "INTERNAL_ERROR"],
)
@pytest.mark.parametrize("narrow", [True, False])
def test_no_find_fails_because_of_a_field(xen: Xen, pool: Pool, code: str, *, narrow: bool) -> None:
    """A reference of a new device is null if its class is not read."""
    vm = xen.find.vm("web02")
    pool.do("fault", what="refuse", method="VBD_metrics.*", code=code, params=[], count=-1)

    found = xen.search.vbd(where={"VM": vm} if narrow else {}, fields=["*"])

    assert found
    assert {record["metrics"] for record in found} == {None}


def test_a_class_that_does_not_show_is_not_read(xen: Xen, sessions: Sessions) -> None:
    """Its references may be in fields that were not requested, or in records that do not match."""
    xen.search.vm(name="web02")

    assert sessions.counter.calls["host.get_all_records"] == 0


def test_asked_fields_come_with_the_uuid(xen: Xen) -> None:
    """Further messages name the object by it."""
    (vm,) = xen.search.vm(name="web02", fields=["power_state"])

    assert list(vm) == ["uuid", "power_state"]


def test_a_field_that_does_not_exist_is_refused(xen: Xen) -> None:
    """The refusal lists those there are."""
    with pytest.raises(errors.Refused, match=r"VM has no field nmae; it has .*name_label"):
        xen.search.vm(fields=["nmae"])


def test_large_pools_can_be_leafed_through(xen: Xen) -> None:
    everything = [record["uuid"] for record in xen.search.vbd()]

    first = [record["uuid"] for record in xen.search.vbd(limit=2)]
    rest = [record["uuid"] for record in xen.search.vbd(after=str(first[-1]))]

    assert first + rest == everything


def test_both_transports_find_the_same(sessions: Sessions, target: Target) -> None:
    """A number is a number."""
    xml = target.model_copy(update={"transport": "xml-rpc"})

    assert Xen(sessions, target).search.vm() == Xen(sessions, xml).search.vm()
