"""Files with settings: `.env` in development, and files in a folder, each named after its setting."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, DotEnvSettingsSource, PydanticBaseSettingsSource, SecretsSettingsSource

ENV_FILE = Path(".env").absolute()
"""Read in development."""
SECRET_FOLDERS = ("NETIM_SECRETS_DIR", "CREDENTIALS_DIRECTORY")
"""Variables that name such a folder: our own, and that of systemd (`LoadCredential=`)."""


@dataclass(frozen=True)
class Unreadable:
    """Replaces the value of a setting whose file cannot be read."""

    why: str


class _SecretFiles(SecretsSettingsSource):
    """A folder of settings. When a file in it cannot be read, only its own setting has a fault."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        try:
            return super().get_field_value(field, field_name)
        except (OSError, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            return Unreadable(f"is set in {_file(self, field_name)}, which cannot be read: {why}"), field_name, False


def sources(settings: type[BaseSettings]) -> list[PydanticBaseSettingsSource]:
    """Each counts more than those after it."""
    return [
        *([DotEnvSettingsSource(settings, env_file=ENV_FILE)] if _in_development() and _is_text(ENV_FILE) else ()),
        *(_SecretFiles(settings, secrets_dir=folder) for folder in _folders().values() if _can_be_listed(folder)),
    ]


def faults() -> list[str]:
    """A line for each place that is named and cannot be read."""
    lost = [name for name, folder in _folders().items() if not _can_be_listed(folder)]
    unreadable = _in_development() and ENV_FILE.is_file() and not _is_text(ENV_FILE)
    return [
        *(f"{name} is no folder that can be read" for name in lost),
        *([f"{ENV_FILE} cannot be read"] if unreadable else ()),
    ]


def _in_development() -> bool:
    return os.environ.get("NETIM_ENV", "").strip() in ("", "development")


def _folders() -> dict[str, Path]:
    named = {name: os.environ.get(name, "").strip() for name in SECRET_FOLDERS}
    return {name: Path(folder) for name, folder in named.items() if folder}


def _can_be_listed(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)


def _is_text(file: Path) -> bool:
    try:
        file.read_text("utf-8")
    except (OSError, UnicodeError):
        return False
    return True


def file_of(settings: type[BaseSettings], name: str) -> Path | None:
    """The file whose value applies when the environment has none."""
    return next((_file(source, name) for source in sources(settings) if name in source()), None)


def _file(source: PydanticBaseSettingsSource, name: str) -> Path:
    if not isinstance(source, _SecretFiles):
        return ENV_FILE
    folder = Path(str(source.secrets_dir))
    return source.find_case_path(folder, f"netim_{name}", case_sensitive=False) or folder
