"""Another service, run by a Python that has nothing of ours: Celery, an address, names.

    python -I -S bare_client.py SITE_PACKAGES REDIS_URL NAME

Prints what it was answered, as one JSON object.
"""

import importlib.util
import json
import sys

sys.path.append(sys.argv[1])  # no .pth file is read, so an editable install of ours is not there

from celery import Celery, chain

OURS = ("canvases", "config", "simulator", "tasks", "workers", "xenserver")
TIMEOUT = 60.0  # seconds


def main(url: str, name: str) -> None:
    """Send an operation, a chain that feeds, and a flow; print the answers."""
    assert not any(map(importlib.util.find_spec, OURS)), sys.path
    app = Celery("bare", broker=url, backend=url)
    clone = app.send_task(
        "xenserver.vm.clone", kwargs={"vm": "blank", "name": f"{name}-clone"}, queue="change"
    )
    made = app.signature("xenserver.vm.clone", kwargs={"vm": "deb12", "name": f"{name}-fed"})
    installed = app.signature(
        "xenserver.vm.install", kwargs={"feed": {"template": "uuid"}, "in_place": True}
    )
    chained = chain(made, installed).apply_async()
    flow = app.send_task(
        "flow.create_vm_from_configured_template",
        kwargs={"template": "deb12", "name": f"{name}-flow"},
    )
    results = {"clone": clone, "chain": chained, "flow": flow}
    answers = {key: result.get(timeout=TIMEOUT) for key, result in results.items()}
    json.dump(answers, sys.stdout)


main(*sys.argv[2:])
