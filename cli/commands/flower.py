"""`xenflow flower`: workers and tasks in a browser."""

from typer.core import TyperCommand

from cli import command as commands
from cli.exit_codes import Code
from config import logs, settings
from workers import processes


def command(name: str) -> TyperCommand:
    """Return `xenflow flower`."""
    return commands.make(name, flower)


def flower() -> int:
    """Show workers and tasks in a browser until SIGTERM; nothing can be changed there."""
    chosen = settings.load()
    logs.configure(chosen)
    processes.serve_flower(chosen)
    return Code.DONE
