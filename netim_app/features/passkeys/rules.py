"""The format of browser answers, and the meaning of a passkey's figures."""

import base64
import binascii
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, Protocol

MAX_PASSKEYS = 10
MAX_NAME = 40
CHALLENGE_LIFE = timedelta(minutes=5)
MAX_ANSWER = 16_384
"""Characters of an answer. The longest valid one, with an id of 1023 bytes and an RSA key, takes about 6,000."""
MAX_ID_BYTES = 1023
HANDLE_BYTES = 64
FORMATS = ("none", "packed")
"""Attestation formats. We request none, but an authenticator may attest itself. Others are refused unverified."""
RSA_BITS = range(2048, 4097)
RSA_EXPONENT = 65537
"""The exponent that authenticators use (TPM 2.0)."""
_ED25519_FIELD = 2**255 - 19
_OF_ORDER_8 = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
_SMALL_ORDER = {0, 1, _ED25519_FIELD - 1, *_OF_ORDER_8}
"""The y of the Ed25519 points whose order divides 8 (RFC 8032, 5.1). Anybody can forge signatures for them."""
TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")
NO_PROVIDER = "00000000-0000-0000-0000-000000000000"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,12000}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

Purpose = Literal["register", "login", "code", "step_up", "only", "only_with_code"]
"""`only`: to make passkeys the only way in; `only_with_code`: the same, after a right backup code."""
Counter = Literal["fine", "fell"]
Lacks = Literal["", "code", "passkey"]
RECOVERY_WAIT = timedelta(hours=24)
"""The waiting period of a recovery without passkeys, after a backup code has proved the customer."""
RECOVERY_FACTOR = "passkey_recovery"
"""The factor of a login after that waiting period, for the journal."""
RECOVERY_LINK_LIFE = timedelta(hours=1)
RECOVERY_OPEN_FOR = timedelta(days=7)
"""How long the recovery can be finished after the waiting period. Later, the customer must start again."""


class BadAnswerError(ValueError):
    """An answer that does not match the request. Customers see the same sentence for every fault."""


@dataclass(frozen=True)
class Answer:
    """An answer in the right format; nothing in it is verified yet."""

    credential: dict[str, Any]
    """In the format of `webauthn`."""
    credential_id: bytes
    user_handle: bytes
    """Empty if there is none."""
    transports: tuple[str, ...]


def named_challenge(text: str) -> str:
    """The challenge in the answer's signed client data, in base64url, whatever else is wrong with the answer.

    Raises:
        BadAnswerError: it has no challenge.
    """
    response = _json_object(text, MAX_ANSWER).get("response")
    named = _client_data(response.get("clientDataJSON")).get("challenge") if isinstance(response, dict) else None
    if not isinstance(named, str) or not _CHALLENGE.fullmatch(named):
        raise BadAnswerError("challenge")
    return named


def read_answer(text: str, *, registers: bool) -> Answer:
    """Parses an answer from a page.

    Raises:
        BadAnswerError: its size or format is wrong, or it comes from a page inside another one.
    """
    sent = _json_object(text, MAX_ANSWER)
    response = sent.get("response")
    if not isinstance(response, dict) or sent.get("type") != "public-key":
        raise BadAnswerError("type")
    parts = ("attestationObject",) if registers else ("authenticatorData", "signature")
    kept = {name: _encoded(response.get(name)) for name in ("clientDataJSON", *parts)}
    _refuse_inside_of_another_page(_client_data(kept["clientDataJSON"]))
    credential_id = decode(_encoded(sent.get("id")))
    if sent.get("rawId") != sent["id"] or not 0 < len(credential_id) <= MAX_ID_BYTES:
        raise BadAnswerError("id")
    handle = response.get("userHandle")
    return Answer(
        credential={"id": sent["id"], "rawId": sent["id"], "type": "public-key", "response": kept},
        credential_id=credential_id,
        user_handle=b"" if handle in (None, "") else decode(_encoded(handle)),
        transports=_transports(response.get("transports")),
    )


def _client_data(encoded: object) -> dict[str, Any]:
    return _json_object(decode(_encoded(encoded)).decode("utf-8", errors="replace"), MAX_ANSWER)


def _refuse_inside_of_another_page(client_data: dict[str, Any]) -> None:
    """In a frame, nobody can see which site asks."""
    if client_data.get("crossOrigin", False) is not False or "topOrigin" in client_data:
        raise BadAnswerError("inside of another page")


def _json_object(text: str, limit: int) -> dict[str, Any]:
    if len(text) > limit:
        raise BadAnswerError("size")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadAnswerError("no JSON") from error
    if not isinstance(found, dict):
        raise BadAnswerError("no object")
    return found


def _encoded(value: object) -> str:
    if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
        raise BadAnswerError("no base64url")
    return value


def _transports(value: object) -> tuple[str, ...]:
    """The known transports. They are hints for the browser; no decision depends on them."""
    named: Collection[object] = value if isinstance(value, list) else ()
    return tuple(known for known in TRANSPORTS if known in named)


def decode(text: str) -> bytes:
    """Decodes base64url without padding."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError("no base64url") from error


def encode(value: bytes) -> str:
    """Encodes as base64url without padding, like browsers."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def is_small_order(ed25519_key: bytes) -> bool:
    """Whether signatures of this key prove nothing."""
    y = int.from_bytes(ed25519_key, "little") & (2**255 - 1)  # the highest bit is the sign of x
    return y % _ED25519_FIELD in _SMALL_ORDER


def counter(stored: int, sent: int) -> Counter:
    """Whether the counter of an authenticator has increased. Most counters are always 0."""
    return "fine" if sent > stored or (sent == stored == 0) else "fell"


class Kept(Protocol):
    """The properties of a passkey that show whether it can be lost with one device."""

    can_sync: bool
    backed_up: bool


def lacks(passkeys: Sequence[Kept]) -> Lacks:
    """The factor that an account lacks before these may be its only way in: a backup code or another passkey."""
    if len(passkeys) > 1:
        return ""
    return "code" if any(passkey.can_sync and passkey.backed_up for passkey in passkeys) else "passkey"


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number if a passkey of the account already has it. Case-insensitive."""
    used = {name.casefold() for name in taken}
    names = (wanted[:MAX_NAME].strip(), *(f"{wanted[: MAX_NAME - 3].strip()} {n}" for n in range(2, MAX_PASSKEYS + 2)))
    return next(name for name in names if name.casefold() not in used)
