"""Which fields of which class hold references or integers; taken from the published data model.

Small on purpose: only the classes that xenflow uses. A test compares it with the whole data model.
"""

_REFERENCES = {
    "VM": """
        suspend_VDI:VDI resident_on:host scheduled_to_be_resident_on:host affinity:host
        consoles:console VIFs:VIF VBDs:VBD VUSBs:VUSB crash_dumps:crashdump VTPMs:VTPM
        metrics:VM_metrics guest_metrics:VM_guest_metrics snapshot_of:VM snapshots:VM blobs:blob
        parent:VM children:VM protection_policy:VMPP snapshot_schedule:VMSS
        appliance:VM_appliance VGPUs:VGPU attached_PCIs:PCI suspend_SR:SR
        """,
    "host": """
        resident_VMs:VM PIFs:PIF suspend_image_sr:SR crash_dump_sr:SR crashdumps:host_crashdump
        patches:host_patch updates:pool_update PBDs:PBD host_CPUs:host_cpu metrics:host_metrics
        blobs:blob local_cache_sr:SR PCIs:PCI PGPUs:PGPU PUSBs:PUSB control_domain:VM
        updates_requiring_reboot:pool_update features:Feature certificates:Certificate
        """,
    "PIF": """
        network:network host:host metrics:PIF_metrics bond_slave_of:Bond bond_master_of:Bond
        VLAN_master_of:VLAN VLAN_slave_of:VLAN tunnel_access_PIF_of:tunnel
        tunnel_transport_PIF_of:tunnel sriov_physical_PIF_of:network_sriov
        sriov_logical_PIF_of:network_sriov PCI:PCI
        """,
    "VIF": "network:network VM:VM metrics:VIF_metrics",
    "network": "VIFs:VIF PIFs:PIF blobs:blob",
    "SR": "VDIs:VDI PBDs:PBD blobs:blob introduced_by:DR_task",
    "VBD": "VM:VM VDI:VDI metrics:VBD_metrics",
    "VDI": """
        SR:SR VBDs:VBD crash_dumps:crashdump parent:VDI snapshot_of:VDI snapshots:VDI
        metadata_of_pool:pool
        """,
    "PBD": "host:host SR:SR",
    "task": "resident_on:host subtask_of:task subtasks:task",
    "pool": """
        master:host default_SR:SR suspend_image_SR:SR crash_dump_SR:SR blobs:blob redo_log_vdi:VDI
        metadata_VDIs:VDI repositories:Repository repository_proxy_password:secret
        telemetry_uuid:secret
        """,
}
_INTEGERS = {
    "VM": """
        user_version memory_overhead memory_target memory_static_max memory_dynamic_max
        memory_dynamic_min memory_static_min VCPUs_max VCPUs_at_startup domid start_delay
        shutdown_delay order version hardware_platform_version
        """,
    "VM_metrics": "memory_actual VCPUs_number",
    "host": """
        memory_overhead API_version_major API_version_minor virtual_hardware_platform_versions
        """,
    "host_metrics": "memory_total memory_free",
    "PIF": "MTU VLAN",
    "VIF": "MTU status_code",
    "network": "MTU",
    "SR": "virtual_allocation physical_utilisation physical_size",
    "VBD": "status_code",
    "VDI": "virtual_size physical_utilisation",
    "VLAN": "tag",
    "pool": """
        ha_host_failures_to_tolerate ha_plan_exists_for local_auth_max_threads
        ext_auth_max_threads update_sync_day
        """,
}

REFERENCES = {
    cls: dict(pair.split(":") for pair in text.split()) for cls, text in _REFERENCES.items()
}
"""Class -> field -> class of the reference, or of each reference in a list or a map's values."""

INTEGERS = {cls: frozenset(text.split()) for cls, text in _INTEGERS.items()}
"""Class -> fields that are an integer or a list of integers."""

KEYS = {"assigned_ips": "VIF", "current_operations": "task"}
"""Field -> class of the references that are the keys of its map."""

INTEGER_ANSWERS = frozenset(
    {
        "VM.compute_memory_overhead",
        "VM.maximise_memory",
        "host.compute_free_memory",
        "host.compute_memory_overhead",
    }
)
"""Methods, other than getters, that answer with an integer."""
