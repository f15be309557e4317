import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from netim_app.features.passkeys import rules
from netim_app.features.passkeys.rules import BadAnswerError, encode

CLIENT = {"type": "webauthn.get", "challenge": "c" * 43, "origin": "https://account.netim.example"}


def answer(client: object = CLIENT, **response: object) -> str:
    parts = {"clientDataJSON": encode(json.dumps(client).encode()), "authenticatorData": "AAAA", "signature": "AAAA"}
    return json.dumps({"id": "abcd", "rawId": "abcd", "type": "public-key", "response": {**parts, **response}})


def test_an_answer_is_read() -> None:
    read = rules.read_answer(answer(userHandle="AQID", transports=["usb", "mind"]), registers=False)

    assert (read.user_handle, read.transports) == (b"\1\2\3", ("usb",))
    assert rules.read_answer(answer(), registers=False).user_handle == b""


@pytest.mark.parametrize(
    "sent",
    [
        answer({**CLIENT, "crossOrigin": True}),
        answer({**CLIENT, "topOrigin": "https://account.netim.example"}),
        answer([]),
        answer(signature=None),
        answer(signature="not base64!"),
        answer(userHandle=[1]),
        " " * (rules.MAX_ANSWER + 1),
        "9" * 10_000,
    ],
)
def test_another_shape_is_refused(sent: str) -> None:
    with pytest.raises(BadAnswerError):
        rules.read_answer(sent, registers=False)


@pytest.mark.parametrize(
    "sent", [answer({**CLIENT, "crossOrigin": True}), answer(signature=None), answer(userHandle=[1]), answer()]
)
def test_an_answer_of_any_shape_names_its_challenge(sent: str) -> None:
    assert rules.named_challenge(sent) == "c" * 43


@pytest.mark.parametrize(
    "sent",
    [
        answer({**CLIENT, "challenge": "c" * 44}),
        answer({**CLIENT, "challenge": None}),
        answer([]),
        answer(clientDataJSON=None),
        json.dumps({"response": []}),
        " " * (rules.MAX_ANSWER + 1),
        "9" * 10_000,
    ],
)
def test_an_answer_without_a_challenge_is_refused(sent: str) -> None:
    with pytest.raises(BadAnswerError):
        rules.named_challenge(sent)


def test_an_answer_that_registers_has_other_parts() -> None:
    with pytest.raises(BadAnswerError):
        rules.read_answer(answer(), registers=True)
    assert rules.read_answer(answer(attestationObject="AAAA"), registers=True).credential_id == rules.decode("abcd")


@pytest.mark.parametrize(
    ("stored", "sent", "verdict"),
    [(0, 0, "fine"), (0, 1, "fine"), (7, 8, "fine"), (7, 7, "fell"), (7, 6, "fell"), (7, 0, "fell")],
)
def test_a_counter_goes_on_or_is_none(stored: int, sent: int, verdict: str) -> None:
    assert rules.counter(stored, sent) == verdict


def test_each_name_is_free() -> None:
    assert rules.free_name("Phone", ["Tablet"]) == "Phone"
    assert rules.free_name("Phone", ["phone", "Phone 2"]) == "Phone 3"
    assert rules.free_name("x" * 60, ["x" * 40]) == "x" * 37 + " 2"


FIELD = 2**255 - 19
BASE_POINT = bytes.fromhex("58" + "66" * 31)
FOR_ANYBODY = BASE_POINT + (1).to_bytes(32, "little")
"""A signature that needs no private key: RFC 8032, 5.1.7 with S = 1, for a key that vanishes."""


def anybody_signs(key: bytes) -> bool:
    """Whether that signature is right for one of a few messages."""
    for number in range(200):
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(FOR_ANYBODY, bytes([number]))
        except InvalidSignature:
            continue
        return True
    return False


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("y", sorted(rules._SMALL_ORDER))
def test_a_key_under_which_anybody_signs_is_found(y: int, sign: int) -> None:
    key = bytearray(y.to_bytes(32, "little"))
    key[31] |= sign

    assert anybody_signs(bytes(key)) or (y in (1, FIELD - 1) and sign)  # whose x is 0, and has no sign
    assert rules.is_small_order(bytes(key))


@pytest.mark.parametrize("y", [FIELD, FIELD + 1])
def test_so_is_one_that_is_written_otherwise(y: int) -> None:
    assert rules.is_small_order(y.to_bytes(32, "little"))


def test_a_key_of_an_authenticator_is_none_of_these() -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()

    assert not anybody_signs(key)
    assert not rules.is_small_order(key)
