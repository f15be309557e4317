"""An authenticator in software, which can lie in every field of its answers."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from netim_app.features.passkeys.rules import decode, encode

ORIGIN = "https://account.netim.example"
RELYING_PARTY = "account.netim.example"
PRESENT, VERIFIED, CAN_SYNC, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
NO_AAGUID = bytes(16)


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


@dataclass
class Key:
    """A key pair of one of the algorithms that we offer."""

    algorithm: int = -7
    private: Any = None

    def __post_init__(self) -> None:
        makers = {
            -7: lambda: ec.generate_private_key(ec.SECP256R1()),
            -8: ed25519.Ed25519PrivateKey.generate,
            -257: lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
            -35: lambda: ec.generate_private_key(ec.SECP384R1()),
        }
        self.private = makers[self.algorithm]()

    @property
    def cose(self) -> bytes:
        public = self.private.public_key()
        if self.algorithm == -8:
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: public.public_bytes_raw()})
        figures = public.public_numbers()
        if self.algorithm == -257:
            return cbor2.dumps({1: 3, 3: -257, -1: _number(figures.n), -2: _number(figures.e)})
        size, curve = (32, 1) if self.algorithm == -7 else (48, 2)
        x, y = figures.x.to_bytes(size, "big"), figures.y.to_bytes(size, "big")
        return cbor2.dumps({1: 2, 3: self.algorithm, -1: curve, -2: x, -3: y})

    def sign(self, data: bytes) -> bytes:
        if self.algorithm == -8:
            return self.private.sign(data)  # type: ignore[no-any-return]
        if self.algorithm == -257:
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[no-any-return]
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))  # type: ignore[no-any-return]


@dataclass
class Authenticator:
    """One passkey. Values given to `register` and `use` by name take the place of the true ones."""

    can_sync: bool = True
    algorithm: int = -7
    counter: int = 0
    """The count that it will say next; 0 for one that does not count."""
    aaguid: bytes = NO_AAGUID
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""

    def __post_init__(self) -> None:
        self.key = Key(self.algorithm)

    def register(self, options: str, **lies: Any) -> str:
        """The answer to a prompt for a new passkey."""
        asked = json.loads(options)
        self.handle = decode(asked["user"]["id"])
        attested = lies.get("attested_id", self.credential_id)
        head = lies.get("aaguid", self.aaguid) + len(attested).to_bytes(2, "big") + attested
        data = self._data(lies, ATTESTED) + head + lies.get("cose", self.key.cose)
        self._count()
        statement = {"fmt": lies.get("fmt", "none"), "attStmt": lies.get("statement", {}), "authData": data}
        return self._answer(
            "webauthn.create",
            asked["challenge"],
            {"attestationObject": encode(cbor2.dumps(statement)), "transports": ["internal", "made up"]},
            lies,
        )

    def use(self, options: str, **lies: Any) -> str:
        """The answer to a prompt for a passkey that exists."""
        data = self._data(lies, 0)
        self._count()
        client = self._client_data("webauthn.get", json.loads(options)["challenge"], lies)
        signed = lies.get("key", self.key).sign(data + hashlib.sha256(client).digest())
        response = {
            "authenticatorData": encode(data),
            "signature": encode(lies.get("signature", signed)),
            "userHandle": encode(lies.get("handle", self.handle)),
        }
        return self._answer("webauthn.get", json.loads(options)["challenge"], response, lies)

    def _count(self) -> None:
        self.counter += 1 if self.counter else 0

    def _data(self, lies: dict[str, Any], flags: int) -> bytes:
        flags |= PRESENT | VERIFIED | (CAN_SYNC | BACKED_UP if self.can_sync else 0)
        party = hashlib.sha256(lies.get("relying_party", RELYING_PARTY).encode()).digest()
        return party + bytes([lies.get("flags", flags)]) + lies.get("counter", self.counter).to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str, lies: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": ORIGIN, "crossOrigin": False}
        return json.dumps({**said, **lies.get("client_data", {})}).encode()

    def _answer(self, kind: str, challenge: str, response: dict[str, Any], lies: dict[str, Any]) -> str:
        client = encode(self._client_data(kind, challenge, lies))
        answer = {
            "id": encode(self.credential_id),
            "rawId": encode(self.credential_id),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {"clientDataJSON": client, **response, **lies.get("response", {})},
        }
        return json.dumps({**answer, **lies.get("answer", {})})
