"""Secrets at rest: sealed with a key that is stored outside the database, and bound to their row."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
HEAD_BYTES = len(VERSION) + KEY_ID_BYTES
HEADER_BYTES = HEAD_BYTES + NONCE_BYTES


class VaultError(Exception):
    """No configured key opens these sealed bytes in this context. The message never shows their content."""


class _Key:
    """The keys derived from one secret by HKDF-SHA256 (RFC 5869), with a label for each purpose."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self.id = self._derive(b"netim vault key id", KEY_ID_BYTES)
        self.cipher = AESGCM(self._derive(b"netim vault aes-256-gcm", 32))

    def _derive(self, label: bytes, length: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=label).derive(self._secret)

    def mac_key(self, purpose: str) -> bytes:
        return self._derive(b"netim vault mac " + purpose.encode(), 32)


class Vault:
    """Seals and opens small secrets with AES-256-GCM, and keys digests (ASVS 11.3.3, 13.3.4).

    A sealed value is `version (1) | key id (4) | nonce (12) | ciphertext and tag`, in bytes. The header and
    the context are authenticated, so a value that was changed, or moved to another row, does not open.

    Args:
        secret: the current secret; it seals everything new.
        old_secret: the previous secret during a rotation; empty otherwise.

    Raises:
        ValueError: the secret is empty.
    """

    def __init__(self, secret: str, old_secret: str = "") -> None:
        if not secret:
            raise ValueError("the vault needs a secret")
        self._key = _Key(secret)
        self._keys = {key.id: key for key in ([_Key(old_secret)] if old_secret else []) + [self._key]}

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypts under a fresh random nonce.

        Args:
            plaintext: any bytes, even none.
            context: row and column, such as `totp_authenticator:12:secret`. Opening needs the same context.
        """
        nonce = os.urandom(NONCE_BYTES)
        head = VERSION + self._key.id
        return head + nonce + self._key.cipher.encrypt(nonce, plaintext, _associated(head, context))

    def open(self, sealed: bytes, context: str) -> bytes:
        """The plaintext of `sealed`.

        Raises:
            VaultError: the bytes are damaged, were sealed with an unknown secret, or belong elsewhere.
        """
        head, nonce, key = sealed[:HEAD_BYTES], sealed[HEAD_BYTES:HEADER_BYTES], self._key_of(sealed)
        if key is None or len(sealed) < HEADER_BYTES + TAG_BYTES:
            raise VaultError("sealed with an unknown key or cut short")
        try:
            return key.cipher.decrypt(nonce, sealed[HEADER_BYTES:], _associated(head, context))
        except InvalidTag:
            raise VaultError("damaged, or sealed for another place") from None

    def rewrap(self, sealed: bytes, context: str) -> bytes | None:
        """Seals the same plaintext with the current secret; None when it is so already. For `netim rotate-key`.

        Raises:
            VaultError: as `open`.
        """
        if self._key_of(sealed) is self._key:
            return None
        return self.seal(self.open(sealed, context), context)

    def mac(self, purpose: str, value: bytes) -> str:
        """HMAC-SHA-256 with a key derived from the current secret per purpose, as 64 hexadecimal digits.

        It cannot be rewrapped: after a rotation of the secret it matches no stored value.
        """
        return hmac.new(self._key.mac_key(purpose), value, hashlib.sha256).hexdigest()

    def is_mac(self, purpose: str, value: bytes, claimed: str) -> bool:
        """Whether `mac` returns `claimed`, compared in constant time."""
        return hmac.compare_digest(self.mac(purpose, value).encode(), claimed.encode(errors="replace"))

    def _key_of(self, sealed: bytes) -> _Key | None:
        if sealed[:1] != VERSION:
            return None
        return self._keys.get(sealed[1 : 1 + KEY_ID_BYTES])


def _associated(head: bytes, context: str) -> bytes:
    return head + context.encode()
