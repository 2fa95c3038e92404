"""Xen Orchestra's client, unmodified, against the simulator.

These tests run where it is installed:

    npm install --prefix .cache/foreign_clients xen-api
"""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.foreign_clients import CLIENTS, run_command

XEN_API = CLIENTS / "node_modules/xen-api"

needs_xen_api = pytest.mark.skipif(
    not (shutil.which("node") and XEN_API.is_dir()),
    reason=f"needs node, and npm's package xen-api in {XEN_API}",
)


@needs_xen_api
@pytest.mark.parametrize("transport", ["json-rpc", "xml-rpc", "auto"])
def test_the_client_of_xen_orchestra_passes(served: Any, tmp_path: Path, transport: str) -> None:
    """It watches events, starts, takes a snapshot, makes a disk, and reads refusals."""
    script = Path(__file__).with_name("xen_orchestra_client.mjs")

    out = run_command(["node", str(script), str(XEN_API), served.url, transport], tmp_path)

    assert out == "done\n"
