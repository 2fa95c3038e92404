"""The preconditions of VM operations (ocaml/xapi/xapi_vm_lifecycle.ml)."""

from simulator import old_forms
from simulator.errors import Failure
from simulator.rules.view import Rule, View, busy, peek, records
from simulator.tables import Record

_HALTED = ("Halted",)
_RUNNING = ("Running",)
_LIVE = ("Paused", "Running")
_ANY = ("Halted", "Paused", "Suspended", "Running")

STATES: dict[str, tuple[str, ...]] = {
    "snapshot": _ANY,
    "clone": _HALTED,
    "copy": _HALTED,
    "revert": _ANY,
    "reverting": _ANY,
    "checkpoint": ("Paused", "Suspended", "Running"),
    "provision": _HALTED,
    "start": _HALTED,
    "start_on": _HALTED,
    "pause": _RUNNING,
    "unpause": ("Paused",),
    "clean_shutdown": _RUNNING,
    "clean_reboot": _RUNNING,
    "hard_shutdown": ("Paused", "Suspended", "Running"),
    "hard_reboot": _LIVE,
    "shutdown": ("Paused", "Suspended", "Running"),
    "suspend": _RUNNING,
    "resume": ("Suspended",),
    "resume_on": ("Suspended",),
    "csvm": ("Suspended",),
    "pool_migrate": _RUNNING,
    "migrate_send": ("Halted", "Suspended", "Running"),
    "send_sysrq": _RUNNING,
    "send_trigger": _RUNNING,
    "call_plugin": _RUNNING,
    "changing_memory_live": _RUNNING,
    "awaiting_memory_live": _RUNNING,
    "changing_dynamic_range": ("Halted", "Running"),
    "changing_static_range": _HALTED,
    "changing_memory_limits": _HALTED,
    "changing_shadow_memory": _HALTED,
    "changing_shadow_memory_live": _RUNNING,
    "changing_VCPUs": _HALTED,
    "changing_VCPUs_live": _RUNNING,
    "changing_NVRAM": _HALTED,
    "make_into_template": _HALTED,
    "export": ("Halted", "Suspended"),
    "metadata_export": _ANY,
    "destroy": ("Halted", "Suspended"),
    "create_vtpm": _HALTED,
    "power_state_reset": _ANY,
    "get_boot_record": ("Paused", "Suspended", "Running"),
    "query_services": _ANY,
    "data_source_op": _RUNNING,
    "snapshot_with_quiesce": _RUNNING,
    "create_template": ("Halted", "Suspended"),
    "assert_operation_valid": _ANY,
    "update_allowed_operations": _ANY,
    "import": (),
}
"""Operation to the power states that admit it, in the order in which a refusal names them."""

_UNLISTED = frozenset(
    {
        *("shutdown", "power_state_reset", "changing_VCPUs", "changing_memory_limits"),
        *("call_plugin", "send_sysrq", "send_trigger", "csvm", "reverting"),
        *("changing_memory_live", "awaiting_memory_live", "changing_shadow_memory_live"),
        *("get_boot_record", "query_services", "data_source_op", "snapshot_with_quiesce"),
        *("create_template", "assert_operation_valid", "update_allowed_operations", "import"),
    }
)
LISTED = tuple(op for op in STATES if op not in _UNLISTED)
"""The operations that `allowed_operations` may name."""

_COPIES = frozenset({"clone", "copy", "export"})
_SNAPSHOTS = frozenset({"snapshot", "checkpoint"})
_DURING_MIGRATION = frozenset({"metadata_export", "clean_shutdown", "clean_reboot"})
_FOR_TEMPLATES = frozenset(
    {
        *("clone", "copy", "export", "metadata_export", "provision"),
        *("changing_dynamic_range", "changing_static_range", "changing_memory_limits"),
        *("changing_shadow_memory", "changing_VCPUs", "changing_NVRAM"),
    }
)
_FOR_UNLISTED_TEMPLATES = frozenset({"destroy", "migrate_send"})
_FOR_SNAPSHOTS = frozenset(
    {"revert", "clone", "copy", "export", "metadata_export", "destroy", "hard_shutdown"}
)
_LIVE_IN_CONTROL_DOMAINS = frozenset(
    {"changing_VCPUs", "changing_static_range", "changing_memory_limits"}
)
_FOR_CONTROL_DOMAINS = _LIVE_IN_CONTROL_DOMAINS | {
    *("data_source_op", "metadata_export", "changing_memory_live", "awaiting_memory_live"),
    *("changing_dynamic_range", "start", "start_on", "destroy"),
}
_NOT_FOR_DOM0 = frozenset({"changing_VCPUs", "destroy"})
_MOVING = frozenset({"suspend", "checkpoint", "pool_migrate", "migrate_send"})
_READING_DISKS = frozenset({"snapshot", "checkpoint", "suspend"})
_FEATURES: dict[str, tuple[str, ...]] = {
    "clean_shutdown": ("feature-shutdown", "feature-poweroff"),
    "clean_reboot": ("feature-shutdown", "feature-reboot"),
    "changing_VCPUs_live": ("feature-vcpu-hotplug",),
} | dict.fromkeys(_MOVING, ("feature-suspend",))
_ATTACHMENTS = (
    ("attached_PCIs", "VM_HAS_PCI_ATTACHED", _MOVING),
    ("VGPUs", "VM_HAS_VGPU", frozenset({"snapshot", "checkpoint", "suspend"})),
    ("VUSBs", "VM_HAS_VUSBS", _MOVING | {"snapshot"}),
)


def is_system_domain(vm: Record) -> bool:
    """Return whether a VM serves other VMs: the control domain, or one marked so."""
    marked = vm["other_config"].get("is_system_domain") == "true"
    return bool(vm["is_control_domain"]) or marked


def is_hvm(view: View) -> bool:
    """Return whether a live VM was booted as HVM, or a halted one will be."""
    metrics = peek(view.db, "VM_metrics", view.record["metrics"])
    kind = metrics["current_domain_type"] if metrics and _is_live(view.record) else "unspecified"
    return domain_type(view.record) == "hvm" if kind == "unspecified" else kind == "hvm"


def domain_type(vm: Record) -> str:
    """Return the type of domain that a VM boots as."""
    if vm["domain_type"] != "unspecified":
        return str(vm["domain_type"])
    return "hvm" if vm["HVM_boot_policy"] else "pv"


def guest_refusal(view: View, op: str) -> Failure | None:
    """Refuse an operation that the guest does not report as supported."""
    if op not in _FEATURES or not _is_live(view.record) or not view.strict:
        return None
    agent = peek(view.db, "VM_guest_metrics", view.record["guest_metrics"])
    report: dict[str, str] = agent["other"] if agent else {}
    if op in _MOVING and "data-cant-suspend-reason" in report:
        return Failure("VM_NON_SUSPENDABLE", view.ref, report["data-cant-suspend-reason"])
    if not is_hvm(view) or (agent and agent["PV_drivers_version"]):
        return None
    release = view.db.model.release
    reported = any(report.get(feature) == "1" for feature in _FEATURES[op])
    able = reported and old_forms.asks_guests(release)
    return None if able else old_forms.unable(release, op, view.ref)


def _is_live(vm: Record) -> bool:
    return vm["power_state"] in _LIVE


def _blocked(view: View, op: str) -> Failure | None:
    reason = view.record["blocked_operations"].get(op)
    return None if reason is None else Failure("OPERATION_BLOCKED", view.ref, reason)


def _power_state(view: View, op: str) -> Failure | None:
    actual, expected = view.record["power_state"], STATES[op]
    if view.record["is_control_domain"] and op in _LIVE_IN_CONTROL_DOMAINS:
        expected = ("Halted", "Running")
    if op == "migrate_send" and not view.db.model.release.has(old_forms.MOVES_HALTED):
        expected = _RUNNING
    if actual in expected or (actual == "Suspended" and _clones_suspended(view, op)):
        return None
    wanted = ", ".join(state.lower() for state in expected)
    return Failure("VM_BAD_POWER_STATE", view.ref, wanted, actual.lower())


def _clones_suspended(view: View, op: str) -> bool:
    if op not in {"clone", "copy"}:
        return False
    pool = view.db.get("pool", view.db.refs("pool")[0])
    allowed = pool["other_config"].get("allow_clone_suspended_vm") == "true"
    return allowed or bool(view.record["is_a_snapshot"])


def _concurrent(view: View, op: str) -> Failure | None:
    current = view.record["current_operations"]
    if not current or _goes_together(op, set(current.values())):
        return None
    return busy("VM", view.ref, current)


def _goes_together(op: str, current: set[str]) -> bool:
    match op:
        case "hard_shutdown":
            return "hard_shutdown" not in current
        case "hard_reboot":
            return not current & {"hard_shutdown", "hard_reboot"}
        case _:
            return (
                (op in _COPIES and current <= _COPIES)
                or (op in _SNAPSHOTS and current <= _SNAPSHOTS)
                or (op == "get_boot_record" and current == {"get_boot_record"})
                or (op in _DURING_MIGRATION and current == {"migrate_send"})
            )


def _template(view: View, op: str) -> Failure | None:
    vm = view.record
    if not vm["is_a_template"] or vm["is_a_snapshot"] or op in _FOR_TEMPLATES:
        return None
    if op in _FOR_UNLISTED_TEMPLATES and not _is_default_template(vm):
        return None
    return Failure("VM_IS_TEMPLATE", view.ref, op)


def _is_default_template(vm: Record) -> bool:
    return bool(vm["is_default_template"]) or _is_set(vm["other_config"], "default_template")


def _is_set(config: dict[str, str], key: str) -> bool:
    value = config.get(key, "")
    return value == "1" or value.lower() == "true"


def _snapshot(view: View, op: str) -> Failure | None:
    if not view.record["is_a_snapshot"] or op in _FOR_SNAPSHOTS:
        return None
    return Failure("VM_IS_SNAPSHOT", view.ref, op)


def _special(view: View, op: str) -> Failure | None:
    if op == "provision" and not view.record["is_a_template"]:
        return Failure("PROVISION_ONLY_ALLOWED_ON_TEMPLATE")
    if op == "revert" and not view.record["is_a_snapshot"]:
        return Failure("REVERT_ONLY_ALLOWED_ON_SNAPSHOT")
    return None


def _immobile(view: View, op: str) -> Failure | None:
    platform = view.record["platform"]
    pinned = "true" in {platform.get("nomigrate"), platform.get("nested-virt")}
    if op not in _MOVING or not pinned or not view.strict or not _is_live(view.record):
        return None
    return Failure("VM_IS_IMMOBILE", view.ref)


def _nested(view: View, op: str) -> Failure | None:
    if op != "changing_dynamic_range" or not _is_live(view.record) or not view.strict:
        return None
    nested = _is_set(view.record["platform"], "nested-virt")
    return Failure("VM_IS_USING_NESTED_VIRT", view.ref) if nested else None


def _control_domain(view: View, op: str) -> Failure | None:
    if op in _NOT_FOR_DOM0 and view.db.where("host", control_domain=view.ref):
        return Failure("OPERATION_NOT_ALLOWED", "This operation is not allowed on dom0")
    if not view.record["is_control_domain"] or op in _FOR_CONTROL_DOMAINS:
        return None
    return Failure("OPERATION_NOT_ALLOWED", "This operation is not allowed on a control domain")


def _on_boot(view: View, op: str) -> Failure | None:
    if op not in _READING_DISKS:
        return None
    for _, vbd in records(view.db, "VBD", view.record["VBDs"]):
        disk = peek(view.db, "VDI", vbd["VDI"])
        if disk and disk["on_boot"] == "reset":
            return Failure("VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION")
    return None


def _attachments(view: View, op: str) -> Failure | None:
    for field, code, operations in _ATTACHMENTS:
        if op in operations and view.record[field]:
            return Failure(code, view.ref)
    return None


def _appointments(view: View, op: str) -> Failure | None:
    if op != "make_into_template":
        return None
    appliance, schedule = view.record["appliance"], view.record["snapshot_schedule"]
    if view.db.exists("VM_appliance", appliance):
        return Failure("VM_IS_PART_OF_AN_APPLIANCE", view.ref, appliance)
    if view.db.exists("VMSS", schedule):
        return Failure("VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE", view.ref, schedule)
    return None


def _services(view: View, op: str) -> Failure | None:
    if op != "query_services" or is_system_domain(view.record):
        return None
    return Failure("NOT_SYSTEM_DOMAIN", view.ref)


RULES: tuple[Rule, ...] = (
    _blocked,
    _power_state,
    _concurrent,
    _template,
    _snapshot,
    _special,
    _immobile,
    _nested,
    _control_domain,
    guest_refusal,
    _on_boot,
    _attachments,
    _appointments,
    _services,
)
"""The first that refuses is XenServer's answer."""
