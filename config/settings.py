"""The settings of one process, read once from the environment (`XENFLOW_...`)."""

import difflib
import ipaddress
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import setting_files, validation_messages
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


def _with_password(url: str, info: ValidationInfo) -> str:
    """Insert `redis_password` where the address names hosts and no password."""
    password: SecretStr | None = info.data.get("redis_password")
    scheme = url.partition("://")[0]
    if not password:
        return url
    if scheme == "redis+socket":
        raise ValueError(f"{PREFIX}REDIS_PASSWORD does not apply to a socket")
    user = f":{quote(password.get_secret_value(), safe='')}@"
    hosts = (host.removeprefix(f"{scheme}://") for host in url.split(";"))  # several Sentinels
    return ";".join(f"{scheme}://{host if '@' in host else user + host}" for host in hosts)


def _verified(url: str) -> str:
    """Require certificate checks unless the address decides: Celery needs an explicit value."""
    if not url.startswith("rediss://") or "ssl_cert_reqs=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}ssl_cert_reqs=required"


def _redis_url(data: dict[str, str]) -> str:
    return data.get("redis_url", "")


class Settings(BaseSettings):
    """The settings of an operator: each field is the environment variable `XENFLOW_<FIELD>`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )

    redis_password: SecretStr | None = None
    """The password of `redis_url`, for an address that contains none."""

    redis_url: Annotated[
        str,
        AfterValidator(_redis),
        AfterValidator(_with_password),
        AfterValidator(_verified),
        Field(repr=False, validate_default=True),
    ] = "redis://127.0.0.1:6379/0"
    """The Redis of messages, answers and the journal."""

    broker_url: Annotated[
        str, AfterValidator(_verified), Field(repr=False, default_factory=_redis_url)
    ]
    """The Redis of messages, if it is not `redis_url`."""

    result_backend: Annotated[
        str,
        AfterValidator(_redis),
        AfterValidator(_verified),
        Field(repr=False, default_factory=_redis_url),
    ]
    """The Redis of answers and the journal, if it is not `redis_url`."""

    sentinel_master: Annotated[str, Field(min_length=1)] = "mymaster"
    """The name by which Sentinels know the primary, if an address is one of Sentinels."""

    global_keyprefix: str = ""
    """A prefix of all keys, the journal's too; every producer needs the same one."""

    key_prefix: Annotated[str, Field(min_length=1)] = "xenflow"
    """A prefix of the journal's keys, after `global_keyprefix`."""

    targets: Path | None = None
    """The TOML file of connection profiles."""

    operations_path: Path | None = None
    """The folder of your own operations."""

    keys: SecretStr | None = None
    """Fernet keys that seal passwords, the newest first, separated by commas or line ends."""

    seal_expires: Seconds = _DAY
    """How long a sealed password can be used after it was sealed."""

    allow_http: bool = False
    """Allow messages that name a host of their own to reach it by http, unencrypted."""

    timeout: Seconds = 3600.0
    """The time limit of an operation, waiting included, unless its message sets another."""

    unreachable_timeout: Seconds = 60.0
    """How long an unreachable XenServer is retried while no call of the operation is in flight."""

    guest_timeout: Seconds = 120.0
    """How long a starting guest may report nothing before it counts as one without guest tools."""

    run_expires: Seconds = 7 * _DAY
    """How long the record of a run is kept: the TTL of its keys beyond its deadline."""

    result_expires: Seconds = _DAY
    """How long Celery keeps an answer: the TTL of its result."""

    poll_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 2.0
    """The long polls per second that one target receives on average, at most."""

    poll_burst: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 10.0
    """The long polls that a quiet target may receive at once."""

    visibility_timeout: Annotated[int, Field(ge=2)] = 15
    """Seconds until the message of a dead worker is delivered again."""

    lease: Seconds = 10.0
    """How long a worker holds a journal entry before it must renew its lease."""

    concurrency: Annotated[int, Field(ge=1)] = 4
    """The slots of one worker."""

    unresponsive_timeout: Seconds = 60.0
    """How long a worker may take no message although some wait, before it ends."""

    message_limit: Annotated[int, Field(ge=64 * 1024)] = 8 * 2**20
    """The largest body of a message in bytes, decompressed."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The lowest level that is logged."""

    log_format: Literal["console", "json"] = "console"
    """Lines for people, or one JSON object per line."""

    flower_address: str = "127.0.0.1"
    """The address at which Flower listens."""

    flower_port: Annotated[int, Field(ge=0, le=65535)] = 5555
    """The port at which Flower listens."""

    flower_user: Annotated[str, Field(min_length=1)] = "xenflow"
    """The user name that Flower asks for, where it asks for a password."""

    flower_password: SecretStr | None = None
    """The password that Flower asks for; required where other hosts can reach it."""

    @property
    def journal_prefix(self) -> str:
        """The prefix of the journal's keys: two installations can share one Redis."""
        return self.global_keyprefix + self.key_prefix

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read arguments first, then variables, then the files that `XENFLOW_..._FILE` name."""
        files = setting_files.FileSettings(settings_cls, prefix=PREFIX, environment=os.environ)
        return init_settings, env_settings, files

    @model_validator(mode="after")
    def _flower_has_a_password_where_others_reach_it(self) -> Self:
        if not self.flower_password and not _is_loopback(self.flower_address):
            raise ValueError(
                f"{PREFIX}FLOWER_PASSWORD is missing: other hosts can reach Flower at "
                f"{self.flower_address}"
            )
        return self


@cache
def load() -> Settings:
    """Read the settings, once per process; raise SettingsError where one is wrong."""
    _refuse_misspelt(os.environ)
    try:
        return Settings()
    except setting_files.SettingFileError as error:
        raise SettingsError(str(error)) from None
    except ValidationError as error:
        raise SettingsError(validation_messages.complaint(error, _variable)) from None


def _refuse_misspelt(variables: Iterable[str]) -> None:
    known = [_variable(field) for field in Settings.model_fields]
    known += [_variable(field) + setting_files.SUFFIX for field in setting_files.FIELDS]
    for variable in variables:
        if variable.startswith(PREFIX) and variable not in known:
            near = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
            if near:
                raise SettingsError(f"{variable} is not a setting; did you mean {near[0]}?")


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
