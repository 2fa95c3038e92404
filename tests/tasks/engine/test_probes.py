"""Every asynchronous call can be found again, or is known to leave no trace."""

import re
from pathlib import Path

import tasks
from tasks.engine.execution import probes

TABLES = (
    probes.NAMED,
    probes.STAMPED,
    probes.INHERITED,
    probes.ANSWERED,
    probes.PROBES,
    probes.UNTRACEABLE,
)


def called() -> set[str]:
    """Return the methods of all asynchronous calls that operations make."""
    folder = Path(tasks.__path__[0])
    texts = [path.read_text("utf-8") for path in folder.rglob("*.py")]
    found = {method for text in texts for method in re.findall(r"\bAsync\.(\w+\.\w+)\(", text)}
    keywords = r"getattr\(xen\.Async\.(\w+), \"(\w+)\"\)"  # a verb that is a word of Python
    return found | {".".join(pair) for text in texts for pair in re.findall(keywords, text)}


def test_every_call_of_an_operation_is_in_exactly_one_table() -> None:
    tables = {method: sum(method in table for table in TABLES) for method in called()}

    assert len(tables) > 30
    assert {method: n for method, n in tables.items() if n != 1} == {}


def test_no_table_names_a_call_twice() -> None:
    methods = [method for table in TABLES for method in table]

    assert len(methods) == len(set(methods))
