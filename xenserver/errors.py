"""The errors of xenflow, one tree, sorted by what to do next.

    XenflowError
    ├── Refused        the request does not fit the state: change it, then send it again
    ├── Busy           the object is busy: ask again later, the same way
    ├── Missing        no such object: look again, under another name
    │   └── Ambiguous  several objects have the name: use a UUID
    ├── Unreachable    no answer from XenServer: the network or the host; it may pass
    ├── Denied         who we are, or what we may do: look at the account, role or certificate
    ├── Full           no room: add memory, disk or hosts, or free some
    ├── TimedOut       it took longer than allowed: look at what holds it, or allow more
    ├── Cancelled      it was cancelled
    └── Unknown        the answer alone does not show it: check XenServer and its log

Each carries XenServer's `code` and `params`, and a `message` for people. The three are
its `args` too, in that order and fit for JSON, so that an error survives a result backend unharmed.
Codes of our own begin with `XENFLOW_`.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from config import masking
from xenserver import error_messages

INVALID = "XENFLOW_MESSAGE_INVALID"
LONGEST_PARAM = 2_000  # characters: what XenServer says goes into logs, journal and answers
MOST_PARAMS = 200
LONGEST_MESSAGE = 10_000  # characters


class XenflowError(Exception):
    """Something that did not come about, with XenServer's code for it."""

    def __init__(self, code: str, params: Sequence[str] = (), message: str = "") -> None:
        self.code = masking.cut(code, LONGEST_PARAM)
        self.params = [masking.cut(str(param), LONGEST_PARAM) for param in params[:MOST_PARAMS]]
        text = message or error_messages.render(self.code, self.params)
        self.message = masking.cut(text, LONGEST_MESSAGE)
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

    @property
    def maybe_heard(self) -> bool:
        """True when the request may have had its effect, False when it surely had none."""
        return self.code in _MAYBE_HEARD


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


def from_api(code: str, params: Sequence[str], *, text: str | None = None) -> XenflowError:
    """Return a failure of XenServer (or of xenflow) as an error of the tree.

    `text` replaces the usual message; the code is appended.
    """
    return _class_of(code)(code, params, f"{text} ({code})" if text else "")


def invalid(*problems: str, text: str = "") -> Refused:
    """Return the refusal of a message; `text` is for people, and the problems by default.

    Each problem begins with its field.
    """
    described = text or "; ".join(problems)
    return Refused(INVALID, problems, f"the message is wrong: {described} ({INVALID})")


def with_names(error: XenflowError, names: Mapping[str, str]) -> XenflowError:
    """Return the same error, with names in place of references."""
    message = error.message
    for ref in sorted(names, key=len, reverse=True):
        message = message.replace(ref, names[ref])
    return type(error)(error.code, error.params, message)


def with_hint(error: XenflowError, hint: str) -> XenflowError:
    """Return the same error, with a further step before the code at the end of its message."""
    code = f" ({error.code})"
    message = f"{error.message.removesuffix(code)}; {hint}{code}"
    return type(error)(error.code, error.params, message)


def codes() -> Mapping[str, type[XenflowError]]:
    """Return every code that has its place in the tree, and its class."""
    return MappingProxyType(_CLASS_OF)


def is_known(code: str) -> bool:
    """Return whether the code has its place in the tree."""
    return code in _CLASS_OF


def _class_of(code: str) -> type[XenflowError]:
    known = _CLASS_OF.get(code)
    if known is None and code.startswith(("RBAC_", "AUTH_", "SESSION_")):
        return Denied
    return known or Unknown


_MAYBE_HEARD = frozenset(
    {
        "CANNOT_CONTACT_HOST",
        "XENFLOW_ANSWER_LOST",
        "XENFLOW_NO_ANSWER",
        "XENFLOW_REPLY_INVALID",
    }
)

_CODES: dict[type[XenflowError], str] = {
    Refused: """
        BOOTLOADER_FAILED BRIDGE_NAME_EXISTS BRIDGE_NOT_AVAILABLE CANNOT_ADD_TUNNEL_TO_BOND_SLAVE
        CANNOT_ADD_VLAN_TO_BOND_SLAVE CANNOT_DESTROY_DISASTER_RECOVERY_TASK
        CANNOT_DESTROY_SYSTEM_NETWORK CANNOT_EVACUATE_HOST CANNOT_PLUG_BOND_SLAVE CANNOT_PLUG_VIF
        CANNOT_RESET_CONTROL_DOMAIN CLUSTERING_ENABLED DEVICE_ALREADY_ATTACHED
        DEVICE_ALREADY_DETACHED DEVICE_ALREADY_EXISTS DEVICE_DETACH_REJECTED DEVICE_NOT_ATTACHED
        DISK_VBD_MUST_BE_READWRITE_FOR_HVM DOMAIN_EXISTS DUPLICATE_VM
        EVENT_FROM_TOKEN_PARSE_FAILURE FEATURE_REQUIRES_HVM FIELD_TYPE_ERROR Fault
        HA_CONSTRAINT_VIOLATION_NETWORK_NOT_SHARED HA_CONSTRAINT_VIOLATION_SR_NOT_SHARED
        HA_IS_ENABLED HA_NOT_ENABLED HA_OPERATION_WOULD_BREAK_FAILOVER_PLAN
        HOST_CANNOT_ATTACH_NETWORK HOST_DISABLED HOST_DISABLED_UNTIL_REBOOT HOST_HAS_RESIDENT_VMS
        HOST_IN_USE HOST_IS_LIVE HOST_NAME_INVALID HOST_NOT_DISABLED HOST_POWER_ON_NOT_CONFIGURED
        ILLEGAL_VBD_DEVICE IMPORT_ERROR_ATTACHED_DISKS_NOT_FOUND
        IMPORT_ERROR_CANNOT_HANDLE_CHUNKED IMPORT_ERROR_FAILED_TO_FIND_OBJECT IMPORT_ERROR_GENERIC
        IMPORT_ERROR_PREMATURE_EOF IMPORT_ERROR_SOME_CHECKSUMS_FAILED IMPORT_ERROR_UNEXPECTED_FILE
        IMPORT_INCOMPATIBLE_VERSION INVALID_DEVICE INVALID_VALUE IS_TUNNEL_ACCESS_PIF
        JOINING_HOST_CANNOT_CONTAIN_SHARED_SRS LICENCE_RESTRICTION LICENSE_PROCESSING_ERROR
        MAC_DOES_NOT_EXIST MAC_INVALID MAC_STILL_EXISTS MAP_DUPLICATE_KEY
        MEMORY_CONSTRAINT_VIOLATION MEMORY_CONSTRAINT_VIOLATION_MAXPIN
        MEMORY_CONSTRAINT_VIOLATION_ORDER MESSAGE_DEPRECATED MESSAGE_METHOD_UNKNOWN
        MESSAGE_PARAMETER_COUNT_MISMATCH MESSAGE_REMOVED NETWORK_ALREADY_CONNECTED
        NETWORK_CONTAINS_PIF NETWORK_CONTAINS_VIF NETWORK_INCOMPATIBLE_PURPOSES NOT_IMPLEMENTED
        NOT_SUPPORTED_DURING_UPGRADE OPENVSWITCH_NOT_ACTIVE OPERATION_BLOCKED
        OPERATION_NOT_ALLOWED PBD_EXISTS PIF_ALREADY_BONDED PIF_DEVICE_NOT_FOUND
        PIF_DOES_NOT_ALLOW_UNPLUG PIF_HAS_FCOE_SR_IN_USE PIF_HAS_NO_NETWORK_CONFIGURATION
        PIF_HAS_NO_V6_NETWORK_CONFIGURATION PIF_INCOMPATIBLE_PRIMARY_ADDRESS_TYPE
        PIF_IS_MANAGEMENT_INTERFACE PIF_IS_PHYSICAL PIF_IS_VLAN PIF_TUNNEL_STILL_EXISTS
        PIF_VLAN_EXISTS PIF_VLAN_STILL_EXISTS PROVISION_ONLY_ALLOWED_ON_TEMPLATE
        REQUIRED_PIF_IS_UNPLUGGED REVERT_ONLY_ALLOWED_ON_SNAPSHOT SESSION_NOT_REGISTERED
        SR_BACKEND_FAILURE_79 SR_HAS_MULTIPLE_PBDS SR_HAS_NO_PBDS SR_HAS_PBD SR_INDESTRUCTIBLE
        SR_IS_CACHE_SR
        SR_DOES_NOT_SUPPORT_MIGRATION
        SR_NOT_ATTACHED SR_NOT_EMPTY SR_NOT_SHARABLE SR_OPERATION_NOT_SUPPORTED
        SR_REQUIRES_UPGRADE SR_UNKNOWN_DRIVER SR_UUID_EXISTS SR_VDI_LOCKING_FAILED
        TRANSPORT_PIF_NOT_CONFIGURED UNKNOWN_BOOTLOADER VALUE_NOT_SUPPORTED
        VBD_CDS_MUST_BE_READONLY VBD_IS_EMPTY VBD_NOT_EMPTY VBD_NOT_REMOVABLE_MEDIA
        VBD_NOT_UNPLUGGABLE VBD_TRAY_LOCKED VDI_CBT_ENABLED
        VDI_CONTAINS_METADATA_OF_THIS_POOL VDI_HAS_RRDS
        VDI_INCOMPATIBLE_TYPE VDI_IN_USE VDI_IS_A_PHYSICAL_DEVICE VDI_IS_ENCRYPTED VDI_IS_NOT_ISO
        VDI_IS_SHARABLE VDI_LOCATION_MISSING VDI_NEEDS_VM_FOR_MIGRATE VDI_NOT_IN_MAP
        VDI_NOT_MANAGED VDI_NOT_SPARSE VDI_NO_CBT_METADATA
        VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION VDI_READONLY VDI_TOO_LARGE VDI_TOO_SMALL
        VIF_IN_USE VIF_NOT_IN_MAP VLAN_IN_USE VLAN_TAG_INVALID VM_ASSIGNED_TO_SNAPSHOT_SCHEDULE
        VM_BAD_POWER_STATE VM_BIOS_STRINGS_ALREADY_SET VM_CANNOT_DELETE_DEFAULT_TEMPLATE
        VM_DUPLICATE_VBD_DEVICE VM_FAILED_SHUTDOWN_ACKNOWLEDGMENT VM_FAILED_SUSPEND_ACKNOWLEDGMENT
        VM_HAS_CHECKPOINT VM_HAS_NO_SUSPEND_VDI VM_HAS_PCI_ATTACHED VM_HAS_TOO_MANY_SNAPSHOTS
        VM_HAS_VGPU VM_HAS_VUSBS
        VM_HOST_INCOMPATIBLE_VERSION VM_HOST_INCOMPATIBLE_VERSION_MIGRATE
        VM_HOST_INCOMPATIBLE_VIRTUAL_HARDWARE_PLATFORM_VERSION VM_HVM_REQUIRED
        VM_INCOMPATIBLE_WITH_THIS_HOST VM_IS_IMMOBILE VM_IS_PART_OF_AN_APPLIANCE VM_IS_PROTECTED
        VM_IS_SNAPSHOT VM_IS_TEMPLATE VM_IS_USING_NESTED_VIRT VM_LACKS_FEATURE
        VM_LACKS_FEATURE_SHUTDOWN VM_LACKS_FEATURE_STATIC_IP_SETTING VM_LACKS_FEATURE_SUSPEND
        VM_LACKS_FEATURE_VCPU_HOTPLUG VM_MEMORY_SIZE_TOO_LOW VM_MIGRATE_FAILED
        VM_MISSING_PV_DRIVERS VM_NON_SUSPENDABLE VM_NO_CRASHDUMP_SR VM_NO_SUSPEND_SR VM_NO_VCPUS
        VM_OLD_PV_DRIVERS VM_REQUIRES_GPU VM_REQUIRES_IOMMU VM_REQUIRES_NETWORK VM_REQUIRES_SR
        VM_REQUIRES_VDI VM_REQUIRES_VGPU VM_REQUIRES_VUSB VM_SNAPSHOT_WITH_QUIESCE_NOT_SUPPORTED
        VM_UNSAFE_BOOT VTPM_MAX_AMOUNT_REACHED WRONG_DEVICE
        XENFLOW_DISK_SHARED XENFLOW_GUEST_NO_ADDRESS XENFLOW_ID_TAKEN
        XENFLOW_GUEST_SILENT XENFLOW_GUEST_STOPPED XENFLOW_GUEST_WITHOUT_TOOLS
        XENFLOW_MESSAGE_INVALID XENFLOW_PASSWORD_NOT_SEALED XENFLOW_REPLY_TOO_LARGE
        XENFLOW_TARGET_UNKNOWN XENFLOW_TARGET_WRONG XENFLOW_TEMPLATE_INVALID XENFLOW_WRONG_CLASS
        """,
    Busy: """
        HOST_EVACUATE_IN_PROGRESS HOST_IN_EMERGENCY_MODE HOST_STILL_BOOTING
        OTHER_OPERATION_IN_PROGRESS TOO_BUSY TOO_MANY_PENDING_TASKS
        TOO_MANY_STORAGE_MIGRATES
        """,
    Missing: """
        HANDLE_INVALID NETWORK_ABSENT PIF_NOT_ATTACHED_TO_HOST PIF_NOT_PRESENT UUID_INVALID
        VDI_MISSING XENFLOW_ANSWER_DELETED XENFLOW_NO_SUCH_OBJECT
        """,
    Ambiguous: "XENFLOW_AMBIGUOUS_NAME",
    Unreachable: """
        CANNOT_CONTACT_HOST HOST_HAS_NO_MANAGEMENT_IP HOST_IS_SLAVE HOST_NOT_LIVE HOST_OFFLINE
        HOST_UNKNOWN_TO_MASTER XENFLOW_ANSWER_LOST XENFLOW_NO_ANSWER XENFLOW_REPLY_INVALID
        XENFLOW_TAKEN_ELSEWHERE XENFLOW_UNREACHABLE
        """,
    Denied: """
        PERMISSION_DENIED RBAC_PERMISSION_DENIED SESSION_AUTHENTICATION_FAILED
        SESSION_AUTHORIZATION_FAILED SESSION_INVALID USER_IS_NOT_LOCAL_SUPERUSER
        XENFLOW_CERTIFICATE_REFUSED XENFLOW_PASSWORD_MISSING
        """,
    Full: """
        HOST_NOT_ENOUGH_FREE_MEMORY HOST_NOT_ENOUGH_PCPUS NETWORK_SRIOV_INSUFFICIENT_CAPACITY
        NO_HOSTS_AVAILABLE OUT_OF_SPACE SR_BACKEND_FAILURE_44 SR_FULL
        SR_SUSPEND_SPACE_INSUFFICIENT VM_TOO_MANY_VCPUS
        """,
    TimedOut: """
        DEVICE_ATTACH_TIMEOUT DEVICE_DETACH_TIMEOUT VM_REBOOT_TIMEOUT VM_SHUTDOWN_TIMEOUT
        VM_SNAPSHOT_WITH_QUIESCE_PLUGIN_DEOS_NOT_RESPOND VM_SNAPSHOT_WITH_QUIESCE_TIMEOUT
        VM_SUSPEND_TIMEOUT XENFLOW_TIMED_OUT
        """,
    Cancelled: "TASK_CANCELLED XENFLOW_CANCELLED XENFLOW_NOT_BEGUN",
    Unknown: """
        INTERNAL_ERROR MIRROR_FAILED OPERATION_PARTIALLY_FAILED VDI_COPY_FAILED
        VM_CHECKPOINT_RESUME_FAILED
        VM_CHECKPOINT_SUSPEND_FAILED VM_CRASHED VM_HALTED VM_REBOOTED VM_REVERT_FAILED
        VM_SNAPSHOT_FAILED VM_SNAPSHOT_WITH_QUIESCE_FAILED XENFLOW_DEFECT XENFLOW_VANISHED
        XENFLOW_JOURNAL_KEY
        """,
}
_CLASS_OF = {code: kind for kind, codes in _CODES.items() for code in codes.split()}
