"""The two transports of messages: to a mail server, or into a folder."""

import asyncio
import os
import re
import secrets
import ssl
from contextlib import suppress
from datetime import UTC
from pathlib import Path
from typing import Any, Protocol

import aiosmtplib

from netim_app.core.clock import Clock, system_clock
from netim_app.infra.mail_message import Message
from netim_app.setting_values import SmtpServer
from netim_app.settings import Settings

SMTP_TIMEOUT = 20.0
"""Seconds that one step of an SMTP dialogue may take."""
FINISH_TIMEOUT = 0.5
"""Seconds that closing a connection may take."""
MAX_PER_CONNECTION = 50
"""Messages. Many servers close a connection after a hundred."""
PERMANENT = 5
"""First digit of a reply that no retry will change."""
_ENHANCED_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class DeliveryFailed(Exception):
    """This message was not accepted; a retry may succeed. The text contains no address and no content."""


class TransportDown(DeliveryFailed):
    """No message can be sent now."""


class RecipientRefused(DeliveryFailed):
    """The server will never take mail for this recipient.

    It replied 5xx to RCPT (RFC 5321, section 4.2.1), or the address needs SMTPUTF8 (RFC 6531), and the server or one
    behind it lacks that.
    """


class Transport(Protocol):
    """Delivers messages."""

    async def send(self, message: Message) -> None:
        """Returns when the message was accepted; raises `DeliveryFailed` when it was not."""

    async def finish(self) -> None:
        """Call it when no more messages follow for now."""


class SmtpTransport:
    """Sends messages to a mail server. Consecutive messages share a connection until one fails.

    Args:
        server: the mail server and how to connect to it.
        timeout: seconds per step.
    """

    def __init__(self, server: SmtpServer, *, timeout: float = SMTP_TIMEOUT) -> None:
        self._timeout = timeout
        self._turn = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None
        self._sent = 0
        """Messages sent over this connection."""
        self._connection: dict[str, Any] = {
            "hostname": server.host,
            "port": server.port,
            "username": server.user or None,
            "password": server.password or None,
            "use_tls": server.scheme == "smtps",
            "start_tls": server.scheme == "smtp+starttls",
            "validate_certs": server.verify,
        }

    async def check(self) -> None:
        """Connects, and logs in where the settings name a user; sends nothing.

        Raises:
            DeliveryFailed: the server did not answer, or refused the connection or the login.
        """
        try:
            async with aiosmtplib.SMTP(timeout=self._timeout, **self._connection):
                pass
        except _SMTP_ERRORS as error:
            raise _failure(error) from None

    async def send(self, message: Message) -> None:
        async with self._turn:
            try:
                await self._send(message)
            except BaseException as error:
                self._drop()
                if isinstance(error, _SMTP_ERRORS):
                    raise _failure(error) from None
                raise

    async def _send(self, message: Message) -> None:
        client = await self._connected(message.sender.rpartition("@")[2])
        options = [] if message.recipient.isascii() else ["SMTPUTF8", "BODY=8BITMIME"]
        await client.sendmail(message.sender, [message.recipient], message.content, mail_options=options)
        self._sent += 1

    async def _connected(self, hostname: str) -> aiosmtplib.SMTP:
        """The open connection, or a new one when there is none or the server has closed it."""
        if self._client is not None and self._sent < MAX_PER_CONNECTION:
            with suppress(*_SMTP_ERRORS):
                await self._client.noop()
                return self._client
        await self._quit()
        self._client = aiosmtplib.SMTP(local_hostname=hostname, timeout=self._timeout, **self._connection)
        await self._client.connect()
        return self._client

    async def finish(self) -> None:
        async with self._turn:
            await self._quit()

    async def _quit(self) -> None:
        if self._client is not None and self._client.is_connected:
            with suppress(*_SMTP_ERRORS):
                await self._client.quit(timeout=FINISH_TIMEOUT)
        self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._sent = None, 0


_SMTP_ERRORS = (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError, UnicodeError)


def _failure(error: Exception) -> DeliveryFailed:
    """Translates an SMTP error. The server's own words are dropped: they often repeat the address."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refusals = error.recipients
        summary = ", ".join(_status(refusal) for refusal in refusals) or "no reason given"
        final = bool(refusals) and all(refusal.code // 100 == PERMANENT for refusal in refusals)
        return (RecipientRefused if final else DeliveryFailed)(f"recipient refused: {summary}")
    name = type(error).__name__
    if isinstance(error, aiosmtplib.SMTPNotSupported):  # aiosmtplib raises it for SMTPUTF8 only
        return RecipientRefused("the mail server lacks SMTPUTF8")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if _NO_SMTPUTF8.search(_status(error)):
            return RecipientRefused(f"{name}: {_status(error)}")
        kind = TransportDown if isinstance(error, _NOT_ABOUT_THE_MESSAGE) else DeliveryFailed
        return kind(f"{name}: {_status(error)}")
    if isinstance(error, UnicodeError):
        return DeliveryFailed(name)
    return TransportDown(name)


_NO_SMTPUTF8 = re.compile(r" 5\.6\.(7|9|10)$")
"""RFC 6531, section 3.5: the server cannot relay the address, or the header that repeats it."""
_NOT_ABOUT_THE_MESSAGE = (
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPHeloError,
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPSenderRefused,
)


def _status(error: aiosmtplib.SMTPResponseException) -> str:
    enhanced = _ENHANCED_STATUS.search(str(error.message))
    return f"{error.code} {enhanced.group()}" if enhanced else str(error.code)


class FileTransport:
    """Writes each message as an `.eml` file, readable by its owner only, under a name that sorts by time."""

    def __init__(self, directory: Path, clock: Clock = system_clock) -> None:
        self._directory = directory
        self._clock = clock

    async def finish(self) -> None:
        """Does nothing: no connection is open."""

    async def send(self, message: Message) -> None:
        try:
            await asyncio.to_thread(self._write, message.content)
        except OSError as error:
            raise TransportDown(f"{type(error).__name__} {error.errno}") from None

    def _write(self, content: bytes) -> None:
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = f"{self._clock().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
        unfinished = self._directory / f".{name}.part"
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self._directory / f"{name}.eml")
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


def make_transport(settings: Settings, clock: Clock = system_clock) -> Transport:
    """The configured transport: SMTP when a server is set, else files.

    Raises:
        ValueError: neither is configured.
    """
    if settings.smtp:
        return SmtpTransport(settings.smtp)
    if settings.mail_dir is None:
        raise ValueError("mail has nowhere to go: set NETIM_SMTP_URL (or NETIM_MAIL_DIR)")
    return FileTransport(settings.mail_dir, clock)
