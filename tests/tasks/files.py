"""Files that XenServer fetches: a web server of the tests, and VMs in files."""

import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from simulator import bundles
from tests.tasks.fixtures import GIB, Maker, fresh

_contents: dict[str, bytes] = {}


class _Handler(BaseHTTPRequestHandler):
    """Answers with the content of a path."""

    def do_GET(self) -> None:
        """Answer a request."""
        content = _contents.get(self.path)
        self.send_response(200 if content is not None else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@cache
def _server() -> str:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def serve(content: bytes) -> str:
    """Return a URL at which a content is."""
    path = f"/{fresh()}"
    _contents[path] = content
    return _server() + path


def bundle(maker: Maker, *, name: str = "imported") -> dict[str, Any]:
    """Return a VM with a disk and an interface, as a file has it."""
    record = maker.record("VM", maker.named("VM", "web02"))
    machine = {k: v for k, v in record.items() if "OpaqueRef" not in str(v)}
    for field in ("allowed_operations", "current_operations", "domid", "power_state"):
        machine.pop(field)
    device = {"userdevice": "0", "type": "Disk", "mode": "RW", "bootable": True, "other_config": {}}
    disk = {"name_label": f"{name} disk", "virtual_size": GIB, "type": "user", "other_config": {}}
    flags = {"sharable": False, "read_only": False, "tags": [], "xenstore_data": {}}
    port = {"device": "0", "MAC": "02:00:00:00:00:01", "MTU": 1500, "other_config": {}}
    return {
        "VM": {**machine, "name_label": name, "uuid": "5e3f0000-0000-4000-8000-00000000beef"},
        "drives": [{"device": device, "VDI": "", "disk": {**disk, **flags}}],
        "interfaces": [{"ref": "", "device": port, "network": "lab", "bridge": ""}],
    }


def xva(maker: Maker, *, name: str = "imported") -> str:
    """Return the URL of a VM in a file."""
    return serve(bundles.write(bundle(maker, name=name)))
