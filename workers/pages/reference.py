"""The reference pages, in Markdown: read off catalogue, commands, settings and errors."""

from collections.abc import Iterable, Mapping

from tasks.frame.operation import Operation
from workers.pages import commands, faults, operations, variables


def texts(known: Iterable[Operation]) -> Mapping[str, str]:
    """Give the pages by the names of their files."""
    listed = list(known)
    return {
        "operations.md": operations.page([one for one in listed if not one.is_flow]),
        "flows.md": operations.page_of_flows([one for one in listed if one.is_flow]),
        "commands.md": commands.page(),
        "settings.md": variables.page(),
        "errors.md": faults.page(),
    }
