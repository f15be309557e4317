"""The checks of `netim doctor`: it tries everything that the settings name, and continues when a check fails."""

import asyncio
import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from netim_app import setting_files
from netim_app.brand.brand import read_brand
from netim_app.core.clock import system_clock
from netim_app.identity import customer_directory
from netim_app.infra import mail_message, outbox, port
from netim_app.infra.mail_transport import DeliveryFailed, SmtpTransport, make_transport
from netim_app.infra.unit_of_work import Units, configure
from netim_app.schema import RevisionError, missing_migrations
from netim_app.settings import Reading, Settings

PATIENCE_SECONDS = 10
OTHERS = 0o077
"""The permission bits of a file for group and others."""
SWITCHING_PROTOCOLS = 101
FORBIDDEN = 403
_HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@dataclass(frozen=True)
class Finding:
    """The result of one check, in one line."""

    what: str
    said: str
    fine: bool = True

    def __str__(self) -> str:
        return f"{'ok   ' if self.fine else 'fault'}  {self.what}: {self.said}"


def reason(error: Exception) -> str:
    """One line about an error, in its original words."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    lines = str(origin).strip().splitlines()
    return lines[0] if lines else type(origin).__name__


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


def send_mail_to_oneself(reading: Reading, to: str) -> Finding:
    """Sends a mail as the product does, but without the outbox, so that the mail server's reply is shown at once."""
    settings = reading.settings
    if reading.unreadable or read_brand(settings.brand_dir)[1]:
        return Finding("mail to oneself", "was not sent: a setting that it needs is at fault", fine=False)
    try:
        asyncio.run(_deliver(settings, to))
    except (DeliveryFailed, ValueError, OSError) as error:
        return Finding("mail to oneself", f"was not sent: {error}", fine=False)
    return Finding("mail to oneself", "sent; look for it in the mailbox")


async def _deliver(settings: Settings, to: str) -> None:
    transport = make_transport(settings)
    try:
        await transport.send(_test_mail(settings, to))
    finally:
        await transport.finish()


def _test_mail(settings: Settings, to: str) -> mail_message.Message:
    said = f"`netim doctor` sent this mail for {settings.public_url}. It arrived, so mails to customers can."
    texts = mail_message.RenderedMail("A mail from netim doctor", f"{said}\n", f"<p>{said}</p>")
    return mail_message.build(
        texts, to=to, sender=settings.mail_from, message_id=f"doctor-{uuid.uuid4()}", at=system_clock()
    )


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
        yield _public_address(settings)
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
            backlog = outbox.backlog(unit)
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


def _public_address(settings: Settings) -> Finding:
    """Opens a socket at the public URL, as a page does. That needs a running server."""
    origin = settings.public_url
    answer = _handshake(origin, origin)
    if answer == SWITCHING_PROTOCOLS:
        return Finding("public address", f"{origin} answers, and its pages may connect")
    listening = port.ANYWHERE.get(settings.host, settings.host)
    shown = f"[{listening}]:{settings.port}" if ":" in listening else f"{listening}:{settings.port}"
    own = _handshake(f"http://{shown}", origin)
    if FORBIDDEN in (own, answer):
        said = "is not the address that the running server was started with, so that no page can connect"
    elif isinstance(answer, int):
        said = f"answers {answer} where pages connect: the proxy must pass websockets on"
    elif isinstance(own, int):
        said = f"does not answer: {answer}"
    else:
        return Finding("public address", f"{origin} was not tried: no server listens on {shown}")
    return Finding("public address", f"NETIM_PUBLIC_URL: {origin} {said}", fine=False)


def _handshake(address: str, origin: str) -> int | str:
    """The status of the response, or the reason why there is none."""
    url = urlsplit(address)
    kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
    connection = kind(url.hostname or "", url.port, timeout=PATIENCE_SECONDS)
    try:
        path = f"/_event/?EIO=4&transport=websocket&token={uuid.uuid4()}"
        connection.request("GET", path, headers={**_HANDSHAKE, "Origin": origin})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        return reason(error)
    finally:
        connection.close()
