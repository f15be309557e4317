"""Mails: texts made from templates, a message made from texts, and the two ways a message leaves us."""

import asyncio
import os
import re
import secrets
import ssl
import unicodedata
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, default
from email.utils import format_datetime as rfc5322_date
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import aiosmtplib
import idna
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from netim_app.core.clock import Clock, system_clock
from netim_app.setting_values import SmtpServer
from netim_app.settings import Settings

PACKAGE = Path(__file__).resolve().parent.parent
SMTP_TIMEOUT = 20.0
"""Seconds that one step of an SMTP dialogue may take."""
MAX_PARAM_LENGTH = 2_000
MAX_GREETED = 80
PERMANENT = 5
"""First digit of an answer that no later attempt will change."""
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LINK_LIKE = re.compile(r"[/:@<>\\]|[.\u3002](?:\w\w|\d)|www", re.IGNORECASE)
"""In a name in its compatibility form. The ideographic full stop has none, and browsers read it as a dot.
A single letter after a dot is an initial and no domain: "J.R."."""
_ENHANCED_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


# --- texts ---


@dataclass(frozen=True)
class RenderedMail:
    """The three texts of a mail. `subject` is one line."""

    subject: str
    text: str
    html: str


class Templates:
    """The mail templates of the product: `**/emails/<event>/<locale>/{subject.txt,body.txt,body.html}`.

    Args:
        package: where to look; the shared layout is its `texts/emails`.

    Raises:
        ValueError: two places hold templates for the same event.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        layout = PACKAGE / "texts" / "emails"
        roots = sorted(path for path in package.rglob("emails") if path.is_dir() and path != layout)
        self.events: dict[str, Path] = {}
        """Event name -> its folder. For the house test that every event has every language."""
        for folder in sorted(child for root in roots for child in root.iterdir() if child.is_dir()):
            if folder.name in self.events:
                raise ValueError(f"two places hold mails for {folder.name}")
            self.events[folder.name] = folder
        self._environment = Environment(
            loader=FileSystemLoader([layout, *roots]),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.tests["greetable"] = _greetable

    def render(self, event: str, locale: str, params: Mapping[str, object]) -> RenderedMail:
        """The mail of `event` in `locale`. See `render`."""
        known = {name: _clean(value) for name, value in params.items()} | {"locale": locale}
        subject = self._part(event, locale, "subject.txt", known)
        known["subject"] = subject = " ".join(_CONTROLS.sub(" ", subject).split())
        text = self._part(event, locale, "body.txt", known)
        text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
        text = re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
        return RenderedMail(subject, text, self._part(event, locale, "body.html", known).strip() + "\n")

    def _part(self, event: str, locale: str, name: str, params: Mapping[str, object]) -> str:
        return self._environment.get_template(f"{event}/{locale}/{name}").render(params)


@lru_cache
def templates() -> Templates:
    """The templates of the product, found once."""
    return Templates()


def render(event: str, locale: str, params: Mapping[str, object]) -> RenderedMail:
    """The three texts of a mail.

    Texts in `params` become one line without control characters, so that a customer's name cannot add a
    paragraph of its own. `first_name`, when given, is greeted, unless it looks like a link: sign-up must not
    turn us into a sender of adverts. `macros.html` and `macros.txt` hold the pieces that mails share.

    Raises:
        jinja2.TemplateNotFound: there is no such event or language.
        jinja2.UndefinedError: the template needs a parameter that was not given.
    """
    return templates().render(event, locale, params)


def _greetable(name: str) -> bool:
    return bool(name) and len(name) <= MAX_GREETED and not _LINK_LIKE.search(unicodedata.normalize("NFKC", name))


def _clean(value: object) -> object:
    if isinstance(value, Markup):
        raise TypeError("a mail parameter must be plain text")
    if isinstance(value, str):
        return _CONTROLS.sub(" ", value)[:MAX_PARAM_LENGTH].strip()
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


# --- messages ---


def address(text: str) -> Address:
    """A bare e-mail address, its domain in ASCII (IDNA 2008), safe in a header.

    Raises:
        ValueError: it is no address, or would break out of its header.
    """
    local, _, domain = text.rpartition("@")
    if _CONTROLS.search(text) or any(character.isspace() for character in text):
        raise ValueError("an e-mail address holds blanks or control characters")
    try:
        ascii_only = ascii_domain(domain)
        # The parser of the standard library knows ASCII only: letters of other scripts (RFC 6531) stand in as "x".
        stand_in = "".join(character if character.isascii() else "x" for character in local)
        parsed = Address(addr_spec=f"{stand_in}@{ascii_only}")
    except Exception:  # noqa: BLE001
        # It leaves with IndexError and errors of its own too. Their texts would repeat the address.
        raise ValueError("not an e-mail address") from None
    if parsed.addr_spec != f"{stand_in}@{ascii_only}" or not stand_in or not ascii_only or "@" in stand_in:
        raise ValueError("not an e-mail address")
    return Address(username=local, domain=ascii_only)


def ascii_domain(domain: str) -> str:
    """A domain as mail servers know it: `bücher.example` is `xn--bcher-kva.example`.

    Raises:
        UnicodeError: no domain can be written so.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


def build(mail: RenderedMail, *, to: str, sender: str, message_id: str, at: datetime) -> EmailMessage:
    """The message that goes out.

    Args:
        mail: its texts.
        to: one bare address.
        sender: `Name <address>`, as configured.
        message_id: unique and stable, so that a mail delivered twice is recognised as one.
        at: the moment of its Date header.

    Raises:
        ValueError: an address is none.
    """
    name, sender_address = parseaddr(sender)
    origin = address(sender_address)
    recipient = address(to)
    message = EmailMessage(policy=SMTP if recipient.addr_spec.isascii() else SMTP.clone(utf8=True))
    message["From"] = Address(display_name=name, addr_spec=origin.addr_spec)
    message["To"] = recipient
    message["Subject"] = mail.subject
    message["Date"] = rfc5322_date(at.astimezone(UTC))
    message["Message-ID"] = f"<{message_id}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


# --- transports ---


class DeliveryFailed(Exception):
    """This message was not taken now; a later attempt may succeed. Names no address and no content."""


class TransportDown(DeliveryFailed):
    """Nothing can be sent now, whatever the message."""


class RecipientRefused(DeliveryFailed):
    """The server will never take mail for this recipient.

    A 5xx answer to RCPT (RFC 5321, section 4.2.1), or letters in the address that need SMTPUTF8 (RFC 6531) where the
    server, or one behind it, lacks it.
    """


class Transport(Protocol):
    """A way out for messages."""

    async def send(self, message: EmailMessage) -> None:
        """Returns when the message was taken; raises `DeliveryFailed` when it was not."""


class SmtpTransport:
    """Hands messages to a mail server, each over a connection of its own.

    Args:
        server: which, and how to speak to it.
        timeout: seconds per step.
    """

    def __init__(self, server: SmtpServer, *, timeout: float = SMTP_TIMEOUT) -> None:
        self._timeout = timeout
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
            DeliveryFailed: the server did not answer, or did not let us in.
        """
        try:
            async with aiosmtplib.SMTP(timeout=self._timeout, **self._connection):
                pass
        except _SMTP_ERRORS as error:
            raise _failure(error) from None

    async def send(self, message: EmailMessage) -> None:
        sender, recipient = (message[name].addresses[0] for name in ("From", "To"))
        try:
            await aiosmtplib.send(
                message,
                sender=sender.addr_spec,
                recipients=[recipient.addr_spec],
                local_hostname=sender.domain,
                timeout=self._timeout,
                **self._connection,
            )
        except _SMTP_ERRORS as error:
            raise _failure(error) from None


_SMTP_ERRORS = (aiosmtplib.SMTPException, OSError, TimeoutError, ssl.SSLError, UnicodeError)


def _failure(error: Exception) -> DeliveryFailed:
    """What an SMTP error means to us, without the server's own words: those often repeat the address."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        refusals = error.recipients
        summary = ", ".join(_status(refusal) for refusal in refusals) or "no reason given"
        final = bool(refusals) and all(refusal.code // 100 == PERMANENT for refusal in refusals)
        return (RecipientRefused if final else DeliveryFailed)(f"recipient refused: {summary}")
    name = type(error).__name__
    if isinstance(error, aiosmtplib.SMTPNotSupported):  # aiosmtplib means SMTPUTF8 by it, and nothing else
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
"""RFC 6531, section 3.5: the address, or the header that repeats it, cannot be passed on."""
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

    async def send(self, message: EmailMessage) -> None:
        try:
            await asyncio.to_thread(self._write, message.as_bytes())
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


@dataclass(frozen=True)
class StoredMail:
    """A mail in the folder of `FileTransport`. `id` is its file name without ending."""

    id: str
    subject: str
    to: str
    date: datetime | None
    text: str
    html: str


def read_mailbox(directory: Path, limit: int = 200) -> list[StoredMail]:
    """The mails in a folder, the newest first; none when the folder does not exist."""
    files = sorted(directory.glob("[!.]*.eml"), reverse=True)[:limit] if directory.is_dir() else []
    return list(_read(files))


def _read(files: Iterable[Path]) -> Iterable[StoredMail]:
    for file in files:
        with suppress(FileNotFoundError):  # deleted while we read
            message: Any = BytesParser(policy=default).parsebytes(file.read_bytes())
            body, page = message.get_body(("plain",)), message.get_body(("html",))
            date = message["Date"]
            yield StoredMail(
                id=file.stem,
                subject=str(message["Subject"] or ""),
                to=str(message["To"] or ""),
                date=date.datetime if date else None,
                text=body.get_content().replace("\r\n", "\n") if body else "",
                html=page.get_content().replace("\r\n", "\n") if page else "",
            )


def make_transport(settings: Settings, clock: Clock = system_clock) -> Transport:
    """The way out that is configured: SMTP when there is a server, else files.

    Raises:
        ValueError: mail has nowhere to go.
    """
    if settings.smtp:
        return SmtpTransport(settings.smtp)
    if settings.mail_dir is None:
        raise ValueError("mail has nowhere to go: set NETIM_SMTP_URL (or NETIM_MAIL_DIR)")
    return FileTransport(settings.mail_dir, clock)
