"""Password hashes from other systems: which ones are accepted, and how a password is compared with them.

A stored one starts with `PREFIX`. The first right password replaces it by a hash of our own: see
`flows.check_password`. Passwords are compared as typed, in UTF-8, because that is what other systems have hashed.
"""

import base64
import binascii
import hashlib
import hmac
import re

import bcrypt
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

PREFIX = "imported:"
"""Only this tells a foreign bcrypt hash from one of ours, which is made over a pre-hash."""
MAX_LENGTH = 180
MAX_BCRYPT_COST = 14
MAX_PBKDF2_ITERATIONS = 2_000_000
MAX_ARGON2_MEMORY = 131_072
"""In KiB, per check. Up to one check per core runs at the same time."""
MAX_ARGON2_WORK = 524_288
"""Memory in KiB times passes. Each limit on cost allows about as much as four of our own hashes."""
MAX_ARGON2_LANES = 16
_MIN_SALT, _MAX_SALT = 8, 48
_DIGESTS = (16, 24, 32, 48, 64)
"""Sizes of an Argon2 digest in bytes. A digest of another size was truncated."""
_LEAST_BCRYPT_COST = 4
_READ_BY_BCRYPT = 72
"""Bytes. Other systems truncate longer passwords; the library refuses them."""
_BCRYPT = re.compile(r"(?:bcrypt\$)?(?P<hash>\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53})")
_ARGON2 = re.compile(
    r"(?:argon2)?(?P<hash>\$argon2id\$v=19\$m=(?P<memory>[0-9]{1,9}),t=(?P<passes>[0-9]{1,9}),p=(?P<lanes>[0-9]{1,9})"
    r"\$(?P<salt>[A-Za-z0-9+/]+)\$(?P<digest>[A-Za-z0-9+/]+))"
)
_PBKDF2 = re.compile(
    r"(?P<hash>pbkdf2_sha256\$(?P<iterations>[0-9]{1,9})\$(?P<salt>[!-#%-~]+)\$(?P<digest>[A-Za-z0-9+/]{43}=))"
)
_KNOWN = (_BCRYPT, _ARGON2, _PBKDF2)
TOO_COSTLY = "password_hash: costs too much to check at each login"
NOT_KNOWN = "password_hash: is neither bcrypt ($2a$, $2b$, $2y$) nor argon2id (v=19) nor pbkdf2_sha256 of Django"
DAMAGED = "password_hash: is damaged"


def fault(text: str) -> str | None:
    """Why a hash is refused; None if it is accepted. The reason never repeats the hash."""
    if len(text) <= MAX_LENGTH:
        for form, judge in ((_BCRYPT, _bcrypt_fault), (_ARGON2, _argon2_fault), (_PBKDF2, _pbkdf2_fault)):
            if found := form.fullmatch(text):
                return judge(found)
    return NOT_KNOWN


def _bcrypt_fault(found: re.Match[str]) -> str | None:
    cost = int(found["cost"])
    if cost > MAX_BCRYPT_COST:
        return TOO_COSTLY
    try:
        bcrypt.checkpw(b"", b"$2b$04$" + found["hash"][7:].encode())
    except ValueError:
        return DAMAGED
    return None if cost >= _LEAST_BCRYPT_COST else DAMAGED


def _argon2_fault(found: re.Match[str]) -> str | None:
    memory, passes, lanes = (int(found[name]) for name in ("memory", "passes", "lanes"))
    if memory > MAX_ARGON2_MEMORY or memory * passes > MAX_ARGON2_WORK or lanes > MAX_ARGON2_LANES:
        return TOO_COSTLY
    right_sizes = _MIN_SALT <= _size(found["salt"]) <= _MAX_SALT and _size(found["digest"]) in _DIGESTS
    return None if right_sizes and passes and lanes and memory >= 8 * lanes else DAMAGED


def _size(unpadded: str) -> int:
    try:
        return len(base64.b64decode(unpadded + "=" * (-len(unpadded) % 4), validate=True))
    except binascii.Error:
        return 0


def _pbkdf2_fault(found: re.Match[str]) -> str | None:
    iterations = int(found["iterations"])
    if iterations > MAX_PBKDF2_ITERATIONS:
        return TOO_COSTLY
    return None if iterations else DAMAGED


def to_store(text: str) -> str:
    """The stored form of a hash that `fault` has accepted."""
    found = next(filter(None, (form.fullmatch(text) for form in _KNOWN)))
    return PREFIX + found["hash"]


def is_imported(stored: str) -> bool:
    """Whether this hash comes from another system."""
    return stored.startswith(PREFIX)


def parameters(stored: str) -> str:
    """The hash without salt and digest: the cost of a check depends only on this."""
    return stored.rsplit("$", 2)[0]


def is_bcrypt(stored: str) -> bool:
    """Whether this is a bcrypt hash, whose cost compares with that of our own."""
    return stored.startswith(f"{PREFIX}$2")


def has_lanes(stored: str) -> bool:
    """Whether a check uses several threads."""
    return stored.startswith(f"{PREFIX}$argon2id$") and not parameters(stored).endswith(",p=1")


def matches(password: str, stored: str) -> bool:
    """Whether `password` is the one that was hashed. Takes the time of one hash, right or wrong."""
    typed, hashed = password.encode("utf-8", "surrogatepass"), stored.removeprefix(PREFIX)
    if hashed.startswith("$2"):
        return bcrypt.checkpw(typed[:_READ_BY_BCRYPT], hashed.encode())
    check = _argon2_matches if hashed.startswith("$argon2id$") else _pbkdf2_matches
    return check(typed, hashed)


def _argon2_matches(typed: bytes, hashed: str) -> bool:
    try:
        Argon2id.verify_phc_encoded(typed, hashed)
    except InvalidKey:
        return False
    return True


def _pbkdf2_matches(typed: bytes, hashed: str) -> bool:
    _, iterations, salt, digest = hashed.split("$")
    made = hashlib.pbkdf2_hmac("sha256", typed, salt.encode(), int(iterations))
    return hmac.compare_digest(made, base64.b64decode(digest))
