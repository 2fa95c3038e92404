"""What is wrong with this installation, worst first, and what cures it."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from cli import client, output, tables
from cli.exit_codes import Code
from cli.options import OutputOptions
from cli.output import Document, write
from workers import doctor as checks
from workers.doctor.context import Context
from workers.doctor.finding import Finding, Severity

_STYLES = {Severity.BROKEN: "bold red", Severity.WARNING: "yellow", Severity.NOTICE: "dim"}


def show(options: OutputOptions) -> int:
    """Examine the installation and print what was found."""
    with client.connected() as connected, output.status(options) as tell:
        context = Context(connected.settings, connected.app, connected.journal)
        found = checks.examine(context, on_check=lambda name: tell(f"checks {name}"))
    broken = any(finding.severity is Severity.BROKEN for finding in found)
    rows = [finding.document() for finding in found]
    data = {"healthy": not broken, "findings": rows}
    write(Document(data, lambda _options: _text(found), rows), options)
    return Code.FAILED if broken else Code.DONE


def _text(found: Sequence[Finding]) -> RenderableType:
    if not found:
        return Text("nothing is wrong")
    return tables.table(
        ["severity", "about", "text", "cure"],
        [
            [
                Text(one.severity.name.lower(), style=_STYLES[one.severity]),
                one.about,
                one.text,
                one.cure,
            ]
            for one in found
        ],
    )
