"""The settings of one process, read once from the environment (`XENFLOW_...`)."""

import difflib
import ipaddress
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import validation_messages
from config.durations import Seconds

PREFIX = "XENFLOW_"

_DAY = 86400.0
_REDIS = ("redis://", "rediss://", "redis+socket://", "sentinel://")


class SettingsError(Exception):
    """A setting is wrong; the text is one line that names it and says what is wrong."""


def _redis(url: str) -> str:
    if not url.startswith(_REDIS):
        raise ValueError(f"an address of Redis begins with {' or '.join(_REDIS)}")
    return url


def _verified(url: str) -> str:
    """Have certificates verified where the address does not say: Celery wants it in words."""
    if not url.startswith("rediss://") or "ssl_cert_reqs=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"


def _redis_url(data: dict[str, str]) -> str:
    return data.get("redis_url", "")


class Settings(BaseSettings):
    """What an operator may set; each field is the variable of its name behind `XENFLOW_`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    redis_url: Annotated[
        str, AfterValidator(_redis), AfterValidator(_verified), Field(repr=False)
    ] = "redis://127.0.0.1:6379/0"
    """Where messages, answers and the journal live."""

    broker_url: Annotated[
        str, AfterValidator(_verified), Field(repr=False, default_factory=_redis_url)
    ]
    """Where messages wait, if not at `redis_url`."""

    result_backend: Annotated[
        str,
        AfterValidator(_redis),
        AfterValidator(_verified),
        Field(repr=False, default_factory=_redis_url),
    ]
    """Where answers and the journal live, if not at `redis_url`."""

    global_keyprefix: str = ""
    """Stands before all keys, the journal's too; every producer must be given the same."""

    key_prefix: Annotated[str, Field(min_length=1)] = "xenflow"
    """Stands before all keys of the journal, behind `global_keyprefix`."""

    targets: Path | None = None
    """The TOML file of connection profiles."""

    operations_path: Path | None = None
    """A folder with operations of one's own."""

    keys: SecretStr | None = None
    """Fernet keys that seal passwords, the newest first, with commas or line ends between."""

    keys_file: Path | None = None
    """The file that holds them, instead."""

    timeout: Seconds = 3600.0
    """How long an operation may take, waiting included, unless its message says otherwise."""

    patience: Seconds = 60.0
    """How long an unreachable XenServer is tried again while nothing is in flight."""

    guest_patience: Seconds = 120.0
    """How long a guest that starts may say nothing before it counts as one without tools."""

    keep: Seconds = 7 * _DAY
    """How long the record of a run is kept."""

    result_expires: Seconds = _DAY
    """How long Celery keeps an answer."""

    pace: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2.0
    """Long polls a second that one target is asked for in the long run."""

    pace_burst: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 10.0
    """Long polls that a quiet target has to its credit."""

    visibility_timeout: Annotated[int, Field(ge=2)] = 15
    """Seconds until the message of a dead worker is delivered again."""

    lease: Seconds = 10.0
    """How long a worker holds a journal entry before it must renew its claim."""

    concurrency: Annotated[int, Field(ge=1)] = 4
    """The slots of one worker."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """What is less urgent is not logged."""

    log_format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object a line."""

    flower_address: str = "127.0.0.1"
    """Where Flower listens."""

    flower_port: Annotated[int, Field(ge=0, le=65535)] = 5555
    """The port on which Flower listens."""

    flower_user: Annotated[str, Field(min_length=1)] = "xenflow"
    """Who may look at Flower, where it asks for a password."""

    flower_password: SecretStr | None = None
    """What Flower asks for; it must be set where others can reach it."""

    @property
    def journal_prefix(self) -> str:
        """What stands before the keys of the journal: several houses in one Redis share none."""
        return self.global_keyprefix + self.key_prefix

    @model_validator(mode="after")
    def _keys_come_from_one_place(self) -> Self:
        if self.keys and self.keys_file:
            raise ValueError(f"{PREFIX}KEYS and {PREFIX}KEYS_FILE exclude each other")
        return self

    @model_validator(mode="after")
    def _flower_has_a_password_where_others_reach_it(self) -> Self:
        if not self.flower_password and not _is_loopback(self.flower_address):
            raise ValueError(
                f"{PREFIX}FLOWER_PASSWORD is missing: others can reach Flower at "
                f"{self.flower_address}"
            )
        return self


@cache
def load() -> Settings:
    """Read the settings, once for the process; raise SettingsError where one is wrong."""
    _refuse_misspelt(os.environ)
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError(validation_messages.complaint(error, _variable)) from None


def _refuse_misspelt(variables: Iterable[str]) -> None:
    known = [_variable(field) for field in Settings.model_fields]
    for variable in variables:
        if variable.startswith(PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
            if near:
                raise SettingsError(f"{variable} is no setting; is {near[0]} meant?")


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
