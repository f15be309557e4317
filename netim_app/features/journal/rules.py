"""How entries are chained, and what is signed. docs/journal.md describes the same. Pure: values in, bytes out."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address
from typing import Any

import rfc8785

from netim_app.core.errors import DomainError

TAG = b"netim-journal-v1\0"
FIRST_PREVIOUS = "0" * 64
"""Replaces the previous hash for entry no. 1."""
SALT_BYTES = 16
YEARS = range(2000, 2200)
_ED25519 = b"\x01"
_GROUPS, _GROUP = 5, 4
_KEY_ID_BYTES = 4


@dataclass(frozen=True)
class Entry:
    """The hashed part of an entry. It has personal values only as commitments: they can be erased without a trace.

    Attributes:
        details: our own words, whole numbers and booleans.
        personal: by name, the `commitment` of a value that is stored beside the entry.
    """

    account_id: int
    number: int
    at: datetime
    event: str
    details: Mapping[str, Any]
    personal: Mapping[str, str]

    def content(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "account": self.account_id,
            "no": self.number,
            "at": moment(self.at),
            "event": self.event,
            "details": dict(self.details),
            "personal": dict(self.personal),
        }


@dataclass(frozen=True)
class Head:
    """Number and hash (64 hexadecimal digits) of an entry: the newest one, or the last removed one."""

    number: int
    hash: str

    @property
    def fingerprint(self) -> str:
        """The beginning of the hash, in readable form: "9f3a-c01b-77de-0c52-e8a4"."""
        return "-".join(self.hash[at : at + _GROUP] for at in range(0, _GROUPS * _GROUP, _GROUP))


def moment(at: datetime) -> str:
    """A moment in UTC, to the millisecond: "2026-11-27T20:23:25.123Z"."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_milliseconds(at: datetime) -> datetime:
    """The moment that `moment` writes."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def commitment(salt: bytes, value: str) -> str:
    """SHA-256 of salt and value. It reveals nothing without both of them."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def hash_of(previous: str, entry: Entry) -> str:
    """The hash of an entry that follows the one with the hash `previous`."""
    return hashlib.sha256(TAG + bytes.fromhex(previous) + rfc8785.dumps(entry.content())).hexdigest()


def head_text(account_id: int, head: Head, at: datetime) -> str:
    """The text to sign about the newest entry."""
    return _text("head", account_id, head, at)


def anchor_text(account_id: int, removed: Head, at: datetime) -> str:
    """The text to sign about the last removed entry, which the first remaining one follows."""
    return _text("anchor", account_id, removed, at)


def is_anchor(text: str, account_id: int, removed: Head) -> bool:
    """Whether a text says, for any time, that this entry was the last removed one."""
    return text.startswith(_about("anchor", account_id, removed))


def _text(kind: str, account_id: int, head: Head, at: datetime) -> str:
    return f"{_about(kind, account_id, head)}time {moment(at)}\n"


def _about(kind: str, account_id: int, head: Head) -> str:
    return f"netim-journal-v1 {kind}\naccount {account_id}\nnumber {head.number}\nhash {head.hash}\n"


def key_line(name: str, public: bytes) -> str:
    """A public key in the format of C2SP signed-note."""
    return f"{name}+{_key_id(name, public).hex()}+{_base64(_ED25519 + public)}"


def note_of(text: str, name: str, public: bytes, signature: bytes) -> str:
    """A text with its Ed25519 signature (C2SP signed-note).

    Args:
        text: the signed text, which ends in a newline.
        name: of the key, without blanks and plus signs.
    """
    return f"{text}\n\N{EM DASH} {name} {_base64(_key_id(name, public) + signature)}\n"


def read_note(note: str) -> tuple[str, bytes]:
    """The text of a note and its signature; the signature is empty if there is none."""
    text, _, line = note.rpartition("\n\N{EM DASH} ")
    try:
        signed = base64.b64decode(line.rpartition(" ")[2])
    except ValueError:
        signed = b""
    return text, signed[_KEY_ID_BYTES:]


def _key_id(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:_KEY_ID_BYTES]


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def read_day(text: str) -> date:
    """A day in the format of browsers: "2026-03-31".

    Raises:
        DomainError: it is not a day, or its year is out of range for a journal.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if day.year not in YEARS:
        raise DomainError("journal.no_day")
    return day


def read_address(text: str) -> str:
    """An IP address in the format of entries.

    Raises:
        DomainError: it is not an address.
    """
    try:
        return str(ip_address(text))
    except ValueError:
        raise DomainError("journal.no_address") from None
