"""Sources of a target's password: a file, the environment, a command, or its message.

All but the last are read for each login, so that a password can be changed while workers run.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import SecretStr

from config import private_files

_COMMAND_SECONDS = 10.0


class PasswordError(Exception):
    """A password cannot be read from its source; the text never contains it."""


class Source(Protocol):
    """A source of a password."""

    def read(self) -> SecretStr:
        """Read the password; raise PasswordError where that fails."""
        ...


@dataclass(frozen=True)
class FromFile:
    """A file that other users cannot read."""

    path: Path

    def read(self) -> SecretStr:
        """Read the file."""
        try:
            return private_files.read(self.path)
        except private_files.PrivateFileError as error:
            raise PasswordError(f"password_file: {error}") from None


@dataclass(frozen=True)
class FromEnvironment:
    """An environment variable."""

    variable: str

    def read(self) -> SecretStr:
        """Read the variable."""
        password = os.environ.get(self.variable)
        if not password:
            raise PasswordError(f"password_env: {self.variable} is not set")
        return SecretStr(password)


@dataclass(frozen=True)
class FromCommand:
    """A command that prints the password as its first line, such as the client of a vault."""

    words: tuple[str, ...]

    def read(self) -> SecretStr:
        """Run the command, without a shell."""
        lines = self._output().splitlines()
        if not lines or not lines[0]:
            raise PasswordError(f"password_command: {self.words[0]} printed nothing")
        return SecretStr(lines[0])

    def _output(self) -> str:
        try:
            return subprocess.run(  # noqa: S603 - the operator's own command, from a file of theirs
                self.words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=True,
            ).stdout
        except subprocess.TimeoutExpired:
            problem = f"did not end within {_COMMAND_SECONDS:.0f} s"
        except subprocess.CalledProcessError as error:
            problem = f"ended with status {error.returncode}"
        except OSError as error:
            problem = f"cannot be run: {error.strerror}"
        raise PasswordError(f"password_command: {self.words[0]} {problem}")


@dataclass(frozen=True)
class FromMessage:
    """A password from a sealed field of a message, opened in this process."""

    password: SecretStr

    def read(self) -> SecretStr:
        """Return the password."""
        return self.password
