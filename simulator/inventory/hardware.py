"""What hosts say of their machine: processors, BIOS strings, chipset."""

from simulator.inventory.site import Site

_VENDOR = "GenuineIntel"
_MODEL_NAME = "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz"
_SPEED = 1995
_FLAGS = (
    "fpu de tsc msr pae mce cx8 apic sep mca cmov pat clflush acpi mmx fxsr sse sse2 ht syscall "
    "nx constant_tsc rep_good nopl nonstop_tsc cpuid pni pclmulqdq monitor est ssse3 fma cx16 "
    "sse4_1 sse4_2 movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm"
)
_FEATURES = "1fc9cbf5-f6f83203-2991cbf5-00000123-00000007-219c0b39-00000008-00000000-00001000"
_FEATURES_PV = "1fc9cbf5-f6d83203-2991cbf5-00000121-00000002-018c0b39-00000000-00000000-00001000"
_BIOS = {
    "bios-vendor": "Dell Inc.",
    "bios-version": "1.13.2",
    "system-manufacturer": "Dell Inc.",
    "system-product-name": "PowerEdge R650",
    "system-version": "",
    "baseboard-manufacturer": "Dell Inc.",
    "baseboard-product-name": "0PYXKY",
    "baseboard-version": "A04",
    "oem-1": "Xen",
    "oem-2": "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d",
    "oem-3": "Dell System",
    "hp-rombios": "",
}


def cpu_info(cpus: int) -> dict[str, str]:
    """Return a host's `cpu_info`; the pool has the part that its members share."""
    return {
        "cpu_count": str(cpus),
        "socket_count": "2",
        "vendor": _VENDOR,
        "speed": f"{_SPEED}.305",
        "modelname": _MODEL_NAME,
        "family": "6",
        "model": "106",
        "stepping": "6",
        "flags": _FLAGS,
        "features_pv": _FEATURES_PV,
        "features_hvm": _FEATURES,
        "features_hvm_host": _FEATURES,
        "features_pv_host": _FEATURES_PV,
    }


def pool_cpu_info(cpus: int, hosts: int) -> dict[str, str]:
    """Return the pool's `cpu_info`: the sums, and what all members can."""
    shown = ("vendor", "features_pv", "features_hvm", "features_hvm_host", "features_pv_host")
    whole = cpu_info(cpus)
    sums = {"cpu_count": str(cpus), "socket_count": str(2 * hosts)}
    return {**{name: whole[name] for name in shown}, **sums}


def bios_strings(name: str) -> dict[str, str]:
    """Return a host's BIOS strings; its serial numbers follow from its name."""
    serial = f"{sum(name.encode()) * 7919 % 0xFFFFFFF:07X}"
    serials = {"system-serial-number": serial, "baseboard-serial-number": f".{serial}.CN"}
    return {**_BIOS, **serials}


def create_processors(site: Site, host: str, cpus: int) -> None:
    """Create the processors of a host."""
    for number in range(cpus):
        site.db.create(
            "host_cpu",
            host=host,
            number=number,
            vendor=_VENDOR,
            speed=_SPEED,
            modelname=_MODEL_NAME,
            family=6,
            model=106,
            stepping="6",
            flags=_FLAGS,
        )
