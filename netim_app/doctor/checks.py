"""The checks of `netim doctor`: it tries everything that the settings name, and continues when a check fails."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from netim_app.brand.brand import read_brand
from netim_app.doctor.finding import PATIENCE_SECONDS, Finding, reason
from netim_app.doctor.public_address import check_public_address
from netim_app.identity import customer_directory
from netim_app.infra import outbox_upkeep
from netim_app.infra.mail_transport import DeliveryFailed, SmtpTransport
from netim_app.infra.unit_of_work import Units, configure
from netim_app.schema import RevisionError, missing_migrations
from netim_app.settings import Reading, Settings

OTHERS = 0o077
"""The permission bits of a file for group and others."""


def examine(reading: Reading) -> Iterator[Finding]:
    """Runs all checks, in the order in which a start needs them. It skips those of settings that cannot be read."""
    settings = reading.settings

    def can_be_read(*names: str) -> bool:
        return reading.unreadable.keys().isdisjoint(names)

    yield from _settings(reading)
    if can_be_read("brand_dir"):
        yield from _brand(settings)
    if settings.customer_directory:
        yield _directory(settings.customer_directory)
    if can_be_read("var_dir"):
        yield _folder(settings.var_dir)
    if can_be_read("var_dir", "database_url"):
        yield from _database(settings)
    if can_be_read("redis_url"):
        yield _redis(settings)
    if can_be_read("env", "var_dir", "smtp_url", "mail_dir"):
        yield _mail(settings)
    if can_be_read("host", "port", "public_url"):
        yield check_public_address(settings)
    if can_be_read("public_url", "passkey_domain"):
        yield _passkeys(settings)


def _brand(settings: Settings) -> Iterator[Finding]:
    brand, faults = read_brand(settings.brand_dir)
    yield from (Finding("brand", fault, fine=False) for fault in faults)
    if brand and not faults:
        yield Finding("brand", f"{brand.product}, of {settings.brand_dir}")


def _passkeys(settings: Settings) -> Finding:
    if domain := settings.passkey_domain:
        return Finding("passkeys", f"of {domain}")
    return Finding("passkeys", "not offered: they belong to a domain, and NETIM_PUBLIC_URL has an IP address")


def _settings(reading: Reading) -> Iterator[Finding]:
    faults = reading.faults
    yield from (Finding("settings", fault, fine=False) for fault in faults)
    if not faults:
        yield Finding("settings", f"fine ({reading.settings.env})")
    known = {f"NETIM_{name}".upper() for name in Settings.model_fields}
    for name in sorted(os.environ):
        if name.startswith("NETIM_") and name not in known:
            yield Finding("settings", f"{name} is none of ours, and is not read")


def _directory(path: str) -> Finding:
    try:
        found = customer_directory.load(path)
        known = asyncio.run(customer_directory.verify(found, customer_directory.NOBODY, ""))
    except (ValueError, customer_directory.DirectoryAway) as error:
        return Finding("customer directory", str(error), fine=False)
    return Finding("customer directory", "takes any password" if known else f"{path} answers", fine=not known)


def _folder(folder: Path) -> Finding:
    """Checks NETIM_VAR_DIR, which the first start creates."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding("folder", f"{folder} can be written")
    except OSError as error:
        return Finding("folder", f"NETIM_VAR_DIR: {folder} cannot be written: {reason(error)}", fine=False)


def _database(settings: Settings) -> Iterator[Finding]:
    url = make_url(settings.database_url)
    file = Path(url.database) if url.drivername == "sqlite" and url.database else None
    if file and not file.exists():
        yield Finding("database", f"{file} is not there yet: the first start makes it")
        return
    try:
        units = configure(settings)
        with units.engine.connect() as connection:
            name = connection.dialect.name
    except (SQLAlchemyError, OSError) as error:
        yield Finding("database", f"NETIM_DATABASE_URL: does not answer: {reason(error)}", fine=False)
        return
    yield Finding("database", f"{name}, reachable")
    if file and settings.production and file.stat().st_mode & OTHERS:
        yield Finding("database", f"others on this machine can read {file}: chmod 600", fine=False)
    yield from _tables(units)
    units.engine.dispose()


def _tables(units: Units) -> Iterator[Finding]:
    try:
        missing = missing_migrations(units)
        if missing:
            yield Finding("tables", f"{missing} migration(s) missing: run `netim migrate`", fine=False)
            return
        with units.read() as unit:
            backlog = outbox_upkeep.backlog(unit)
    except RevisionError:
        yield Finding("tables", "were made by another version, which this one does not know", fine=False)
    except SQLAlchemyError as error:
        yield Finding("tables", reason(error), fine=False)
    else:
        yield Finding("tables", "up to date")
        yield Finding("outbox", f"{backlog.queued} waiting, {backlog.dead} given up", fine=not backlog.dead)


def _redis(settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding("redis", "not configured; page states and limits are in memory")
    try:
        with Redis.from_url(
            settings.redis_url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS
        ) as redis:
            redis.ping()
    except RedisError as error:
        return Finding("redis", f"NETIM_REDIS_URL: does not answer: {reason(error)}", fine=False)
    return Finding("redis", "reachable")


def _mail(settings: Settings) -> Finding:
    server = settings.smtp
    if not server:
        if settings.mail_dir is None:
            return Finding("mail", "has nowhere to go: set NETIM_SMTP_URL (or NETIM_MAIL_DIR)", fine=False)
        written = _folder(settings.mail_dir)
        return Finding("mail", written.said.replace("NETIM_VAR_DIR", "NETIM_MAIL_DIR"), written.fine)
    place = f"{server.scheme}://{server.host}:{server.port}"
    try:
        asyncio.run(SmtpTransport(server, timeout=PATIENCE_SECONDS).check())
    except DeliveryFailed as error:
        return Finding("mail", f"NETIM_SMTP_URL: {place} did not take us: {error}", fine=False)
    return Finding("mail", f"{place} answers" + (", and takes the login" if server.user else ""))
