"""Messages about VMs, with the bodies that the toolstack writes (message_forwarding.ml)."""

from simulator.call import Call
from simulator.tables import Database


def add(call: Call, vm: str, name: str, event: str) -> None:
    """Create a message about a VM, such as VM_STARTED, that says what has happened to it."""
    record = call.db.get("VM", vm)
    call.create_message(name, "VM", record["uuid"], f"VM '{record['name_label']}' {event}")


def add_on_host(call: Call, vm: str, name: str, event: str) -> None:
    """Create a message that names the host where a VM is now."""
    host = call.db.get("VM", vm)["resident_on"]
    add(call, vm, name, f"{event} on {host_text(call.db, host)}")


def host_text(db: Database, host: str) -> str:
    """Return a host as bodies name it."""
    record = db.get("host", host)
    return f"host: {record['name_label']} (uuid: {record['uuid']})"
