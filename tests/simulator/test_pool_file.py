"""Pool files: what they describe is built, what is wrong is reported by its place."""

import re
from pathlib import Path
from typing import Any

import pytest

from simulator import inventory
from simulator.inventory import files
from simulator.inventory.plan import (
    CdDrive,
    Disk,
    Host,
    Image,
    Interface,
    Network,
    Pool,
    Storage,
    Template,
    Vm,
)
from simulator.main import main
from simulator.server import Options, serve_in_thread

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "simulator.md"
WHOLE = """
name = "lab pool"

[[hosts]]
name = "alpha"
memory = "64 GiB"
cpus = 8

[[hosts]]
name = "beta"
enabled = false

[[networks]]
name = "management"
device = "eth0"
management = true

[[networks]]
name = "storage"
device = "eth1"
mtu = 9000

[[networks]]
name = "dmz"
device = "eth1"
vlan = 12
hosts = ["alpha"]

[[storage]]
name = "shared"
type = "lvmoiscsi"
size = "2 TiB"
used = "1 TiB"
default = true

[[storage]]
name = "scratch {host}"
type = "ext"
images = [{ name = "spare", size = "1 GiB" }]

[[storage]]
name = "unplugged"
plugged = false

[[storage]]
name = "isos"
type = "iso"
images = [{ name = "setup.iso", size = "1 GiB" }]

[[templates]]
name = "golden"
memory = "2 GiB"
memory_static_min = "1 GiB"
disks = [{ size = "10 GiB" }]

[[templates]]
name = "broken"
default = true
provision = "<provision><disk"

[[vms]]
name = "web{n}"
count = 12
kind = "pvh"
state = "Running"
host = "alpha"
tags = ["web"]
blocked_operations = { destroy = "ask first" }
disks = [{ size = "4 GiB", name = "root" }, { storage = "scratch alpha", device = "5" }]
drives = [{ device = "3", iso = "setup.iso" }]
interfaces = [{ network = "dmz", mac = "aa:bb:cc:00:11:22" }, {}]
snapshots = ["before", "after"]

[[vms]]
name = "asleep"
state = "Suspended"
tools = false

[[do]]
do = "guest"
vm = "web*"
shutdown = "never"

[[do]]
do = "durations"
set = { "VM.start" = 77.0 }
"""
TWO_HOSTS = "[[hosts]]\nname = 'a'\n[[hosts]]\nname = 'b'\n"
MANAGEMENT = "[[networks]]\nname = 'm'\ndevice = 'eth0'\nmanagement = true\n"


@pytest.fixture
def pool_file(tmp_path: Path) -> Path:
    """Return the file of a pool."""
    file = tmp_path / "pool.toml"
    file.write_text(WHOLE)
    return file


class TestTheDocumentedPool:
    """The pool of the reference."""

    @pytest.fixture
    def options(self, tmp_path: Path) -> Options:
        """Start with the file that the reference shows."""
        file = tmp_path / "documented.toml"
        file.write_text(_documented())
        return Options(seed=1, speed=200.0, control=True, pool=file)

    def test_it_is_built(self, xen: Any) -> None:
        assert xen("VM.get_power_state", xen.find("VM", "web10")) == "Running"


def _documented() -> str:
    return DOCS.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]


class TestAPoolFromAFile:
    """A pool with something of everything."""

    @pytest.fixture
    def options(self, pool_file: Path) -> Options:
        """Start with the file."""
        return Options(seed=1, speed=200.0, control=True, pool=pool_file)

    def test_hosts_are_as_described(self, xen: Any) -> None:
        """The first is the coordinator."""
        alpha, beta = xen.find("host", "alpha"), xen.find("host", "beta")
        (pool,) = xen("pool.get_all_records").values()

        assert (pool["name_label"], pool["master"]) == ("lab pool", alpha)
        assert xen("host.get_cpu_info", alpha)["cpu_count"] == "8"
        metrics = xen("host_metrics.get_record", xen("host.get_metrics", alpha))
        assert int(metrics["memory_total"]) == 64 << 30
        assert (xen("host.get_enabled", alpha), xen("host.get_enabled", beta)) == (True, False)

    def test_networks_have_interfaces(self, xen: Any) -> None:
        found = {name: xen.find("network", name) for name in ("management", "storage", "dmz")}
        pifs = {
            name: [xen("PIF.get_record", pif) for pif in xen("network.get_PIFs", ref)]
            for name, ref in found.items()
        }

        assert {name: len(each) for name, each in pifs.items()} == {
            "management": 2,
            "storage": 2,
            "dmz": 1,
        }
        assert all(pif["management"] for pif in pifs["management"])
        (tagged,) = pifs["dmz"]
        vlan = xen("VLAN.get_record", tagged["VLAN_master_of"])
        assert (tagged["device"], int(tagged["VLAN"]), int(vlan["tag"])) == ("eth1", 12, 12)
        assert int(xen("network.get_MTU", found["storage"])) == 9000

    def test_storage_is_as_described(self, xen: Any) -> None:
        shared = xen("SR.get_record", xen.find("SR", "shared"))

        assert (shared["type"], shared["shared"], len(shared["PBDs"])) == ("lvmoiscsi", True, 2)
        assert int(shared["physical_size"]) == 2 << 40
        assert int(shared["physical_utilisation"]) > 1 << 40
        for host in ("alpha", "beta"):
            local = xen("SR.get_record", xen.find("SR", f"scratch {host}"))
            assert (local["shared"], len(local["PBDs"])) == (False, 1)
            assert len(local["VDIs"]) >= 1
        (plug, *_) = xen("SR.get_PBDs", xen.find("SR", "unplugged"))
        assert xen("PBD.get_currently_attached", plug) is False

    def test_templates_are_templates(self, xen: Any) -> None:
        """Default ones with the XML they are given, be it broken."""
        golden = xen("VM.get_record", xen.find("VM", "golden"))
        broken = xen("VM.get_record", xen.find("VM", "broken"))

        assert (golden["is_a_template"], golden["is_default_template"]) == (True, False)
        assert int(golden["memory_static_min"]) == 1 << 30
        assert broken["is_default_template"] is True
        assert broken["other_config"]["disks"] == "<provision><disk"

    def test_vms_have_all_that_is_theirs(self, xen: Any) -> None:
        """Disks, a medium, interfaces, snapshots, what is blocked."""
        vm = xen("VM.get_record", xen.find("VM", "web07"))
        vbds = {each["userdevice"]: each for each in _records(xen, "VBD", vm["VBDs"])}
        vifs = {each["device"]: each for each in _records(xen, "VIF", vm["VIFs"])}

        assert (vm["power_state"], vm["tags"]) == ("Running", ["web"])
        assert vm["blocked_operations"] == {"destroy": "ask first"}
        assert set(vbds) == {"0", "3", "5"}
        assert xen("VDI.get_name_label", vbds["0"]["VDI"]) == "root"
        assert xen("VDI.get_SR", vbds["5"]["VDI"]) == xen.find("SR", "scratch alpha")
        assert xen("VDI.get_location", vbds["3"]["VDI"]) == "setup.iso"
        assert vifs["0"]["MAC"] == "aa:bb:cc:00:11:22"
        assert vifs["1"]["network"] == xen.find("network", "management")
        kept = _records(xen, "VM", vm["snapshots"])
        assert {each["name_label"] for each in kept} == {"before", "after"}
        assert all(each["is_a_snapshot"] for each in kept)

    def test_a_suspended_vm_has_an_image(self, xen: Any) -> None:
        vm = xen("VM.get_record", xen.find("VM", "asleep"))

        assert vm["power_state"] == "Suspended"
        assert xen("VDI.get_type", vm["suspend_VDI"]) == "suspend"
        assert "resume" in vm["allowed_operations"]

    def test_its_commands_are_executed(self, xen: Any, control: Any, held: Any) -> None:
        vm = xen.find("VM", "web01")

        assert control("durations", set={})["VM.start"] == 77.0
        task = xen("Async.VM.clean_shutdown", vm)
        held(1201)
        assert xen("task.get_error_info", task)[0] == "VM_SHUTDOWN_TIMEOUT"


def _records(xen: Any, cls: str, refs: list[str]) -> list[dict[str, Any]]:
    return [xen(f"{cls}.get_record", ref) for ref in refs]


def test_the_file_that_is_documented_is_one() -> None:
    """It shows every key that there is."""
    plan = files.parse(_documented())

    assert set(re.findall(r"\w+", _documented())) >= {
        name
        for part in (Pool, Host, Network, Storage, Image, Template, Vm, Disk, CdDrive, Interface)
        for name in part.model_fields
    }
    assert plan.vms[0].names[9] == "web10"


def test_numbers_may_be_written_as_such(tmp_path: Path) -> None:
    file = tmp_path / "numbers.toml"
    file.write_text("release = 5.0\n[[vms]]\nname = 'a'\ndrives = [{ device = 3 }]")

    plan = inventory.read(file)

    assert (plan.release, plan.vms[0].drives[0].device) == ("5.0", "3")


def test_an_empty_file_is_a_fresh_installation(tmp_path: Path) -> None:
    file = tmp_path / "empty.toml"
    file.write_text("")

    with serve_in_thread(Options(pool=file)) as served:
        db = served.pool.db
        assert [db.get("host", ref)["name_label"] for ref in db.refs("host")] == ["xs1"]
        assert len(db.where("SR", name_label="Local storage xs1")) == 1
        assert [db.get("VM", vm)["is_control_domain"] for vm in db.refs("VM")] == [True]


def test_a_crowd_is_the_same_for_the_same_seed() -> None:
    def crowd(seed: int) -> inventory.Plan:
        return inventory.grown(inventory.default(), hosts=5, vms=40, seed=seed)

    assert crowd(1) == crowd(1) != crowd(2)
    assert (len(crowd(1).hosts), len(crowd(1).vms)) == (5, 44)
    assert {vm.state for vm in crowd(1).vms} == {"Running", "Halted", "Suspended"}


def test_a_crowd_is_served() -> None:
    """Every VM of it has its devices."""
    with serve_in_thread(Options(hosts=4, vms=30)) as served:
        db = served.pool.db
        assert len(db.refs("host")) == 4
        vms = [db.get("VM", vm) for vm in db.refs("VM")]
        crowd = [vm for vm in vms if vm["name_label"].startswith("vm")]
        assert len(crowd) == 30
        assert all(vm["VBDs"] and vm["VIFs"] for vm in crowd)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("vms = 3", "vms: "),
        ("[[vms]]\nnam = 'x'", "vms[0].nam: "),
        ("[[vms]]\nname = ''", "vms[0].name: "),
        ("[[vms]]\nname = 'a'\nmemory = 'much'", "vms[0].memory: "),
        ("[[vms]]\nname = 'a'\nmemory = true", "vms[0].memory: "),
        ("[[vms]]\nname = 'a'\nmemory = -1", "vms[0].memory: "),
        ("[[vms]]\nname = 'a'\nstate = 'On'", "vms[0].state: "),
        ("[[vms]]\nname = 'a'\ncount = 2", "{n}"),
        ("[[vms]]\nname = 'a'\nhost = 'xs9'", 'no host is named "xs9"; there are: xs1'),
        ("[[vms]]\nname = 'a'\ninterfaces = [{network = 'n'}]", "vms[0].interfaces[0].network: "),
        ("[[vms]]\nname = 'a'\ninterfaces = [{mac = '1'}]", "vms[0].interfaces[0].mac: "),
        ("[[vms]]\nname = 'a'\ndrives = [{iso = 'i'}]", "vms[0].drives[0].iso: "),
        ("[[vms]]\nname = 'a'\ndisks = [{device = '999'}]", "vms[0].disks[0].device: "),
        ("[[vms]]\nname = 'a'\ndisks = [{device = '3'}]\ndrives = [{}]", '"3" is there 2 times'),
        ("[[vms]]\nname = 'a'\nblocked_operations = {fly = 'no'}", "blocked_operations"),
        ("[[storage]]\nname = 's'\ntype = 'floppy'", "storage[0].type: "),
        ("[[storage]]\nname = 's'\nhosts = ['h']", 'storage[0].hosts[0]: no host is named "h"'),
        (TWO_HOSTS + "[[storage]]\nname = 's'\ntype = 'lvm'", "storage[0]: is not shared"),
        ("[[hosts]]\nname='a'\n[[hosts]]\nname='a'", 'hosts: "a" is there 2 times'),
        ("hosts = []", "hosts: "),
        ("[[networks]]\nname = 'n'", "networks: "),
        (MANAGEMENT + "[[networks]]\nname='v'\ndevice='eth7'\nvlan=3", "networks[1].device: "),
        ("[[vms]]\nname = 'a'\nmemory = '8 TiB'\nstate = 'Running'", 'vms[0]: "a": NO_HOSTS'),
        ("[[do]]\ndo = 'dance'", "do[0]: "),
        ("[[do]]\nwhat = 'hold'", "do[0]: "),
        ("[[storage]]\nname = 's'\ntype = ['nfs']", "storage[0].type: "),
        ("[[vms]]\nname = 'a'\ndisks = [{device = []}]", "vms[0].disks[0].device: "),
        ("[[vms]]\nname = 'a'\ninterfaces = [{mac = 1}]", "vms[0].interfaces[0].mac: "),
        ("[[vms]]\nname = 'a'\nvcpus = 99999999999999999999", "vms[0].vcpus: "),
        ("[[vms]]\nname = 'a'\nmemory = '99999999999999 TiB'", "vms[0].memory: "),
        ("release = []", "release: "),
        ("[[do]]\ndo = 'guest'\naddress = 'x'", "do[0]: address"),
        ("not toml", "line 1"),
    ],
)  # fmt: skip  # a table, read by its columns
def test_what_is_wrong_is_reported_by_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, reported: str
) -> None:
    """With exit code 2, and the name of the file where it is the file's fault."""
    file = tmp_path / "wrong.toml"
    file.write_text(text)

    assert main(["--pool", str(file)]) == 2

    assert reported in capsys.readouterr().err


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is served."""
    assert main(["--pool", str(tmp_path / "none.toml")]) == 2

    assert "none.toml" in capsys.readouterr().err


def test_a_wrong_command_of_the_command_line_is_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nothing is served either."""
    assert main(["--do", '{"do": "guest", "shutdown": "later"}']) == 2

    assert "shutdown" in capsys.readouterr().err
