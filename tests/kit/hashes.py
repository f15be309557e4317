"""Password hashes as other systems make them."""

import base64
import hashlib
import os
from collections.abc import Callable

import bcrypt
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def with_bcrypt(password: str, *, cost: int = 4, prefix: str = "$2b$") -> str:
    """As PHP (`$2y$`), Ruby, Node and others: without a pre-hash, and cut after 72 bytes."""
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost)).decode()
    return made.replace("$2b$", prefix, 1)


def with_argon2(password: str, *, memory: int = 64, passes: int = 1, lanes: int = 2) -> str:
    """In the PHC string format. `memory` in KiB."""
    made = Argon2id(salt=os.urandom(16), length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    return made.derive_phc_encoded(password.encode())


def with_pbkdf2(password: str, *, iterations: int = 1000) -> str:
    """As Django."""
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), b"cFsYVtYtEIxBBGb", iterations)
    return f"pbkdf2_sha256${iterations}$cFsYVtYtEIxBBGb${base64.b64encode(digest).decode()}"


MAKERS: dict[str, Callable[[str], str]] = {"bcrypt": with_bcrypt, "argon2id": with_argon2, "pbkdf2": with_pbkdf2}
