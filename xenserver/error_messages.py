"""The message of each error: the problem, and the next step.

`{0}` is the first parameter that XenServer gives. Where a template names more parameters than came
(older servers give fewer), the parameters are listed instead.
"""

from collections.abc import Sequence


def render(code: str, params: Sequence[str]) -> str:
    """Return the message of an error, with its code in parentheses at the end."""
    return f"{_sentence(code, params)} ({code})"


def template(code: str) -> str:
    """Return the template of a code, or nothing if XenServer's own text is used."""
    return _TEMPLATES.get(code, "")


def _sentence(code: str, params: Sequence[str]) -> str:
    if code == _NOT_ALLOWED and any("attached" in param for param in params):
        return f"{_general(code, params)}; unplug it first, or destroy it with unplug"
    try:
        return _TEMPLATES[code].format(*map(_Param, params))
    except (KeyError, IndexError):
        return _general(code, params)


def _general(code: str, params: Sequence[str]) -> str:
    text = ", ".join(param for param in params if param)
    if code.startswith("SR_BACKEND_FAILURE_"):
        return f"the storage behind the SR failed: {text}; see SMlog on the host that did it"
    return f"XenServer answered: {text}" if text else "XenServer gave no details"


_NOT_ALLOWED = "OPERATION_NOT_ALLOWED"


class _Param(str):
    """A parameter that can also be formatted as a choice: `{1:or}` makes "a, b" into "a or b"."""

    __slots__ = ()

    def __format__(self, form: str) -> str:
        return " or ".join(self.rsplit(", ", 1)) if form == "or" else str(self)


_TEMPLATES = {
    # The VM's state
    "VM_BAD_POWER_STATE": "VM {0} is {2}; it must be {1:or}",
    "VM_IS_TEMPLATE": "{0} is a template, which does not allow {1}; make a VM of it first",
    "VM_IS_SNAPSHOT": "{0} is a snapshot, which does not allow {1}; revert to it or clone it",
    "VM_LACKS_FEATURE": "the guest of VM {0} cannot do that: install its guest tools, or use force",
    "VM_MISSING_PV_DRIVERS": "VM {0} runs without guest drivers; install its guest tools",
    "VM_OLD_PV_DRIVERS": "the guest drivers of VM {0} are too old; update its guest tools",
    "VM_NON_SUSPENDABLE": "the guest of VM {0} cannot be suspended: {1}",
    "VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT": "the guest of VM {0} did not answer; use force",
    "VM_FAILED_SUSPEND_ACKNOWLEDGMENT": "the guest of VM {0} did not answer; look at its console",
    "VM_SHUTDOWN_TIMEOUT": "VM {0} did not shut down within {1} s; use force",
    "VM_REBOOT_TIMEOUT": "VM {0} did not reboot within {1} s; use force",
    "VM_SUSPEND_TIMEOUT": "VM {0} did not suspend within {1} s; look at its console",
    "VM_NO_SUSPEND_SR": "no SR is set for the memory of VM {0}; set a suspend SR on the pool",
    "VM_HAS_NO_SUSPEND_VDI": "the suspend image of {1} is gone; the VM is halted now, start it",
    "VM_CANNOT_DELETE_DEFAULT_TEMPLATE": "a template that XenServer ships cannot be destroyed",
    "VM_IS_PROTECTED": "VM {0} is protected by high availability; remove the protection first",
    "VM_IS_IMMOBILE": "VM {0} is configured not to move",
    "VM_HAS_PCI_ATTACHED": "VM {0} has a PCI device; detach it first",
    "VM_HAS_VGPU": "VM {0} has a virtual GPU; remove it first",
    "VM_HAS_VUSBS": "VM {0} has USB devices; remove them first",
    "VM_IS_PART_OF_AN_APPLIANCE": "VM {0} belongs to appliance {1}; remove it from there first",
    "VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE": "VM {0} is in snapshot schedule {1}; take it out first",
    "VM_REVERT_FAILED": "could not revert to {0}; check that it is a snapshot",
    "VM_CHECKPOINT_SUSPEND_FAILED": "VM {0} did not suspend for its checkpoint; see its console",
    "VM_CHECKPOINT_RESUME_FAILED": "VM {0} did not resume after its checkpoint; resume it",
    "VM_MIGRATE_FAILED": "VM {0} could not be moved from {1} to {2}: {3}",
    "VM_HAS_TOO_MANY_SNAPSHOTS": "VM {0} has too many snapshots; destroy some first",
    "BOOTLOADER_FAILED": "the boot loader of VM {0} failed: {1}; check its boot disk and kernel",
    "UNKNOWN_BOOTLOADER": "VM {0} has a boot loader that this host does not know: {1}",
    "DUPLICATE_VM": "VM {0} is in the pool already; import it without full_restore",
    # Moves between pools, and files
    "HOST_HAS_NO_MANAGEMENT_IP": "a host has no address on its management interface",
    "IMPORT_ERROR_GENERIC": "the file cannot be imported: {0}",
    "IMPORT_ERROR_PREMATURE_EOF": "the file ends too early; export it again",
    "IMPORT_ERROR_SOME_CHECKSUMS_FAILED": "the file is damaged: checksums differ; export it again",
    "IMPORT_ERROR_UNEXPECTED_FILE": "{1} is in the file where {0} is expected; export it again",
    "MIRROR_FAILED": "disk {0} could not be mirrored; see whether it and its storage are in use",
    "SR_DOES_NOT_SUPPORT_MIGRATION": "SR {0} does not allow its disks to move; halt the VM first",
    "TOO_MANY_STORAGE_MIGRATES": "no more than {0} disks can move at once; send it again later",
    "VDI_NOT_IN_MAP": "no SR is given for disk {0}; name one",
    "VDI_NOT_SPARSE": "disk {0} is not sparse, so its changes cannot be listed",
    "VIF_NOT_IN_MAP": "no network is given for interface {0}; name one",
    "PROVISION_ONLY_ALLOWED_ON_TEMPLATE": "only a template can be installed; name a template",
    "REVERT_ONLY_ALLOWED_ON_SNAPSHOT": "only a snapshot can be reverted to; name a snapshot",
    "OPERATION_BLOCKED": "{0} is locked against this by its blocked_operations: {1}",
    "OPERATION_NOT_ALLOWED": "XenServer does not allow it: {0}",
    # Hosts and capacity
    "VM_REQUIRES_SR": "VM {0} needs SR {1}, which that host does not see; choose another host",
    "VM_REQUIRES_NETWORK": "VM {0} needs network {1}, which that host lacks; choose another host",
    "VM_HVM_REQUIRED": "VM {0} needs hardware virtualisation; choose another host",
    "MEMORY_CONSTRAINT_VIOLATION": "the memory limits of the VM fit no host; set its memory anew",
    "HOST_CANNOT_ATTACH_NETWORK": "host {0} has no interface on network {1}; take another network",
    "HA_IS_ENABLED": "high availability uses it; disable that first",
    "HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN": (
        "high availability could not restart all protected VMs then; free memory on the hosts"
    ),
    "VM_INCOMPATIBLE_WITH_THIS_HOST": "VM {0} does not fit host {1}: {2}; choose another host",
    "NO_HOSTS_AVAILABLE": "no host can run it; check free memory, disabled hosts and SRs",
    "HOST_NOT_ENOUGH_FREE_MEMORY": (
        "the host lacks memory ({0} bytes needed, {1} free); free some, or choose another host"
    ),
    "HOST_NOT_ENOUGH_PCPUS": "the host has {1} CPUs, the VM wants {0}; give the VM fewer",
    "HOST_DISABLED": "host {0} is disabled; enable it, or choose another",
    "HOST_NOT_DISABLED": "the host is enabled; disable it first",
    "HOST_NOT_LIVE": "the host is down; start it, or choose another",
    "HOST_OFFLINE": "host {0} is offline; see whether it is up and reachable",
    "HOST_STILL_BOOTING": "the host is still starting; try again in some minutes",
    "HOST_EVACUATE_IN_PROGRESS": "host {0} is being evacuated; try again when that is done",
    "HOST_IS_SLAVE": "this host is a member of a pool whose coordinator is {0}; address that one",
    "HOST_IS_LIVE": "host {0} is alive; shut it down first",
    "CANNOT_CONTACT_HOST": "the pool lost contact with host {0}; see whether it is up",
    "SR_FULL": "the SR is full ({1} of {0} bytes asked); free space, or choose another SR",
    "SR_BACKEND_FAILURE_44": "the SR is full; free space, or choose another SR",
    "SR_BACKEND_FAILURE_47": "the storage behind the SR does not answer: {1}; look at its server",
    "SR_SUSPEND_SPACE_INSUFFICIENT": "SR {0} has no space for the VM's memory; free some",
    "LICENCE_RESTRICTION": "the pool's licence does not cover {0}",
    # Storage
    "SR_OPERATION_NOT_SUPPORTED": "{0} is on storage that cannot do this; use another SR",
    "SR_HAS_NO_PBDS": "SR {0} is not plugged on any host; plug it first",
    "SR_HAS_PBD": "SR {0} is still plugged; unplug it first",
    "SR_NOT_EMPTY": "the SR still contains disks; remove them first",
    "SR_INDESTRUCTIBLE": "SR {0} is marked as indestructible",
    "VDI_IN_USE": "disk {0} is in use; detach it first",
    "VDI_IS_NOT_ISO": "disk {0} is not a CD: a CD drive takes ISOs, from an SR of content type iso",
    "VDI_READONLY": "disk {0} is read-only; attach it with mode RO, or an ISO with type CD",
    "VDI_IS_A_PHYSICAL_DEVICE": "{0} is a physical device and cannot be destroyed",
    "VDI_IS_SHARABLE": "disk {0} is shared; a snapshot of it is not possible",
    "VDI_HAS_RRDS": "disk {0} holds the statistics of its SR and cannot be destroyed",
    "VDI_INCOMPATIBLE_TYPE": "{0} is of type {1}, which does not allow this; take another disk",
    "VDI_CBT_ENABLED": "changes of disk {0} are tracked; disable changed block tracking first",
    "VDI_NEEDS_VM_FOR_MIGRATE": "no VM has disk {0}; one that no VM uses is copied",
    "VDI_NOT_MANAGED": "disk {0} is not managed by XenServer",
    "VDI_TOO_SMALL": "disk {0} is too small: {1} bytes are needed",
    "VDI_MISSING": "disk {1} is gone from SR {0}; rescan the SR",
    "VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION": "a disk is reset at boot, which forbids this",
    # Devices
    "VBD_IS_EMPTY": "drive {0} is empty",
    "VBD_NOT_EMPTY": "drive {0} already holds a medium; eject it first",
    "VBD_NOT_REMOVABLE_MEDIA": "{0} takes no removable media; use a CD drive",
    "VBD_CDS_MUST_BE_READONLY": "a CD drive must have mode RO",
    "DISK_VBD_MUST_BE_READWRITE_FOR_HVM": "a disk of this VM must have mode RW: drive {0} has not",
    "VTPM_MAX_AMOUNT_REACHED": "a VM has at most {0} TPM, and this one has it",
    "VBD_NOT_UNPLUGGABLE": "{0} is marked as not unpluggable; shut the VM down instead",
    "VBD_TRAY_LOCKED": "the guest holds the tray of drive {0} locked; eject it in the guest",
    "DEVICE_ALREADY_ATTACHED": "{0} is already attached",
    "DEVICE_ALREADY_DETACHED": "{0} is already detached",
    "DEVICE_ALREADY_EXISTS": "device {0} is taken; choose another, or autodetect",
    "DEVICE_DETACH_REJECTED": "the guest holds {0} {1}; release it in the guest first",
    "DEVICE_DETACH_TIMEOUT": "the guest did not release {0} {1} in time; release it there first",
    "INVALID_DEVICE": "there is no device {0}; use a number, or autodetect",
    "MAC_INVALID": "{0} is not a MAC address; write it as six pairs of hex digits with colons",
    # Networks
    "BRIDGE_NAME_EXISTS": "a bridge named {0} exists; choose another name",
    "NETWORK_CONTAINS_VIF": "VMs are attached to the network (VIF {0}); detach them first",
    "VIF_IN_USE": "VIF {1} of network {0} is in use; unplug it first",
    "NETWORK_CONTAINS_PIF": (
        "the network is carried by {0}; a VLAN's network goes with remove_vlans, others stay"
    ),
    "CANNOT_DESTROY_SYSTEM_NETWORK": "{0} is a system network and cannot be destroyed",
    "NETWORK_ALREADY_CONNECTED": "the network already has PIF {1} on host {0}",
    "PIF_IS_VLAN": "{0} is itself a VLAN; choose a physical interface",
    "CANNOT_ADD_VLAN_TO_BOND_SLAVE": "{0} is part of a bond; choose the interface of the bond",
    "PIF_VLAN_EXISTS": "that VLAN exists on {0} already; use its network",
    "PIF_IS_MANAGEMENT_INTERFACE": "{0} is the host's management interface and cannot be removed",
    "VLAN_TAG_INVALID": "{0} is not a VLAN tag; use 0 to 4094",
    # Things and requests
    "HANDLE_INVALID": "the {0} {1} does not exist any more",
    "UUID_INVALID": "no {0} has the UUID {1}",
    "INVALID_VALUE": "{1} is not a valid value of {0}",
    "VALUE_NOT_SUPPORTED": "{1} is not supported for {0}: {2}",
    "MEMORY_CONSTRAINT_VIOLATION_ORDER": (
        "memory limits must be in ascending order: static min, dynamic min, dynamic max, static max"
    ),
    "MESSAGE_METHOD_UNKNOWN": "this XenServer does not know {0}; it may be too old",
    "MESSAGE_PARAMETER_COUNT_MISMATCH": "{0} takes {1} parameters on this server; {2} were given",
    "INTERNAL_ERROR": "XenServer had an internal error: {0}; see its log",
    "Fault": "XenServer cannot do that: {0}",
    # Who may
    "SESSION_AUTHENTICATION_FAILED": "XenServer refused {0}; check user and password",
    "SESSION_AUTHORIZATION_FAILED": "{0} may not log in here: {1}; ask the pool's administrator",
    "SESSION_INVALID": "the session ended; log in again",
    "RBAC_PERMISSION_DENIED": "the account may not do {0}; ask the pool's administrator for a role",
    "PERMISSION_DENIED": "XenServer does not permit that: {0}",
    # Waiting
    "OTHER_OPERATION_IN_PROGRESS": "{1} ({0}) is busy with another operation; try again later",
    "TOO_MANY_PENDING_TASKS": "too many calls wait in this pool; try again later",
    "TASK_CANCELLED": "the operation was cancelled in XenServer",
    # Our own
    "XENFLOW_AMBIGUOUS_NAME": "more than one {0} is named {1}; give the UUID",
    "XENFLOW_ANSWER_DELETED": (
        "{0} {1} has succeeded, but its large answer was deleted with its result; "
        "send it again under another id"
    ),
    "XENFLOW_ANSWER_LOST": "{0} was cut off before its answer; it may have happened, check first",
    "XENFLOW_NO_ANSWER": "{0} was not answered in time; it may have happened, check first",
    "XENFLOW_CANCELLED": "{0} was cancelled",
    "XENFLOW_CERTIFICATE_REFUSED": (
        "the certificate of {0} is not trusted ({1}); check ca_file or fingerprint of the target"
    ),
    "XENFLOW_MESSAGE_INVALID": "the message is wrong: {0}",
    "XENFLOW_NO_SUCH_OBJECT": "no {0} is named {1}",
    "XENFLOW_ID_TAKEN": "the id {0} is that of {1}, which was sent with another request",
    "XENFLOW_DISK_SHARED": "disk {0} is used by other VMs too; detach it from them first",
    "XENFLOW_DEFECT": "xenflow itself failed: {0}; please report it with the stack trace",
    "XENFLOW_GUEST_NO_ADDRESS": (
        "after {0} s the guest has no address that matches, it reports {1}; "
        "look at its network and at the DHCP server, or wait for another address"
    ),
    "XENFLOW_GUEST_SILENT": (
        "the guest reported nothing for {0} s: its guest tools are missing or not running; "
        "install them, or wait for `running` only"
    ),
    "XENFLOW_GUEST_STOPPED": "VM {1} is {0}, so its guest has no address; start it",
    "XENFLOW_GUEST_WITHOUT_TOOLS": (
        "{0} has no guest tools, so it reports no address; install them, or wait for `running` only"
    ),
    "XENFLOW_JOURNAL_KEY": (
        "the journal cannot hold {0}, and what it did before is not known: {1}, then send it again"
    ),
    "XENFLOW_NOT_BEGUN": "{0} was cancelled before it began",
    "XENFLOW_PASSWORD_NOT_SEALED": "the password was not sealed, so it was refused; seal it first",
    "XENFLOW_TAKEN_ELSEWHERE": (
        "a worker of another service took the message, does not know {0}, and dropped it; "
        "`xenflow doctor` names it: have it consume another queue, then send the message again"
    ),
    "XENFLOW_TARGET_WRONG": "the target cannot be used: {0}",
    "SR_BACKEND_FAILURE_79": "the storage cannot create a disk of that size: {1}",
    "XENFLOW_TEMPLATE_INVALID": "template {0} cannot be installed: it {1}",
    "XENFLOW_PASSWORD_MISSING": "no password for target {0}: {1}",
    "XENFLOW_REPLY_INVALID": "the server at {0} does not answer as XenServer does: {1}",
    "XENFLOW_REPLY_TOO_LARGE": "the answer of {0} is larger than {1} bytes; ask for less",
    "XENFLOW_TARGET_UNKNOWN": "the worker has no target {0}; add it to its file, and restart it",
    "XENFLOW_TIMED_OUT": "{0} took longer than {1} s; allow more, or check what delays it",
    "XENFLOW_UNREACHABLE": "{0} cannot be reached ({1}); check address, port and network",
    "XENFLOW_VANISHED": "XenServer lost track of {0}, and nothing shows how it ended; check there",
    "XENFLOW_WRONG_CLASS": "{1} is the UUID of a {2}, not of a {0}; give the UUID of a {0}",
}
