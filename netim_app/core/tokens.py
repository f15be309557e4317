"""Random secrets that a browser or a mailbox holds, and the digest of them that we keep."""

import hashlib
import secrets

TOKEN_BYTES = 32
TOKEN_LENGTH = 43
"""Signs of a token: letters, digits, `-` and `_`."""


def new_token() -> str:
    """A URL-safe secret of 256 random bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """The SHA-256 of a token, as 64 hexadecimal digits: all that is ever stored of it (ASVS 11.5.1)."""
    return hashlib.sha256(token.encode()).hexdigest()
