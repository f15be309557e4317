"""Random secrets for a browser or a mailbox, and their digests, which we store."""

import hashlib
import re
import secrets
from collections.abc import Mapping

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
"""Characters of a token: letters, digits, `-` and `_`."""
TOKEN = re.compile(rf"[A-Za-z0-9_-]{{{TOKEN_LENGTH}}}")
"""The format of a cookie's value, and of a ticket."""
_DIGEST = re.compile(r"(\w+) ([0-9a-f]{64})?")


def new_token() -> str:
    """A URL-safe secret of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """The SHA-256 of a token as 64 hexadecimal digits. Nothing else of a token is ever stored (ASVS 11.5.1)."""
    return hashlib.sha256(token.encode()).hexdigest()


def authorization_of(digests: Mapping[str, str]) -> str:
    """The value of the Authorization header in which `reflex_guard.cookies.CookieDigests` passes on digests."""
    return "; ".join(f"{kind} {value}" for kind, value in digests.items())


def digests_in(authorization: str) -> dict[str, str]:
    """Reads the digests from a value of `authorization_of`; none from any other value. A missing cookie is empty."""
    found = [_DIGEST.fullmatch(part) for part in authorization.split("; ")]
    return {part[1]: part[2] or "" for part in found if part} if all(found) else {}
