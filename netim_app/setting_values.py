"""Readers of settings. A reader returns the canonical form of a value, or an error of one line.

No message repeats the value, because it may contain a password.
"""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import idna
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from netim_app.setting_domains import is_domain

ORIGIN_PORTS = {"http": 80, "https": 443}
SMTP_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
POSTGRESQL_DRIVERS = ("postgresql", "postgres", "postgresql+psycopg")
"""`postgres` is another name for `postgresql` in libpq."""

_ORIGIN = "must be a bare origin such as https://account.example.com"
_SMTP = "must look like smtp://, smtp+starttls:// or smtps://user:password@mail.example.com:587"
_DATABASE = "must look like postgresql://user:password@host/name or sqlite:////folder/netim.db"
_REDIS = "must look like redis://:password@host:6379/0"
_RESERVED = "; in user and password write %23 for #, %2F for /, %3F for ? and %40 for @"
_SENDER_FORM = "must be an address of yours, such as security@example.com or Support <security@example.com>"
_SUPPORT = "must be an e-mail address such as support@example.com, or an address such as https://example.com/support"
_OBJECT = "must name an object as module:object, such as our_customers:directory"
_HOST = "must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"

_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\\]")
"""`urlsplit` silently drops some of these."""
_SENDER = re.compile(r'(?P<name>"[^"\\]+"|[^"<>@,;:()\\]+?)? *<(?P<address>[^<>\s]+)>|[^<>\s,"]+')
_PLAIN_URL = re.compile(r"[!#-;=?-~]+")
"""ASCII without quotes and angle brackets, so that it is safe in a mail."""


@dataclass(frozen=True)
class SmtpServer:
    """A mail server and how to connect to it."""

    scheme: Literal["smtp", "smtp+starttls", "smtps"]
    host: str
    port: int
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    verify: bool = True
    """Whether an authority that the system trusts must have signed its certificate."""

    @property
    def sends_password_in_clear(self) -> bool:
        """Whether others on the network could read the password."""
        return self.scheme == "smtp" and bool(self.password) and not is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether a name or an address means only this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_origin(text: str) -> str:
    """The origin as browsers send it: lower case, host in ASCII, no default port (RFC 6454).

    Raises:
        ValueError: it is no origin.
    """
    url = _split(text, _ORIGIN)
    if url.scheme not in ORIGIN_PORTS or url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError(_ORIGIN)
    if "@" in url.netloc:
        raise ValueError(f"{_ORIGIN}: no user and no password")
    host = _host(url, _ORIGIN)
    shown = f"[{host}]" if ":" in host else host
    port = url.port or ORIGIN_PORTS[url.scheme]
    return f"{url.scheme}://{shown}" + ("" if port == ORIGIN_PORTS[url.scheme] else f":{port}")


def read_smtp_server(text: str) -> SmtpServer:
    """`smtp://host:25` (plain), `smtp+starttls://user:password@host:587` or `smtps://user:password@host:465`.

    User and password are percent-encoded. TLS certificates are verified against the system's authorities
    (`SSL_CERT_FILE` names others); `?verify=no` turns that off.

    Raises:
        ValueError: it is none of these.
    """
    url = _split(text, _SMTP + _RESERVED)
    if url.scheme not in SMTP_PORTS:
        raise ValueError(_SMTP)
    if url.path not in ("", "/") or url.fragment:
        raise ValueError(_SMTP + _RESERVED)
    options = parse_qs(url.query, keep_blank_values=True)
    if set(options) - {"verify"} or options.get("verify", ["yes"]) not in (["yes"], ["no"]):
        raise ValueError("knows one option: verify=yes or verify=no" + _RESERVED)
    user, password = unquote(url.username or ""), unquote(url.password or "")
    if bool(user) != bool(password):
        raise ValueError("needs both, user and password, or neither of them")
    host = _host(url, _SMTP + _RESERVED)
    verify = options.get("verify") != ["no"]
    return SmtpServer(url.scheme, host, url.port or SMTP_PORTS[url.scheme], user, password, verify)  # type: ignore[arg-type]


def read_redis_url(text: str) -> str:
    """`redis://` or `rediss://` (with TLS), with a host and optionally the number of a database.

    Raises:
        ValueError: it is neither.
    """
    url = _split(text, _REDIS + _RESERVED)
    if url.scheme not in ("redis", "rediss"):
        raise ValueError(_REDIS)
    if url.fragment or "@" in url.query or not re.fullmatch(r"(/\d{0,4})?", url.path):
        raise ValueError(_REDIS + _RESERVED)
    _host(url, _REDIS + _RESERVED)
    return text


def read_database_url(text: str) -> str:
    """`postgresql://...` (also as `postgres://...`), or `sqlite:///` with a file.

    Raises:
        ValueError: it is neither.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(_DATABASE + _RESERVED) from None
    if url.drivername == "sqlite":
        _check_sqlite(url)
        return text
    if url.drivername not in POSTGRESQL_DRIVERS or not (url.host or url.query.get("host") or url.database):
        raise ValueError(_DATABASE)
    # An unescaped `@` in a password cuts it: the rest would count as the host, and be shown.
    cut = text.count("@") > (url.username is not None)
    if cut or _UNFIT.search(f"{url.host}{url.database}") or not 0 < (url.port or 1) < 65536:  # noqa: PLR2004  ports
        raise ValueError(_DATABASE + _RESERVED)
    if url.drivername == "postgres":
        return text.replace("postgres", "postgresql", 1)
    return text


def _check_sqlite(url: URL) -> None:
    if url.host or not url.database or url.database == ":memory:":
        raise ValueError(f"{_DATABASE}: SQLite needs a file")


def with_absolute_file(text: str) -> str:
    """The URL of an SQLite file with an absolute path; any other URL unchanged."""
    url = make_url(text)
    if url.drivername != "sqlite" or not url.database or url.database.startswith(("/", "file:")):
        return text
    return url.set(database=str(Path(url.database).absolute())).render_as_string(hide_password=False)


def read_breached_passwords(text: str) -> str:
    """`off`, `api` for Pwned Passwords, or a folder with a copy of its ranges (`00000.txt` to `FFFFF.txt`).

    Raises:
        ValueError: it is none of them.
    """
    if text in ("off", "api"):
        return text
    folder = Path(text)
    if not folder.is_absolute() or not folder.is_dir():
        raise ValueError("must be off, api, or the absolute path of a folder that can be read")
    return text


def read_object_path(text: str) -> str:
    """The path of a Python object: `module:object`.

    Raises:
        ValueError: it is none.
    """
    module, _, name = text.partition(":")
    if name.isidentifier() and all(part.isidentifier() for part in module.split(".")):
        return text
    raise ValueError(_OBJECT)


def read_listening_host(text: str) -> str:
    """The address to listen on. `localhost` becomes 127.0.0.1, and brackets around IPv6 are removed.

    Raises:
        ValueError: it is no address.
    """
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if bare.lower() == "localhost":
        return "127.0.0.1"
    try:
        if "%" not in bare:
            return str(ip_address(bare))
    except ValueError:
        pass
    raise ValueError(_HOST)


def read_sender(text: str) -> str:
    """`Name <address>` or the address alone, its domain in ASCII.

    Only ASCII is allowed before the `@`: not every mail server accepts other letters from a sender.

    Raises:
        ValueError: it is neither.
    """
    parts = _SENDER.fullmatch(text)
    if not parts or not text.isprintable():
        raise ValueError(_SENDER_FORM)
    try:
        found = validate_email(parts["address"] or text, check_deliverability=False, allow_smtputf8=False).ascii_email
    except EmailNotValidError:
        raise ValueError(_SENDER_FORM) from None
    return f"{parts['name']} <{found}>" if parts["name"] else str(found)


def read_support_contact(text: str) -> str:
    """An email address or an https URL for customers who need support.

    Raises:
        ValueError: it is neither.
    """
    if "://" not in text:
        try:
            return validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email or ""
        except EmailNotValidError:
            raise ValueError(_SUPPORT) from None
    url = _split(text, _SUPPORT)
    if url.scheme != "https" or "@" in url.netloc or not _PLAIN_URL.fullmatch(text):
        raise ValueError(_SUPPORT)
    _host(url, _SUPPORT)
    return text


def _split(text: str, problem: str) -> SplitResult:
    """The parts of a URL. Its port, if it has one, is valid."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ValueError(problem) from None
    if _UNFIT.search(text) or port == 0:
        raise ValueError(problem)
    return url


def _host(url: SplitResult, problem: str) -> str:
    """The host of a URL in lower case and ASCII, without a trailing dot. IP addresses are in their short form."""
    name = url.hostname or ""
    if ":" in name or name.replace(".", "").isdecimal():
        return _literal_address(name, problem)
    try:
        ascii_name = name if name.isascii() else idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        raise ValueError(problem) from None
    ascii_name = ascii_name.removesuffix(".")
    if not is_domain(ascii_name):
        raise ValueError(problem)
    return ascii_name


def _literal_address(name: str, problem: str) -> str:
    try:
        if "%" not in name:
            return str(ip_address(name))
    except ValueError:
        pass
    raise ValueError(problem)
