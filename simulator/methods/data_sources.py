"""Data sources of hosts, VMs and repositories: names and the latest values."""

from simulator.call import Call
from simulator.errors import Failure
from simulator.methods import method
from simulator.tables import Record

_BYTES, _SHARE = "B", "(fraction)"
_SOURCES = {
    "host": {"cpu_avg": _SHARE, "memory_total_kib": "KiB", "memory_free_kib": "KiB"},
    "VM": {"cpu0": _SHARE, "memory": _BYTES, "memory_target": _BYTES},
    "SR": {"io_throughput_total": "MiB/s", "iops_total": "requests/s"},
}


def _register(cls: str) -> None:
    async def get_data_sources(call: Call, ref: str) -> list[Record]:
        return [_source(call, cls, ref, name) for name in _SOURCES[cls]]

    async def query_data_source(call: Call, ref: str, name: str) -> float:
        _assert_known(call, cls, ref, name)
        return _value(call, cls, ref, name)

    async def keep(call: Call, ref: str, name: str) -> None:
        _assert_known(call, cls, ref, name)

    method(f"{cls}.get_data_sources")(get_data_sources)
    method(f"{cls}.query_data_source")(query_data_source)
    method(f"{cls}.record_data_source")(keep)
    method(f"{cls}.forget_data_source_archives")(keep)


for _cls in _SOURCES:
    _register(_cls)


def _source(call: Call, cls: str, ref: str, name: str) -> Record:
    return {
        "name_label": name,
        "name_description": name.replace("_", " "),
        "enabled": True,
        "standard": True,
        "units": _SOURCES[cls][name],
        "min": 0.0,
        "max": float("1e18"),
        "value": _value(call, cls, ref, name),
    }


def _assert_known(call: Call, cls: str, ref: str, name: str) -> None:
    call.db.get(cls, ref)
    if name not in _SOURCES[cls]:
        raise Failure("INVALID_VALUE", "data_source", name)


def _value(call: Call, cls: str, ref: str, name: str) -> float:
    """Return what the database knows of a data source; simulated guests and disks are idle."""
    record = call.db.get(cls, ref)
    if cls == "VM" and name.startswith("memory"):
        live = record["power_state"] in {"Running", "Paused"}
        return float(record["memory_dynamic_max"]) if live else 0.0
    if cls == "host" and name.startswith("memory"):
        metrics = call.db.get("host_metrics", record["metrics"])
        return float(metrics[name.removesuffix("_kib")] >> 10)
    return 0.0
