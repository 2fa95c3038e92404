"""A person sees what a name already means, and what a find leaves out."""

from tests.cli.conftest import Submitter


def test_a_name_that_is_in_use_is_noted_before_it_is_given_again(act: Submitter, name: str) -> None:
    """It is allowed all the same. Data for programs comes without a note."""
    first = act("vm", "clone", "deb12", "--name", f"{name}01")
    assert (first.code, first.err) == (0, "")

    again = act("vm", "clone", "deb12", "--name", f"{name}01")
    assert again.code == 0
    assert again.err == (
        f"xenflow: 1 template is named {name}01 already; then only UUIDs tell them apart\n"
    )
    assert (
        "2 templates are named"
        in act("flow", "clone-vms", "--vm", "deb12", "--name", name, "--count", "1").err
    )
    assert act("vm", "clone", "deb12", "--name", f"{name}01", "--json").err == ""


def test_each_kind_of_object_has_names_of_its_own(act: Submitter, name: str) -> None:
    """A snapshot that is named as a VM is no twin of it, and disks are counted as disks."""
    taken = ("vm", "snapshot", "web01", "--name", name)
    assert act(*taken).err == ""
    assert f"1 snapshot is named {name} already" in act(*taken).err
    assert act("vm", "clone", "deb12", "--name", name).err == ""

    disk = ("vdi", "create", "--name", name, "--size", "1GiB", "--sr", "@default")
    assert act(*disk).err == ""
    assert f"1 VDI is named {name} already" in act(*disk).err


def test_a_find_says_what_it_leaves_out(act: Submitter, name: str) -> None:
    """It names the options, or how to search; with data for programs it says nothing."""
    assert act("vm", "clone", "deb12", "--name", name).code == 0
    for _ in range(2):
        assert act("vm", "snapshot", "web01", "--name", name).code == 0

    found = act("vm", "find", name)
    assert found.out == "0 VMs\n"
    assert found.err == (
        "xenflow: 2 snapshots and 1 template match; "
        "find them by --include-snapshots --include-templates\n"
    )
    assert act("vm", "find", name, "--limit", "1").err == found.err
    assert "by --is-search-expression" in act("vm", "find", name, "--power-state", "paused").err
    assert "1 template matches" in act("flow", "find-list-of-vms", "--name", name).err
    assert act("vm", "find", name, "--json").err == ""
    assert act("vm", "find", name, "--include-templates").err == ""


def test_finds_that_a_command_makes_by_itself_are_not_listed(act: Submitter, name: str) -> None:
    """The list of runs has what a person sent."""
    assert act("vm", "clone", "deb12", "--name", name).code == 0
    assert "1 template matches" in act("vm", "find", name).err

    latest = act.json("runs", "--limit", "2")["runs"]
    assert [one["name"] for one in latest] == ["xenserver.vm.find", "xenserver.vm.clone"]


def test_a_find_by_a_name_that_nothing_has_says_how_to_search(act: Submitter, name: str) -> None:
    """It does not where it has searched."""
    text = f"xenflow: names that contain {name} are found by --is-search-expression\n"

    assert act("vm", "find", name).err == text
    assert act("sr", "find", name).err == text
    assert act("sr", "find", name, "--is-search-expression").err == ""
    assert act("vbd", "find", "--device", "9").err == ""


def test_a_find_by_a_wrong_name_says_what_it_resembles(act: Submitter, name: str) -> None:
    """Case, a letter that is missing, and the beginning; templates are no VMs."""
    assert act("network", "create", "--name", f"{name}-lan").code == 0

    for wrong in (f"{name}-LAN", f"{name}-ln", f"{name}-l"):
        assert act("network", "find", wrong).err == (
            f"xenflow: did you mean {name}-lan? "
            f"Names that contain {wrong} are found by --is-search-expression\n"
        )
    assert "did you mean web01" in act("vm", "find", "WEB01").err
    assert "did you mean web01" in act("flow", "find-list-of-vms", "--name", "web1").err
    assert "did you mean" not in act("vm", "find", "dbe12").err
    assert act("network", "find", f"{name}-LAN", "--json").err == ""
