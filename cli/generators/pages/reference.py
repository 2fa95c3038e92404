"""The reference pages, in Markdown: read off catalogue, commands, settings and errors."""

from collections.abc import Iterable, Mapping

from cli.generators.pages import (
    commands,
    error_pages,
    matrix,
    metric_pages,
    operations,
    setting_pages,
)
from tasks.engine.declaration.operation import Operation


def texts(known: Iterable[Operation]) -> Mapping[str, str]:
    """Return the pages by the names of their files."""
    listed = list(known)
    return {
        "operations.md": operations.page([one for one in listed if not one.is_flow]),
        "flows.md": operations.page_of_flows([one for one in listed if one.is_flow]),
        "matrix.md": matrix.page(listed),
        "commands.md": commands.page(),
        "settings.md": setting_pages.page(),
        "errors.md": error_pages.page(),
        "metrics.md": metric_pages.page(),
    }
