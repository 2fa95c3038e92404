"""Records of objects that belong together, each read once."""

from collections.abc import Iterable, Mapping
from typing import Any

from xenserver import errors, values
from xenserver.client import Xen

Record = Mapping[str, Any]


class Reader:
    """Reads records one by one and remembers them; what is gone has none."""

    def __init__(self, xen: Xen) -> None:
        self._xen = xen
        self._records: dict[str, Record | None] = {values.NULL: None}

    def record(self, cls: str, ref: str) -> Record:
        """Return the record of an object; raise Missing if it is gone."""
        found = self._known(cls, ref)
        if found is None:
            raise errors.from_api("HANDLE_INVALID", [cls, ref])
        return found

    def records(self, cls: str, refs: Iterable[str]) -> list[Record]:
        """Return the records of the objects that are there."""
        return [found for ref in refs if (found := self._known(cls, ref)) is not None]

    def exists(self, cls: str, ref: str) -> bool:
        """Return whether an object is there."""
        return self._known(cls, ref) is not None

    def _known(self, cls: str, ref: str) -> Record | None:
        if ref not in self._records:
            try:
                self._records[ref] = self._read(cls, ref)
            except errors.Missing:
                self._records[ref] = None
        return self._records[ref]

    def _read(self, cls: str, ref: str) -> Record:
        """Read a record; the calls are written out, for they are in the reference."""
        match cls:
            case "host":
                record = self._xen.host.get_record(ref)
            case "network":
                record = self._xen.network.get_record(ref)
            case "PBD":
                record = self._xen.PBD.get_record(ref)
            case "SR":
                record = self._xen.SR.get_record(ref)
            case "VBD":
                record = self._xen.VBD.get_record(ref)
            case "VIF":
                record = self._xen.VIF.get_record(ref)
            case "VDI":
                record = self._xen.VDI.get_record(ref)
            case _:
                record = self._xen.VM.get_record(ref)
        return record  # type: ignore[no-any-return]  # XenServer's answer, a record
