"""The form of a set of backup codes."""

import hmac
from collections.abc import Callable
from hashlib import sha256

COUNT = 10
DIGITS = 6
LOW = 2
"""With this many codes left, or fewer, the customer is asked to make new ones."""


def new_codes(below: Callable[[int], int]) -> tuple[str, ...]:
    """Ten different codes, each of the million equally likely.

    Args:
        below: returns a cryptographically secure uniform random number from 0 up to, but not including, its argument.
    """
    codes: dict[str, None] = {}
    while len(codes) < COUNT:
        codes[f"{below(10**DIGITS):0{DIGITS}d}"] = None
    return tuple(codes)


def digest_of(code: str, key: bytes) -> str:
    """The stored form of a code: HMAC-SHA-256 under the key of its set, in hexadecimal."""
    return hmac.new(key, code.encode(), sha256).hexdigest()


def is_low(left: int) -> bool:
    """Whether the customer should make a new set."""
    return left <= LOW
