"""How passwords are stored: bcrypt over a fixed-length pre-hash, because bcrypt reads only 72 bytes.

The pre-hash key is a public label, not the secret key: rotating the secret must never make passwords unusable.
`password_policy` decides which passwords are accepted.

Spelling: passwords are converted to their composed form (NFC), as RFC 8265 (OpaqueString) requires and NIST allows.
Keyboards and systems encode the same "é" in different ways that nobody can see. Nothing else is changed: case, blanks
and look-alikes matter.
"""

import base64
import hashlib
import hmac
import os
import time
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

import bcrypt

from netim_app.identity import imported_hashes, password_queues

_PREHASH_LABEL = b"netim-direct password v1"
_LEAST_COST = 4
_MEASURED = 3
"""How often a check of another system's hash is timed; the fastest run counts."""


def composed(password: str) -> str:
    """The composed form (NFC), which is the same for all encodings of one text."""
    return unicodedata.normalize("NFC", password)


def _prehash(password: str) -> bytes:
    mac = hmac.new(_PREHASH_LABEL, password.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b64encode(mac.digest())


def hash_password(password: str, cost: int) -> str:
    """A bcrypt hash with its own salt. Takes about a quarter of a second at cost 12: see `hash_in_pool`."""
    return bcrypt.hashpw(_prehash(composed(password)), bcrypt.gensalt(cost)).decode()


def password_matches(password: str, hashed: str) -> bool:
    """Whether `password` is the one that was hashed. Takes as long as a hash."""
    if imported_hashes.is_imported(hashed):
        return imported_hashes.matches(password, hashed)
    return bcrypt.checkpw(_prehash(composed(password)), hashed.encode())


def needs_rehash(hashed: str, cost: int) -> bool:
    """Whether the hash was made with a lower cost than today's, or by another system."""
    return imported_hashes.is_imported(hashed) or _cost_of(hashed) < cost


def _cost_of(hashed: str) -> int:
    return int(hashed.split("$")[2])


def _matches_in_time(password: str, hashed: str, cost: int) -> bool:
    """`password_matches`, in the time that a hash of `cost` takes.

    Each step of the cost doubles the time, so 2^4 + 2^4 + 2^5 = 2^6: checks of dummies take the time that a hash of an
    older, lower cost saves. Otherwise a wrong password would be refused sooner if the account exists.
    """
    right = password_matches(password, hashed)
    for missing in _missing_costs(hashed, cost):
        password_matches(password, dummy_hash(missing))
    return right


def _missing_costs(hashed: str, cost: int) -> Sequence[int]:
    """The costs of extra checks that, together with a check of `hashed`, take as long as one of `cost`."""
    if imported_hashes.is_imported(hashed) and not imported_hashes.is_bcrypt(hashed):
        key = (imported_hashes.parameters(hashed), cost)
        if key not in _measured:
            # The thread's CPU time ignores other work; a check that uses several threads needs wall time.
            clock = time.perf_counter if imported_hashes.has_lanes(hashed) else time.thread_time
            _measured[key] = costs_of_share(1 - _seconds(hashed, clock) / _seconds(dummy_hash(cost), clock), cost)
        return _measured[key]
    return range(_cost_of(hashed), cost)


_measured: dict[tuple[str, int], Sequence[int]] = {}
"""Keyed by the parameters of another system's hash and our cost. Few entries, because a system uses few parameters."""


def costs_of_share(share: float, cost: int) -> Sequence[int]:
    """The costs whose hashes take this share of the time of `cost`, to within the least cost. Empty if below 0."""
    found = []
    for lower in range(cost - 1, _LEAST_COST - 1, -1):
        if share >= 2.0 ** (lower - cost):
            share -= 2.0 ** (lower - cost)
            found.append(lower)
    return found


def _seconds(hashed: str, clock: Callable[[], float]) -> float:
    """The time of one undisturbed check."""
    taken = []
    for _ in range(_MEASURED):
        begun = clock()
        password_matches("", hashed)
        taken.append(clock() - begun)
    return min(taken)


@lru_cache
def dummy_hash(cost: int) -> str:
    """A hash that no password matches. It is checked if no account exists, so that both answers take equally long."""
    return hash_password(base64.b64encode(os.urandom(32)).decode(), cost)


async def hash_in_pool(password: str, cost: int) -> str:
    """`hash_password` off the event loop, when the caller's turn comes (`password_queues.hash_place`)."""
    return await password_queues.hash_in_turn(hash_password, password, cost)


async def matches_in_pool(password: str, hashed: str, cost: int) -> bool:
    """`password_matches` off the event loop, when the caller's turn comes (`password_queues.hash_place`).

    It takes as long as a hash of `cost`, even for a hash made before the cost was raised, or by another system. Hashes
    that cost more, made before the cost was lowered or by a costlier system, take longer: that is not hidden.
    """
    return await password_queues.hash_in_turn(_matches_in_time, password, hashed, cost)
