"""Connection profiles: the address, account and certificate of each XenServer pool.

They are tables of a TOML file:

    [default]
    url = "https://pool.example.net"        # or a list: all hosts that may be coordinator
    user = "root"
    password_file = "pool.password"         # or password_env = "...", or password_command = "..."
    ca_file = "pool.pem"                    # or fingerprint = "...": SHA-256 of the certificate
    transport = "json-rpc"                  # or "xml-rpc"
    timeout = 30                            # seconds, for one call
    max_calls = 64                          # asynchronous calls in flight at once

Relative paths start at the folder of the file.
"""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from config import sealing, validation_messages
from config.durations import Seconds
from config.passwords import FromCommand, FromEnvironment, FromFile, FromMessage

_Table = Mapping[str, Any]  # as tomllib reads it


_PASSWORDS = ("password_file", "password_env", "password_command")
_FIELDS = (
    *("url", "urls", "user", *_PASSWORDS),
    *("ca_file", "fingerprint", "transport", "timeout", "max_calls"),
)
"""The fields of a table."""


class TargetError(Exception):
    """A connection profile is wrong; the text is one line that names it and the problem."""


class UnknownTarget(LookupError):
    """No connection profile has this name; the text lists the existing ones."""


def _listed(urls: object) -> object:
    return (urls,) if isinstance(urls, str) else urls


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in sealing.PORTS or not parts.hostname or parts.port == 0:
        raise ValueError("an address is http:// or https://, a host, and an optional port")
    if parts.username is not None or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("an address contains no user and no path")
    return f"{parts.scheme}://{parts.netloc}"


def _sha256(fingerprint: str) -> str:
    digits = fingerprint.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digits):
        raise ValueError("a fingerprint is the SHA-256 of a certificate in hexadecimal digits")
    return digits


class Target(BaseModel):
    """The connection profile of one pool."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    name: str
    urls: Annotated[
        tuple[Annotated[str, AfterValidator(_base)], ...],
        BeforeValidator(_listed),
        Field(min_length=1, validation_alias=AliasChoices("url", "urls")),
    ]
    user: Annotated[str, Field(min_length=1)]
    source: FromFile | FromEnvironment | FromCommand | FromMessage
    ca_file: Path | None = None
    fingerprint: Annotated[str, AfterValidator(_sha256)] | None = None
    transport: Literal["json-rpc", "xml-rpc"] = "json-rpc"
    timeout: Seconds = 30.0
    max_calls: Annotated[int, Field(ge=1)] = 64

    @property
    def url(self) -> str:
        """The address that is tried first."""
        return self.urls[0]

    def password(self) -> SecretStr:
        """Read the password from its source; raise PasswordError if that fails."""
        return self.source.read()

    @classmethod
    def from_message(
        cls,
        *,
        hostname: str,
        username: str,
        password: str,
        protocol: str = "https",
        port: int | None = None,
    ) -> Self:
        """Return the target of a message's own fields; raise SealingError for a plain password."""
        url = sealing.address(hostname, protocol=protocol, port=port)
        secret = sealing.open_sealed(password, address=url, user=username)
        return cls._checked(
            {"name": hostname, "url": url, "user": username, "source": FromMessage(secret)}
        )

    @classmethod
    def from_table(cls, name: str, table: _Table, *, folder: Path) -> Self:
        """Return the target of a table of the file."""
        fields = {key: value for key, value in table.items() if not key.startswith("password_")}
        if isinstance(fields.get("ca_file"), str):
            fields["ca_file"] = _path(fields["ca_file"], folder)
        source = _source(name, table, folder)
        return cls._checked({**fields, "name": name, "source": source})

    @classmethod
    def _checked(cls, fields: _Table) -> Self:
        try:
            return cls.model_validate(fields)
        except ValidationError as error:
            problem = f"[{fields['name']}] {validation_messages.complaint(error, known=_FIELDS)}"
        raise TargetError(problem)  # not in the handler: see `validation_messages`

    @model_validator(mode="after")
    def _certificates_belong_to_https(self) -> Self:
        if self.ca_file and self.fingerprint:
            raise ValueError("ca_file and fingerprint exclude each other")
        plain = any(url.startswith("http:") for url in self.urls)
        if plain and (self.ca_file or self.fingerprint):
            raise ValueError("ca_file and fingerprint are for https:// addresses")
        if self.ca_file and not self.ca_file.is_file():
            raise ValueError(f"ca_file: there is no file {self.ca_file}")
        return self


class Targets(Mapping[str, Target]):
    """All connection profiles, by name."""

    def __init__(self, targets: Mapping[str, Target]) -> None:
        self._targets = dict(targets)

    @classmethod
    def read(cls, path: Path | None) -> Self:
        """Return the targets of a file, none without a file; raise TargetError for a wrong one."""
        if path is None:
            return cls({})
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise TargetError(f"cannot read {path}: {error.strerror}") from None
        except ValueError as error:
            raise TargetError(f"{path} is not TOML: {error}") from None
        return cls({name: _target(path, name, table) for name, table in tables.items()})

    def __getitem__(self, name: str) -> Target:
        """Return a profile; raise UnknownTarget if there is none."""
        try:
            return self._targets[name]
        except KeyError:
            raise UnknownTarget(self._missing(name)) from None

    def __contains__(self, name: object) -> bool:
        """Whether there is a profile of that name."""
        return name in self._targets

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of the file."""
        return iter(self._targets)

    def __len__(self) -> int:
        """Count the profiles."""
        return len(self._targets)

    def _missing(self, name: str) -> str:
        known = f"known: {', '.join(self)}" if self._targets else "XENFLOW_TARGETS defines none"
        return f"no target {name!r}; {known}"


def _target(path: Path, name: str, table: object) -> Target:
    if not isinstance(table, dict):
        raise TargetError(f"{path}: {name} is outside of any [table]")
    try:
        return Target.from_table(name, table, folder=path.parent)
    except TargetError as error:
        raise TargetError(f"{path}: {error}") from None


def _source(name: str, table: _Table, folder: Path) -> FromFile | FromEnvironment | FromCommand:
    match {key: value for key, value in table.items() if key.startswith("password_")}:
        case {"password_file": str(path), **rest} if not rest:
            return FromFile(_path(path, folder))
        case {"password_env": str(variable), **rest} if not rest:
            return FromEnvironment(variable)
        case {"password_command": str(line), **rest} if not rest and line.strip():
            return FromCommand(tuple(shlex.split(line)))
        case {"password_command": [str(), *_] as words, **rest} if not rest:
            return FromCommand(tuple(map(str, words)))
    raise TargetError(f"[{name}] needs one of {', '.join(_PASSWORDS)}")


def _path(text: str, folder: Path) -> Path:
    return folder / Path(text).expanduser()
