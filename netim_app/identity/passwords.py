"""The policy for passwords, and how they are stored.

Policy: docs/security.md (NIST SP 800-63B-4, ASVS 6.2). Storage: bcrypt over a fixed-length
pre-hash, because bcrypt reads 72 bytes only. The pre-hash key is a public label, not the secret key: rotating the
secret must never make passwords unusable.

Spelling: a password counts in its composed form (NFC), as RFC 8265 (OpaqueString) has it and NIST allows. Keyboards and
systems differ in how they send the same "é", and nobody sees which it was. Nothing else is changed: case, blanks and
look-alikes count.
"""

import base64
import hashlib
import hmac
import math
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import bcrypt
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

from netim_app.core.forms import MAX_SECRET_LENGTH, Form
from netim_app.identity import password_queues

POLICY_VERSION = 1
"""Raise it when the policy gets stricter: older passwords then stop counting in the gauge."""
MIN_SCORE = 3
PRODUCT_WORDS = ("netim", "netimdirect", "netim direct", "domain", "registrar")
_SCORED_LENGTH = 24
_READINGS = 32
"""Zxcvbn's cost explodes with the length of a hostile text, and with the ways to read its digits and signs as letters
("1" for "i" or "l"), all of which it tries: 72 characters can hold a core for minutes, 24 for a second. So a longer
password is judged by its first and its last characters, as many as have no more than so many readings: the rest only
helps. That takes some 15 ms for each end at most."""
_MIN_DISTINCT = 4
_MIN_UNKNOWN_LENGTH = 8
_MIN_WORD_LENGTH = 3
_PREHASH_LABEL = b"netim-direct password v1"


def policy(min_length: int) -> int:
    """A number for today's policy that is larger the stricter it is: a longer minimum counts like a new version."""
    return POLICY_VERSION * 1000 + min_length


def strength(password: str, personal: Sequence[str]) -> int:
    """Zxcvbn's score, 0 to 4, where `personal` words count as known to the attacker."""
    if not password:
        return 0
    words = [word for word in (*PRODUCT_WORDS, *personal) if word]
    ends = {_cheap_start(password), _cheap_start(password[::-1])[::-1]}
    return max(int(zxcvbn(end, user_inputs=words)["score"]) for end in ends)


def _cheap_start(password: str) -> str:
    """The longest beginning that zxcvbn judges without much work."""
    start = password[:_SCORED_LENGTH]
    while _readings(start) > _READINGS:
        start = start[:-1]
    return start


def _readings(text: str) -> int:
    """How many spellings zxcvbn tries at most, because signs stand for letters."""
    present = [[sign for sign in signs if sign in text] for signs in L33T_TABLE.values()]
    letters = Counter(chain.from_iterable(present))
    ambiguous = sum(1 for count in letters.values() if count > 1)
    return math.prod([2] * ambiguous + [len(signs) for signs in present if signs])


def weakness(password: str, *, personal: Sequence[str], min_length: int) -> str:
    """Why the policy refuses a password, as a text key; empty when it is acceptable.

    Args:
        password: as typed.
        personal: e-mail address and names of its owner.
        min_length: in characters.
    """
    lowered = password.casefold()
    if len(password) < min_length:
        return "password.too_short"
    if len(password) > MAX_SECRET_LENGTH:
        return "password.too_long"
    if len(_without_known_words(lowered, personal)) < _MIN_UNKNOWN_LENGTH:
        return "password.personal"
    if len(set(lowered)) < _MIN_DISTINCT:
        return "password.weak"
    if strength(password, personal) < MIN_SCORE:
        return "password.weak"
    return ""


def _without_known_words(lowered: str, personal: Sequence[str]) -> str:
    """What an attacker who knows the product and the customer would still have to guess."""
    known = {
        *PRODUCT_WORDS,
        *(part for word in personal for part in (word.casefold(), *word.casefold().split("@"))),
    }
    for word in sorted(known, key=len, reverse=True):
        if len(word) >= _MIN_WORD_LENGTH:
            lowered = lowered.replace(word, "")
    return lowered


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
    return bcrypt.checkpw(_prehash(composed(password)), hashed.encode())


def needs_rehash(hashed: str, cost: int) -> bool:
    """Whether the hash was made with a lower cost than today's."""
    return _cost_of(hashed) < cost


def _cost_of(hashed: str) -> int:
    return int(hashed.split("$")[2])


def _matches_in_time(password: str, hashed: str, cost: int) -> bool:
    """`password_matches`, in the time that a hash of `cost` takes.

    Each step of the cost doubles the time, so 2^4 + 2^4 + 2^5 = 2^6: checks of dummies make up for what a hash of an
    older, lower cost saves. Or a wrong password would be refused sooner where there is an account.
    """
    right = password_matches(password, hashed)
    for missing in range(_cost_of(hashed), cost):
        password_matches(password, dummy_hash(missing))
    return right


@lru_cache
def dummy_hash(cost: int) -> str:
    """A hash that no password matches: checked when there is no account, so that both answers take equally long."""
    return hash_password(base64.b64encode(os.urandom(32)).decode(), cost)


async def hash_in_pool(password: str, cost: int) -> str:
    """`hash_password` off the event loop, when it is the caller's turn (`password_queues.hash_place`)."""
    return await password_queues.hash_in_turn(hash_password, password, cost)


async def matches_in_pool(password: str, hashed: str, cost: int) -> bool:
    """`password_matches` off the event loop, when it is the caller's turn (`password_queues.hash_place`).

    It takes as long as a hash of `cost` does, also for one that was made before the cost was raised. That a cost was
    lowered is not hidden: older hashes take longer then.
    """
    return await password_queues.hash_in_turn(_matches_in_time, password, hashed, cost)


async def score_typed(password: object, address: str = "") -> int:
    """Zxcvbn's score of a password that is still being typed, off the event loop.

    -1 for nothing to rate, and while somebody waits who has sent a new password.
    """
    if not isinstance(password, str) or not password or len(password) > MAX_SECRET_LENGTH:
        return -1
    score = await password_queues.rate_if_idle(address, strength, password, ())
    return -1 if score is None else score


async def read_new(form: Form, name: str, *, personal: Sequence[str], min_length: int) -> str:
    """A password that today's policy accepts, composed.

    Count a `limits.allow_new_password` and take a `password_queues.judge_place` before.
    """
    password = composed(form.secret(name))
    if password:
        reason = await password_queues.judge_in_turn(weakness, password, personal=personal, min_length=min_length)
        if reason:
            return form.refuse(name, reason, limit=min_length)
    return password
