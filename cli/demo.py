"""The demo: a simulated pool, 20 VMs made at once, and what can be seen of it afterwards.

What is shown is checked too; the first wrong result ends the demo with an error.
"""

import shutil
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cli import answers, output, run_views, tables, waiting
from cli.client import Client, End
from cli.options import OutputOptions
from cli.progress import ProgressView
from tasks.engine.declaration import catalogue
from tasks.engine.declaration.operation import Operation
from tasks.engine.journal.parked import ParkedOperations
from workers import loader
from workers.local_stack import folder_lock, http_probes, supervisor
from workers.local_stack.http_probes import Flower
from workers.local_stack.stack import Stack
from workers.local_stack.supervisor import StackError, Supervisor

FLOW = "flow.create_vm_from_configured_template"
TEMPLATE = "deb12"
SLOTS = 4
LONGEST = 180.0  # seconds that all VMs together may take
INTERVAL = 0.2  # seconds between two reads


def show(folder: Path, *, vms: int, keep: bool) -> None:
    """Show everything, once; leave no process behind, and nothing in the folder."""
    with folder_lock.within(folder):
        folder_lock.clear(folder)
        try:
            with supervisor.interrupted_by_signals(), Supervisor(folder) as processes:
                _Demo(Stack(processes), vms).show(addresses=keep)
                if keep:
                    _keep_running(processes)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if not keep:
        output.line("\neverything is stopped; make demo KEEP=1 keeps it running")


def _keep_running(processes: Supervisor) -> None:
    output.line("\nCtrl-C stops it all")
    with supervisor.stop_requested() as stop:
        processes.run_until(stop)


class _Demo:
    """The parts of the demo, in their order."""

    def __init__(self, stack: Stack, vms: int) -> None:
        self.stack = stack
        self.names = [f"demo{number:02}" for number in range(1, vms + 1)]
        self.most_parked = 0

    def show(self, *, addresses: bool) -> None:
        """Start everything, make the VMs, show what happened."""
        pool, flower = self._start()
        loader.load(self.stack.settings)
        with Client(self.stack.settings) as client:
            sent = [self._send(client, name) for name in self.names]
            self._see_them_end(client, sent)
            self._show_a_run(client, sent[-1])
            self._show_vms(client)
        self._show_flower(flower, sent[-1])
        self._show_costs(http_probes.stats(pool))
        if addresses:
            self._show_addresses(pool, flower)

    def _start(self) -> tuple[str, Flower]:
        stack = self.stack
        _title("A stack on this machine")
        stack.valkey()
        output.line("Valkey       keeps messages, answers and the journal")
        pool = stack.simulator(control=True)
        output.line(f"simulator    is a pool of three XenServers at {pool}")
        stack.worker(slots=SLOTS)
        output.line(f"worker       runs operations and flows, {SLOTS} at once")
        stack.poller()
        output.line("poller       follows the tasks of XenServer")
        flower = Flower(stack.flower(), stack.environment["XENFLOW_FLOWER_PASSWORD"])
        output.line(f"Flower       shows all of it at {flower.url}, and can change nothing")
        return pool, flower

    def _send(self, client: Client, name: str) -> str:
        flow = catalogue.find(FLOW)
        if flow is None:
            raise StackError(f"the catalogue has no {FLOW}")
        return _send(client, flow, flow.s(template=TEMPLATE, name=name).kwargs)

    def _see_them_end(self, client: Client, sent: Sequence[str]) -> None:
        _title(f"{len(sent)} VMs at once, by {FLOW}")
        began, open_ones = time.monotonic(), dict(zip(sent, self.names, strict=True))
        parked = ParkedOperations(client.journal)
        with ProgressView(len(sent)) as view:
            while open_ones and time.monotonic() - began < LONGEST:
                for id_ in list(open_ones):
                    if end := client.end_of(id_):
                        _check_success(open_ones.pop(id_), end)
                view.show(len(sent) - len(open_ones), _statuses(client, open_ones))
                self.most_parked = max(self.most_parked, parked.count("default"))
                time.sleep(INTERVAL)
        if open_ones:
            raise StackError(f"not made after {LONGEST:.0f} s: {', '.join(open_ones.values())}")
        output.line(f"all {len(sent)} made in {time.monotonic() - began:.1f} s")

    def _show_a_run(self, client: Client, root: str) -> None:
        _title("One of the runs, as `xenflow show` prints it")
        output.show(run_views.tree(client.runs.find(root)))

    def _show_vms(self, client: Client) -> None:
        _title("The VMs, as `xenflow vm find` prints them")
        find = catalogue.find("xenserver.vm.find")
        if find is None:
            raise StackError("the catalogue has no xenserver.vm.find")
        message = find.s(name="demo", is_search_expression=True).kwargs
        end = waiting.wait(client.end_of, _send(client, find, message), seconds=30)
        _check_success(find.name, end)
        answer = end.answer if end else {}
        output.show(answers.text(answer, OutputOptions()))
        running = {r["name_label"] for r in answer["records"] if r["power_state"] == "Running"}
        if running != set(self.names):
            raise StackError(f"not running: {', '.join(sorted(set(self.names) - running))}")

    def _show_flower(self, flower: Flower, root: str) -> None:
        _title("That run in Flower's REST API")
        output.show(tables.fields(flower.wait_for(root, state="SUCCESS")))
        counted = Counter(task["state"] for task in flower.tasks())
        output.line(f"tasks seen: {', '.join(f'{n} {s}' for s, n in sorted(counted.items()))}")

    def _show_costs(self, stats: Mapping[str, Any]) -> None:
        _title("What it cost XenServer")
        calls = Counter(stats["calls"])
        output.show(tables.table(["call", "times"], list(calls.most_common(8))))
        output.line(
            f"{calls.total()} calls in {stats['sessions']['logins']} sessions; up to "
            f"{self.most_parked} operations were parked at once, and held none of the {SLOTS} slots"
        )

    def _show_addresses(self, pool: str, flower: Flower) -> None:
        _title("Addresses")
        output.line(f"simulator  {pool}  (user root, password xenflow)")
        output.line(f"Flower     {flower.url}  (user {flower.user}, password {flower.password})")
        for line in self.stack.export_lines():
            output.line(line)


def _title(words: str) -> None:
    output.show(f"\n[bold]{words}[/bold]")


def _check_success(name: str, end: End | None) -> None:
    if end is None or end.error is not None:
        raise StackError(f"{name} failed: {end.error if end else 'no answer came'}")


def _send(client: Client, operation: Operation, fields: Mapping[str, Any]) -> str:
    operation_id = str(uuid.uuid4())
    client.send(operation, fields, operation_id)
    return operation_id


def _statuses(client: Client, open_ones: Mapping[str, str]) -> Counter[str]:
    """Count the open runs by what they are doing."""
    runs = (client.runs.read(root) for root in open_ones)
    return Counter(
        "waits for a free slot" if run is None else waiting.status_of(run) for run in runs
    )
