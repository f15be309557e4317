"""How passwords are stored: bcrypt over a fixed-length pre-hash, because bcrypt reads 72 bytes only.

The pre-hash key is a public label, not the secret key: rotating the secret must never make passwords unusable.
`password_policy` says which are accepted.

Spelling: a password counts in its composed form (NFC), as RFC 8265 (OpaqueString) has it and NIST allows. Keyboards and
systems differ in how they send the same "é", and nobody sees which it was. Nothing else is changed: case, blanks and
look-alikes count.
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
"""Checks of which the quickest tells what a hash of another system costs."""


def composed(password: str) -> str:
    """The one form (NFC) of all that look and mean the same."""
    return unicodedata.normalize("NFC", password)


def _prehash(password: str) -> bytes:
    mac = hmac.new(_PREHASH_LABEL, password.encode("utf-8", "surrogatepass"), hashlib.sha256)
    return base64.b64encode(mac.digest())


def hash_password(password: str, cost: int) -> str:
    """A bcrypt hash with a salt of its own. Takes about a quarter of a second at cost 12: see `hash_in_pool`."""
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

    Each step of the cost doubles the time, so 2^4 + 2^4 + 2^5 = 2^6: checks of dummies make up for what a hash of an
    older, lower cost saves. Or a wrong password would be refused sooner where there is an account.
    """
    right = password_matches(password, hashed)
    for missing in _missing_costs(hashed, cost):
        password_matches(password, dummy_hash(missing))
    return right


def _missing_costs(hashed: str, cost: int) -> Sequence[int]:
    """The costs of the checks that take, together with one of `hashed`, as long as one of `cost`."""
    if imported_hashes.is_imported(hashed) and not imported_hashes.is_bcrypt(hashed):
        key = (imported_hashes.parameters(hashed), cost)
        if key not in _measured:
            # Its own time, which no other work disturbs; unless the check works in several threads.
            clock = time.perf_counter if imported_hashes.has_lanes(hashed) else time.thread_time
            _measured[key] = costs_of_share(1 - _seconds(hashed, clock) / _seconds(dummy_hash(cost), clock), cost)
        return _measured[key]
    return range(_cost_of(hashed), cost)


_measured: dict[tuple[str, int], Sequence[int]] = {}
"""By the parameters of a hash of another system, and our cost: few, because a system has few."""


def costs_of_share(share: float, cost: int) -> Sequence[int]:
    """The costs that take this share of what one hash of `cost` takes, to the time of the least cost. None below 0."""
    found = []
    for lower in range(cost - 1, _LEAST_COST - 1, -1):
        if share >= 2.0 ** (lower - cost):
            share -= 2.0 ** (lower - cost)
            found.append(lower)
    return found


def _seconds(hashed: str, clock: Callable[[], float]) -> float:
    """What one check takes when nobody disturbs it."""
    taken = []
    for _ in range(_MEASURED):
        begun = clock()
        password_matches("", hashed)
        taken.append(clock() - begun)
    return min(taken)


@lru_cache
def dummy_hash(cost: int) -> str:
    """A hash that no password matches: checked when there is no account, so that both answers take equally long."""
    return hash_password(base64.b64encode(os.urandom(32)).decode(), cost)


async def hash_in_pool(password: str, cost: int) -> str:
    """`hash_password` off the event loop, when it is the caller's turn (`password_queues.hash_place`)."""
    return await password_queues.hash_in_turn(hash_password, password, cost)


async def matches_in_pool(password: str, hashed: str, cost: int) -> bool:
    """`password_matches` off the event loop, when it is the caller's turn (`password_queues.hash_place`).

    It takes as long as a hash of `cost` does, also for one that was made before the cost was raised, or by another
    system. That a cost was lowered is not hidden, nor that another system's is higher: such hashes take longer.
    """
    return await password_queues.hash_in_turn(_matches_in_time, password, hashed, cost)
