"""Builds the message from a mail's texts, and checks the addresses in it."""

import re
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime as rfc5322_date
from email.utils import formataddr, parseaddr

import idna

from netim_app.brand.brand import get_brand

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")

_FAST = compat32.clone(linesep="\r\n")
"""Writes headers four times as fast as the newer policies, which also decode anything like an encoded word."""


@dataclass(frozen=True)
class RenderedMail:
    """The three texts of a mail and their language, which is empty when unknown. `subject` is one line."""

    subject: str
    text: str
    html: str
    language: str = ""


def address(text: str) -> Address:
    """A bare e-mail address, its domain in ASCII (IDNA 2008), safe in a header.

    Raises:
        ValueError: it is no address, or could inject a header.
    """
    local, _, domain = text.rpartition("@")
    if CONTROLS.search(text) or any(character.isspace() for character in text):
        raise ValueError("an e-mail address holds blanks or control characters")
    try:
        ascii_only = ascii_domain(domain)
        # The parser of the standard library knows ASCII only, so "x" replaces letters of other scripts (RFC 6531).
        stand_in = "".join(character if character.isascii() else "x" for character in local)
        parsed = Address(addr_spec=f"{stand_in}@{ascii_only}")
    except Exception:  # noqa: BLE001
        # The parser also raises IndexError and errors of its own. Their texts would repeat the address.
        raise ValueError("not an e-mail address") from None
    if parsed.addr_spec != f"{stand_in}@{ascii_only}" or not stand_in or not ascii_only or "@" in stand_in:
        raise ValueError("not an e-mail address")
    return Address(username=local, domain=ascii_only)


def ascii_domain(domain: str) -> str:
    """A domain as mail servers know it: `bücher.example` is `xn--bcher-kva.example`.

    Raises:
        UnicodeError: it is no valid domain.
    """
    return domain if domain.isascii() else idna.encode(domain, uts46=True).decode()


def sender_of(mail_from: str) -> str:
    """`Name <address>`. A sender without a name gets the name of the brand."""
    return mail_from if "<" in mail_from else str(Address(get_brand().sender_name, addr_spec=mail_from))


@dataclass(frozen=True)
class Message:
    """A message for a mail server.

    Attributes:
        sender, recipient: bare addresses. A recipient beyond ASCII needs SMTPUTF8 (RFC 6531).
        content: headers and texts, with CRLF.
    """

    sender: str
    recipient: str
    content: bytes


def build(mail: RenderedMail, *, to: str, sender: str, message_id: str, at: datetime, thread: str = "") -> Message:
    """Builds the message. It has no List-Unsubscribe: with it, anybody who has the mail could turn alerts off.

    Args:
        mail: its texts.
        to: one bare address.
        sender: `Name <address>`, as configured.
        message_id: unique and stable, so that a mail delivered twice is recognised as one.
        at: the time in its Date header.
        thread: an id that is the same for all mails that a mail program should show together.

    Raises:
        ValueError: an address is invalid, or a header would have a second line.
    """
    name, sender_address = parseaddr(sender)
    origin, recipient = address(sender_address), address(to)
    headers = {
        "From": formataddr((name, origin.addr_spec)),
        "Subject": mail.subject,
        "Date": rfc5322_date(at.astimezone(UTC)),
        "Message-ID": f"<{message_id}@{origin.domain}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no out-of-office answers
        "X-Auto-Response-Suppress": "All",  # the same for Exchange
    }
    if thread:  # each mail replies to the same id, which no mail has
        headers["In-Reply-To"] = headers["References"] = f"<{thread}@{origin.domain}>"
    if mail.language:
        headers["Content-Language"] = mail.language
    parts = [_part("plain", mail.text), _part("html", mail.html)]
    # Quoted-printable never writes "=_".
    message = MIMEMultipart("alternative", f"=_{message_id}", parts, policy=_FAST)
    for header, value in headers.items():
        if CONTROLS.search(value):
            raise ValueError(f"{header} is more than one line")
        message[header] = value
    if "=?" in mail.subject:  # a device name that looks like an encoded word is shown as typed
        message.replace_header("Subject", Header(mail.subject, "utf-8", header_name="Subject"))  # type: ignore[arg-type]  # the stub knows text only
    to_line = f"To: {recipient.addr_spec}\r\n".encode()  # RFC 6531 allows UTF-8 there; the classes above do not
    return Message(origin.addr_spec, recipient.addr_spec, to_line + message.as_bytes())


def _part(subtype: str, text: str) -> MIMENonMultipart:
    """One text, encoded in C. `MIMEText` encodes it in Python, which takes ten times as long."""
    part = MIMENonMultipart("text", subtype, policy=_FAST, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode()).decode("ascii"))
    return part
