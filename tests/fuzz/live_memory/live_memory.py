"""A control command of workers under test: how many bytes of Python's memory they use.

The folder is that of own operations of such a worker. Resident memory tells nothing of a leak: it
grows by whatever was in hand at once, by garbage that waits for the collector, and by arenas that
are kept.
"""

import gc
import tracemalloc

from celery.worker.control import inspect_command


@inspect_command()
def live_memory(_state: object) -> int:
    """Return the bytes that were allocated since the first call, and are reachable."""
    if not tracemalloc.is_tracing():
        tracemalloc.start()
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
