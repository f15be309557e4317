"""Random secrets that a browser or a mailbox holds, and the digest of them that we keep."""

import hashlib
import re
import secrets
from collections.abc import Mapping

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
"""Signs of a token: letters, digits, `-` and `_`."""
TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")
"""The format of a cookie's value, and of a ticket."""
_DIGEST = re.compile(r"(\w+) ([0-9a-f]{64})?")


def new_token() -> str:
    """A URL-safe secret of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """The SHA-256 of a token, as 64 hexadecimal digits: all that is ever stored of it (ASVS 11.5.1)."""
    return hashlib.sha256(token.encode()).hexdigest()


def authorization_of(digests: Mapping[str, str]) -> str:
    """The value of the Authorization header in which `reflex_guard.cookies.CookieDigests` tells digests."""
    return "; ".join(f"{kind} {value}" for kind, value in digests.items())


def digests_in(authorization: str) -> dict[str, str]:
    """Reads what `authorization_of` wrote; nothing in anything else. A cookie that was not sent is empty."""
    found = [_DIGEST.fullmatch(part) for part in authorization.split("; ")]
    return {part[1]: part[2] or "" for part in found if part} if all(found) else {}
