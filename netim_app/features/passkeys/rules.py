"""What an answer of a browser must look like, and what the figures of a passkey mean."""

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
"""Characters of an answer. The longest that is right, with an id of 1023 bytes and an RSA key, takes about 6,000."""
MAX_ID_BYTES = 1023
HANDLE_BYTES = 64
FORMATS = ("none", "packed")
"""Of attestation. We ask for none; an authenticator may attest itself. What the others bring is not even read."""
RSA_BITS = range(2048, 4097)
RSA_EXPONENT = 65537
"""The one that authenticators use (TPM 2.0)."""
_ED25519_FIELD = 2**255 - 19
_OF_ORDER_8 = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
_SMALL_ORDER = {0, 1, _ED25519_FIELD - 1, *_OF_ORDER_8}
"""The y of the points of Ed25519 whose order divides 8 (RFC 8032, 5.1). Anybody can sign for them."""
TRANSPORTS = ("ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb")
NO_PROVIDER = "00000000-0000-0000-0000-000000000000"
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,12000}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")

Purpose = Literal["register", "login", "code", "step_up", "only", "only_with_code"]
"""`only`: to have passkeys alone open the account; `only_with_code`: the same, after a backup code was right."""
Counter = Literal["fine", "fell"]
Lacks = Literal["", "code", "passkey"]
RECOVERY_WAIT = timedelta(hours=24)
"""How long it takes to get back into an account without any of its passkeys, once a backup code has proved it."""
RECOVERY_FACTOR = "passkey_recovery"
"""How a login after that wait is called in the history."""
RECOVERY_LINK_LIFE = timedelta(hours=1)
RECOVERY_OPEN_FOR = timedelta(days=7)
"""How long after the wait the way is open. Then it begins anew."""


class BadAnswerError(ValueError):
    """An answer that is not what was asked for. Customers hear one sentence, whatever it was."""


@dataclass(frozen=True)
class Answer:
    """An answer of the right shape; nothing in it is proved yet."""

    credential: dict[str, Any]
    """As `webauthn` takes it."""
    credential_id: bytes
    user_handle: bytes
    """Empty when there is none."""
    transports: tuple[str, ...]


def named_challenge(text: str) -> str:
    """The challenge that an answer names, base64url, whatever else is wrong with it: of the signed client data.

    Raises:
        BadAnswerError: it names none.
    """
    response = _json_object(text, MAX_ANSWER).get("response")
    named = _client_data(response.get("clientDataJSON")).get("challenge") if isinstance(response, dict) else None
    if not isinstance(named, str) or not _CHALLENGE.fullmatch(named):
        raise BadAnswerError("challenge")
    return named


def read_answer(text: str, *, registers: bool) -> Answer:
    """Reads what a page has sent.

    Raises:
        BadAnswerError: its size or its shape is wrong, or the page says that it stands inside of another one.
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
    """Nobody sees there who asks."""
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
    """Those that we know: they are hints for the browser, and nothing is decided by them."""
    named: Collection[object] = value if isinstance(value, list) else ()
    return tuple(known for known in TRANSPORTS if known in named)


def decode(text: str) -> bytes:
    """The bytes of a base64url text without padding."""
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadAnswerError("no base64url") from error


def encode(value: bytes) -> str:
    """Base64url without padding, as browsers write it."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def is_small_order(ed25519_key: bytes) -> bool:
    """Whether signatures under this key prove nothing."""
    y = int.from_bytes(ed25519_key, "little") & (2**255 - 1)  # the highest bit is the sign of x
    return y % _ED25519_FIELD in _SMALL_ORDER


def counter(stored: int, sent: int) -> Counter:
    """Whether the counter of an authenticator has gone on. Those of most are 0 for ever."""
    return "fine" if sent > stored or (sent == stored == 0) else "fell"


class Kept(Protocol):
    """What of a passkey says whether it can be lost with one device."""

    can_sync: bool
    backed_up: bool


def lacks(passkeys: Sequence[Kept]) -> Lacks:
    """What an account with these needs before they may be the only way in. A backup code, or another passkey."""
    if len(passkeys) > 1:
        return ""
    return "code" if any(passkey.can_sync and passkey.backed_up for passkey in passkeys) else "passkey"


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number where a passkey of the account has it already. Case does not count."""
    used = {name.casefold() for name in taken}
    names = (wanted[:MAX_NAME].strip(), *(f"{wanted[: MAX_NAME - 3].strip()} {n}" for n in range(2, MAX_PASSKEYS + 2)))
    return next(name for name in names if name.casefold() not in used)
