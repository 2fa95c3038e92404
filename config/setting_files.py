"""Secrets from files: `XENFLOW_KEYS_FILE` names the file that contains `XENFLOW_KEYS`.

Containers mount secrets as files; a variable can be read with `docker inspect`, a file cannot.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from config import private_files

SUFFIX = "_FILE"
FIELDS = ("redis_password", "redis_url", "broker_url", "result_backend", "keys", "flower_password")
"""The settings that are secrets, or may contain one."""


class SettingFileError(Exception):
    """The file of a setting cannot be used; the text names its variable and what is wrong."""


class FileSettings(PydanticBaseSettingsSource):
    """The source of settings that come from files."""

    def __init__(
        self, settings_cls: type[BaseSettings], *, prefix: str, environment: Mapping[str, str]
    ) -> None:
        super().__init__(settings_cls)
        self._prefix = prefix
        self._environment = environment

    def __call__(self) -> dict[str, Any]:
        """Read the file of each setting that has one."""
        return {
            field: self._read(field)
            for field in FIELDS
            if self._variable(field) + SUFFIX in self._environment
        }

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - pydantic's signature
        """Return the value of one setting, None where it has no file."""
        return self().get(field_name), field_name, False

    def _variable(self, field: str) -> str:
        return self._prefix + field.upper()

    def _read(self, field: str) -> str:
        variable = self._variable(field)
        if self._environment.get(variable):
            raise SettingFileError(f"{variable} and {variable}{SUFFIX} exclude each other")
        path = Path(self._environment[variable + SUFFIX])
        try:
            return private_files.read(path).get_secret_value()
        except private_files.PrivateFileError as error:
            raise SettingFileError(f"{variable}{SUFFIX}: {error}") from None
