"""What a name or a UUID means."""

from collections.abc import Callable

import pytest

from tests.xenserver.pools import Pool
from xenserver import errors
from xenserver.client import Xen
from xenserver.session import Sessions

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def snapshot(xen: Xen, now_done: Callable[[str], None]) -> str:
    """Take a snapshot with the name of its VM; return the VM's name."""
    now_done(xen.launch(xen.Async.VM.snapshot(xen.find.vm("web02"), "web02")))
    return "web02"


@pytest.fixture
def now_done(pool: Pool, xen: Xen) -> Callable[[str], None]:
    """Wait until a task of XenServer succeeded."""

    def wait(task: str) -> None:
        while xen.task.get_status(task) == "pending":
            pool.do("advance", seconds=10)
        assert xen.task.get_status(task) == "success"

    return wait


def test_a_name_means_the_object_that_bears_it(xen: Xen, sessions: Sessions) -> None:
    """A look-up by name costs two calls: the references, and the record."""
    vm = xen.find.vm("web01")

    assert (vm.cls, vm.name) == ("VM", "web01")
    assert sessions.counter.calls.total() == 1 + 2


def test_a_uuid_means_its_object(xen: Xen, sessions: Sessions) -> None:
    network = xen.find.network("lab")
    before = sessions.counter.calls.total()

    assert xen.find.network(network.uuid).ref == network.ref
    assert sessions.counter.calls.total() == before + 1


def test_a_name_means_the_same_object_the_next_time(xen: Xen, sessions: Sessions) -> None:
    """It costs no call, though the object was renamed since."""
    vm = xen.find.vm("web01")
    xen.VM.set_name_label(vm, "other")
    before = sessions.counter.calls.total()

    assert xen.find.vm("web01") == vm
    assert sessions.counter.calls.total() == before


@pytest.mark.parametrize(
    ("name", "sort"), [("deb12", "template"), ("Control domain on host: xs1", "control domain")]
)
def test_a_plain_vms_name_means_nothing_else(xen: Xen, name: str, sort: str) -> None:
    """The error names the class of the object with that name."""
    with pytest.raises(errors.Missing, match=f"no VM is named {name}, though a {sort} is"):
        xen.find.vm(name)


@pytest.mark.parametrize(
    ("name", "sort"), [("deb12", "template"), ("Control domain on host: xs1", "control domain")]
)
@pytest.mark.parametrize("word", ["vm", "vm_or_template", "vm_template_or_snapshot"])
def test_what_a_name_refuses_a_uuid_refuses(xen: Xen, word: str, name: str, sort: str) -> None:
    """The same object by two spellings is one, and may the same."""
    [uuid] = [str(vm["uuid"]) for vm in xen.search.vm(where={"name_label": name})]
    find = getattr(xen.find, word)

    by_name, by_uuid = _refusal(find, name), _refusal(find, uuid)

    assert bool(by_name) is bool(by_uuid) is not (sort == "template" and "template" in word)
    assert by_uuid in {"", "XENFLOW_WRONG_CLASS"}


def _refusal(find: Callable[[str], object], text: str) -> str:
    try:
        find(text)
    except errors.XenflowError as error:
        return error.code
    return ""


def test_a_snapshot_is_copied_by_name_where_nothing_else_bears_it(
    xen: Xen, now_done: Callable[[str], None]
) -> None:
    """A UUID names it too; where a VM is wanted neither finds it."""
    now_done(xen.launch(xen.Async.VM.snapshot(xen.find.vm("web02"), "before")))

    taken = xen.find.vm_template_or_snapshot("before")

    assert xen.find.vm_template_or_snapshot(taken.uuid).ref == taken.ref
    with pytest.raises(errors.Refused, match="is the UUID of a snapshot, not of a VM; name the"):
        xen.find.vm(taken.uuid)


def test_a_template_is_found_where_one_is_wanted(xen: Xen) -> None:
    """By name, and by the UUID that this gives."""
    template = xen.find.template("deb12")

    assert xen.find.template(template.uuid).ref == template.ref
    assert xen.find.vm_or_template("deb12").ref == template.ref


def test_a_snapshot_does_not_make_its_vms_name_ambiguous(xen: Xen, snapshot: str) -> None:
    """Each is found where it is wanted."""
    vm, taken = xen.find.vm(snapshot), xen.find.snapshot(snapshot)

    assert xen.VM.get_snapshot_of(taken) == vm.ref
    assert xen.find.vm_or_template(snapshot) == vm
    assert xen.find.vm_template_or_snapshot(snapshot) == vm


def test_a_vm_is_no_snapshot(xen: Xen) -> None:
    """Its UUID is refused where a snapshot is wanted, for reverting to it would not say why."""
    vm = xen.find.vm("web02")

    with pytest.raises(errors.Refused, match="is the UUID of a VM, not of a snapshot"):
        xen.find.snapshot(vm.uuid)


def test_a_name_that_nobody_bears_is_missing(xen: Xen) -> None:
    """The error says what was looked for, and how to list it."""
    with pytest.raises(errors.Missing, match="no VM is named nobody; list them with") as caught:
        xen.find.vm("nobody")

    assert caught.value.args[:2] == ("XENFLOW_NO_SUCH_OBJECT", ["VM", "nobody"])


def test_what_may_be_a_template_is_listed_with_templates(xen: Xen) -> None:
    """The command that the refusal names shows both."""
    with pytest.raises(errors.Missing, match="no VM or template is named nobody") as caught:
        xen.find.vm_or_template("nobody")

    assert "`xenflow vm find --include-templates`" in str(caught.value)
    assert "with xenserver.vm.find, include_templates=true (" in str(caught.value)


def test_a_uuid_that_nobody_has_is_missing(xen: Xen) -> None:
    with pytest.raises(errors.Missing, match=f"no SR has the UUID {NOBODY}"):
        xen.find.sr(NOBODY)


def test_a_name_that_several_bear_is_ambiguous(xen: Xen) -> None:
    """The parameters list their UUIDs."""
    one, other = xen.find.network("lab"), xen.find.network("Pool-wide network associated with eth0")
    xen.network.set_name_label(one, "same")
    xen.network.set_name_label(other, "same")

    with pytest.raises(errors.Ambiguous, match="2 networks are named same") as caught:
        xen.find.network("same")

    assert caught.value.params == ["network", "same", *sorted([one.uuid, other.uuid])]


def test_vms_of_one_name_are_distinguished(xen: Xen) -> None:
    """State, host and description stand beside each UUID; a template and a snapshot say so."""
    here, halted = xen.find.vm("web01"), xen.find.vm("web02")
    host = xen.host.get_name_label(xen.VM.get_resident_on(here))
    xen.VM.set_name_label(here, "same")
    xen.VM.set_name_label(halted, "same")
    xen.VM.set_name_description(halted, "before the\nupdate " + "x" * 99)

    with pytest.raises(errors.Ambiguous) as caught:
        xen.find.vm("same")

    assert f"{here.uuid} (running on {host} since 2" in str(caught.value)
    assert f'{halted.uuid} (halted, "before the update xxx' in str(caught.value)
    assert '…")' in str(caught.value)
    assert caught.value.params == ["VM", "same", *sorted([here.uuid, halted.uuid])]


def test_a_template_and_a_snapshot_of_one_name_are_distinguished(xen: Xen) -> None:
    template = xen.find.template("deb12")
    xen.VM.clone(template, "same")
    xen.VM.set_name_label(xen.find.vm("web02"), "same")

    with pytest.raises(errors.Ambiguous, match=r"\(template.*\(halted|\(halted.*\(template"):
        xen.find.vm_or_template("same")

    for _ in range(2):
        xen.VM.snapshot(xen.find.vm("web01"), "taken")
    with pytest.raises(errors.Ambiguous, match=r"\(snapshot of \d{8}T\S+, .*\(snapshot of "):
        xen.find.snapshot("taken")


@pytest.mark.parametrize(
    ("cls", "word", "name", "other", "particular"),
    [
        ("network", "network", "lab", "Pool-wide network associated with eth0", "bridge "),
        ("SR", "sr", "Local storage xs1", "NFS virtual disk storage", "shared nfs"),
        ("VDI", "vdi", "web01 system", "db01 data", " GiB"),
        ("host", "host", "xs1", "xs2", "at 127.0.0.1"),
    ],
)
def test_objects_of_one_name_are_distinguished(  # noqa: PLR0913, PLR0917 - a table
    xen: Xen, cls: str, word: str, name: str, other: str, particular: str
) -> None:
    """Each class has what is particular to it."""
    find = getattr(xen.find, word)
    for one in (find(name), find(other)):
        getattr(xen, cls).set_name_label(one, "same")

    with pytest.raises(errors.Ambiguous) as caught:
        find("same")

    assert particular in str(caught.value).split("give one's UUID: ")[1]


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("vm_or_template", "2 VMs or templates are named same"),
        ("vm_template_or_snapshot", "2 VMs, templates or snapshots are named same"),
    ],
)
def test_each_noun_of_an_ambiguous_name_is_a_plural(xen: Xen, method: str, text: str) -> None:
    template = xen.find.template("deb12")
    for _ in range(2):
        xen.VM.clone(template, "same")

    with pytest.raises(errors.Ambiguous, match=text):
        getattr(xen.find, method)("same")


def test_a_uuid_of_another_class_is_refused(xen: Xen) -> None:
    """The error names its class."""
    network = xen.find.network("lab")

    with pytest.raises(errors.Refused, match="is the UUID of a network, not of a VM") as caught:
        xen.find.vm(network.uuid)

    assert caught.value.args[:2] == ("XENFLOW_WRONG_CLASS", ["VM", network.uuid, "network"])


def test_what_has_no_name_is_found_by_uuid_only(xen: Xen) -> None:
    """A name is refused without a call."""
    with pytest.raises(errors.Missing, match="a VBD has no name; give its UUID"):
        xen.find.vbd("xvda")
