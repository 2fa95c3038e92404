"""How long each method takes, in simulated seconds; `*` is for those not listed.

`guest.boot` is the time from a start to the first report of a guest's tools, `guest.acknowledge`
and `guest.shutdown` how long the toolstack waits for a guest that it asked to shut down. `ha.fence`
is the time from a host's death until high availability restarts its VMs, `pool.handover` that from
the answer of pool.designate_new_master, or of host.reboot for the coordinator, until the toolstack
restarts. `host.reboot` is the time from the answer until another host is back.
`session.refusal` is the pause before a login with a wrong name or password is refused.
`subtask.event` is the time until an operation notices the end of a subtask, `subtask.result` the
time until it has read its result: a sweep in between takes the subtask from under it.
"""

from types import MappingProxyType

DURATIONS = MappingProxyType(
    {
        "*": 0.5,
        "guest.boot": 5.0,
        "guest.acknowledge": 60.0,
        "guest.shutdown": 1200.0,
        "ha.fence": 60.0,
        "session.refusal": 5.0,
        "subtask.event": 0.0,
        "subtask.result": 0.0,
        "VM.create": 0.2,
        "VM.start": 3.0,
        "VM.start_on": 3.0,
        "VM.clean_shutdown": 5.0,
        "VM.clean_reboot": 8.0,
        "VM.hard_shutdown": 1.0,
        "VM.hard_reboot": 4.0,
        "VM.pause": 0.3,
        "VM.unpause": 0.3,
        "VM.suspend": 8.0,
        "VM.resume": 6.0,
        "VM.resume_on": 6.0,
        "VM.pool_migrate": 10.0,
        "VM.clone": 1.0,
        "VM.copy": 10.0,
        "VM.snapshot": 1.0,
        "VM.checkpoint": 12.0,
        "VM.revert": 5.0,
        "VM.provision": 1.0,
        "VM.destroy": 0.5,
        "VM.import": 10.0,
        "VM.migrate_send": 20.0,
        "VBD.plug": 1.0,
        "VBD.unplug": 1.0,
        "VIF.plug": 0.5,
        "VIF.unplug": 0.5,
        "VDI.create": 1.0,
        "VDI.destroy": 0.7,
        "VDI.resize": 1.0,
        "VDI.clone": 0.5,
        "VDI.snapshot": 0.5,
        "VDI.copy": 10.0,
        "SR.scan": 2.0,
        "SR.create": 5.0,
        "SR.destroy": 3.0,
        "host.evacuate": 2.0,
        "host.reboot": 60.0,
        "host.shutdown": 20.0,
        "host.power_on": 60.0,
        "pool.create_VLAN_from_PIF": 1.0,
        "pool.handover": 10.0,
        "VLAN.create": 0.7,
    }
)
