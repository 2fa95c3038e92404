"""The page of metrics."""

from cli.generators.pages import markdown
from workers.metrics import families
from workers.metrics.families import Family

_ABOUT = """\
`xenflow metrics` prints them; `xenflow metrics --listen 127.0.0.1:9808` serves them at `/metrics`,
see [how to scrape them](../how-to/scrape-metrics.md). All are read from Redis when they are asked
for, so one exporter is enough for a whole installation.

A gauge goes up and down. A counter goes up until Redis forgets it, 30 days after the last event,
and then begins at 0. The end of an operation is counted in the script that writes it: once,
whatever dies. When there are 2,000 counters, ends on further targets are counted under the target
`(other)`."""


def page() -> str:
    """Return the page of metrics."""
    rows = [_row(family) for family in families.FAMILIES]
    head = ["metric", "kind", "labels", "meaning"]
    return markdown.page("Metrics", _ABOUT, markdown.table(head, rows))


def _row(family: Family) -> list[str]:
    return [
        markdown.term(family.name),
        family.kind.value,
        markdown.terms(family.labels),
        family.help,
    ]
