"""The effective settings, as `netim doctor` shows them."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr
from sqlalchemy import URL, make_url

from netim_app import setting_files
from netim_app.settings import Reading, Settings


def effective(reading: Reading) -> Iterator[str]:
    """A line for each setting that can be read: the effective value and its source. No line contains a secret."""
    settings = reading.settings
    for name in Settings.model_fields:
        if name not in reading.unreadable:
            yield f"set    NETIM_{name.upper()}: {_shown(name, getattr(settings, name))} ({_place(settings, name)})"


def _place(settings: Settings, name: str) -> str:
    if any(value.strip() for key, value in os.environ.items() if key.upper() == f"NETIM_{name.upper()}"):
        return "environment"
    return str(setting_files.file_of(Settings, name)) if name in settings.model_fields_set else "default"


def _shown(name: str, value: object) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if value is None or not text:
        return "none"
    if name == "database_url":
        return _database_without_secrets(text)
    if name.endswith("_url"):
        return _without_secrets(text)
    if isinstance(value, SecretStr):
        return f"{len(text)} characters"
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else text


def _without_secrets(address: str) -> str:
    """A URL without user, password and query, which may also contain a password."""
    url = urlsplit(address)
    account, _, place = url.netloc.rpartition("@")
    query = "***" if url.query else ""
    return url._replace(netloc=f"***@{place}" if account else place, query=query).geturl()


def _database_without_secrets(address: str) -> str:
    """The same for the database. SQLAlchemy reads signs in a password that end the host of other URLs."""
    url = make_url(address)
    shown = URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()
    account = "://***@" if url.username or url.password else "://"
    return shown.replace("://", account, 1) + ("?***" if url.query else "")
