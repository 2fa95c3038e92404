"""A VM's domain on a host: database changes at start, reboot, migration and shutdown."""

from simulator import back_end, guests, memory, sexpr, slots
from simulator.pool import Pool
from simulator.rules import vm as vm_rules
from simulator.rules.view import records
from simulator.tables import NULL, Database, Record

NO_DOMAIN = -1


def prepare(pool: Pool, vm: str, host: str) -> None:
    """Reserve memory on a host for a VM."""
    _ensure_metrics(pool.db, vm)
    pool.db.put("VM", vm, scheduled_to_be_resident_on=host)
    memory.reserve(pool.db, vm, host)


def abandon(pool: Pool, vm: str, host: str) -> None:
    """Release the reservation of a VM that did not start."""
    if pool.db.exists("VM", vm):
        memory.release(pool.db, vm, host)
        pool.db.put("VM", vm, scheduled_to_be_resident_on=NULL)


def forget_guest(db: Database, vm: str) -> None:
    """Delete the guest metrics of a VM's last domain."""
    metrics = db.get("VM", vm)["guest_metrics"]
    if db.exists("VM_guest_metrics", metrics):
        db.destroy("VM_guest_metrics", metrics)
    db.put("VM", vm, guest_metrics=NULL)


def bring_up(pool: Pool, vm: str, host: str, *, paused: bool) -> None:
    """Start a VM's domain on its reserved host and attach the devices."""
    _attach_devices(pool.db, vm)
    _write_metrics(pool, vm)
    _make_consoles(pool.db, vm, host)
    pool.db.put(
        "VM",
        vm,
        domid=_next_domid(pool, host),
        resident_on=host,
        scheduled_to_be_resident_on=NULL,
        power_state="Paused" if paused else "Running",
    )
    _meet_guest(pool, vm)


def reboot(pool: Pool, vm: str) -> None:
    """Return a live VM a new domain on its host."""
    forget_guest(pool.db, vm)
    bring_up(pool, vm, pool.db.get("VM", vm)["resident_on"], paused=False)


def move(pool: Pool, vm: str, host: str) -> None:
    """Move a running VM to another host, or to a new domain on its own."""
    db = pool.db
    source = db.get("VM", vm)["resident_on"]
    memory.give(db, vm, source)
    _make_consoles(db, vm, host)
    db.put("VM", vm, resident_on=host, domid=_next_domid(pool, host))


def halt(pool: Pool, vm: str) -> None:
    """End a VM's domain, devices detached."""
    detach_devices(pool, vm)
    _leave(pool.db, vm, "Halted")


def suspend(pool: Pool, vm: str, image: str) -> None:
    """End a VM's domain and keep its memory in an image; devices stay attached."""
    kept = sexpr.dumps(pool.db.get("VM", vm))
    pool.db.put("VM", vm, suspend_VDI=image, last_booted_record=kept)
    _leave(pool.db, vm, "Suspended")


def detach_devices(pool: Pool, vm: str) -> None:
    """Mark every device of a VM as detached."""
    record = pool.db.get("VM", vm)
    for ref, _ in records(pool.db, "VBD", record["VBDs"]):
        detach_disk(pool, ref)
    for ref, _ in records(pool.db, "VIF", record["VIFs"]):
        pool.db.put("VIF", ref, currently_attached=False)


def detach_disk(pool: Pool, vbd: str) -> None:
    """Mark a drive as detached."""
    record = pool.db.get("VBD", vbd)
    if record["currently_attached"]:
        pool.db.put("VBD", vbd, currently_attached=False)
        back_end.detached(pool, record["VDI"])


def attach_disk(db: Database, vbd: str) -> None:
    """Mark a drive as attached, under the name that the guest sees."""
    number = slots.drive_number(db.get("VBD", vbd)["userdevice"])
    name = "fda" if number is None else slots.drive_name(number)
    db.put("VBD", vbd, currently_attached=True, device=name)


def _attach_devices(db: Database, vm: str) -> None:
    hvm = vm_rules.domain_type(db.get("VM", vm)) == "hvm"
    for ref, vbd in records(db, "VBD", db.get("VM", vm)["VBDs"]):
        if hvm or not vbd["empty"]:
            attach_disk(db, ref)
    for ref, _ in records(db, "VIF", db.get("VM", vm)["VIFs"]):
        db.put("VIF", ref, currently_attached=True)


def _leave(db: Database, vm: str, state: str) -> None:
    record = db.get("VM", vm)
    if db.exists("host", record["resident_on"]):
        memory.release(db, vm, record["resident_on"])
    for console in list(record["consoles"]):
        db.destroy("console", console)
    db.put("VM", vm, power_state=state, resident_on=NULL, domid=NO_DOMAIN)


def _ensure_metrics(db: Database, vm: str) -> None:
    if not db.exists("VM_metrics", db.get("VM", vm)["metrics"]):
        db.put("VM", vm, metrics=db.create("VM_metrics"))


def _write_metrics(pool: Pool, vm: str) -> None:
    record = pool.db.get("VM", vm)
    kind = vm_rules.domain_type(record)
    pool.db.put(
        "VM_metrics",
        record["metrics"],
        VCPUs_number=record["VCPUs_at_startup"],
        VCPUs_params=record["VCPUs_params"],
        start_time=pool.clock.iso(),
        last_updated=pool.clock.iso(),
        hvm=kind == "hvm",
        current_domain_type=kind,
    )


def _meet_guest(pool: Pool, vm: str) -> None:
    if not pool.db.exists("VM_guest_metrics", pool.db.get("VM", vm)["guest_metrics"]):
        fresh = pool.db.create("VM_guest_metrics", last_updated=pool.clock.iso())
        pool.db.put("VM", vm, guest_metrics=fresh)
    guests.boot(pool, vm)


def _next_domid(pool: Pool, host: str) -> int:
    pool.counters[f"domid {host}"] += 1
    return pool.counters[f"domid {host}"]


def _make_consoles(db: Database, vm: str, host: str) -> None:
    for console in list(db.get("VM", vm)["consoles"]):
        db.destroy("console", console)
    address = db.get("host", host)["address"]
    for protocol in _console_protocols(db.get("VM", vm)):
        uuid = db.new_uuid("console")
        location = f"https://{address}/console?uuid={uuid}"
        db.create("console", uuid=uuid, protocol=protocol, location=location, VM=vm)


def _console_protocols(vm: Record) -> tuple[str, ...]:
    """Return a screen for HVM; a terminal is shown as a screen, and as the text that it is."""
    return ("rfb",) if vm_rules.domain_type(vm) == "hvm" else ("rfb", "vt100")
