"""The command line, `xenflow`.

What acts on XenServer is read off the catalogue; none of it is written by hand per operation. What
takes time to import is imported when a command that needs it is used: `xenflow --help` reads no
operation and opens no connection.
"""

from cli.main import main

__all__ = ["main"]
