"""Answers that lie in one field, each refused with nothing written, beside their honest twin."""

import secrets
from collections.abc import Callable
from typing import Any

import cbor2
import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import RecordedRefusal
from netim_app.features.passkeys.rules import encode
from netim_app.features.passkeys.service import answers, stored
from netim_app.features.passkeys.tables import Passkey
from netim_app.identity.tables import Ticket
from netim_app.infra.unit_of_work import Units
from tests.kit.authenticator import ATTESTED, CAN_SYNC, PRESENT, VERIFIED, Authenticator, Key
from tests.kit.factories import logged_in_actor, mailed
from tests.kit.passkeys import add, ask, count, log_in


@pytest.fixture
def units(sqlite_units: Units) -> Units:
    """One kind of database is enough for refusals that ask none."""
    return sqlite_units


@pytest.fixture
def caller(units: Units) -> Actor:
    return logged_in_actor(units)


@pytest.fixture
def phone(units: Units, caller: Actor) -> Authenticator:
    authenticator = Authenticator()
    add(units, caller, authenticator)
    return authenticator


NEW_LIES: dict[str, Callable[[], dict[str, Any]]] = {
    "type": lambda: {"client_data": {"type": "webauthn.get"}},
    "challenge": lambda: {"client_data": {"challenge": encode(secrets.token_bytes(32))}},
    "no challenge": lambda: {"client_data": {"challenge": None}},
    "origin": lambda: {"client_data": {"origin": "https://account.netim.example.evil.example"}},
    "plain origin": lambda: {"client_data": {"origin": "http://account.netim.example"}},
    "another port": lambda: {"client_data": {"origin": "https://account.netim.example:444"}},
    "inside of another page": lambda: {"client_data": {"crossOrigin": True}},
    "neither true nor false": lambda: {"client_data": {"crossOrigin": "false"}},
    "top origin": lambda: {"client_data": {"topOrigin": "https://account.netim.example"}},
    "relying party": lambda: {"relying_party": "netim.example"},
    "not present": lambda: {"flags": VERIFIED | ATTESTED},
    "not verified": lambda: {"flags": PRESENT | ATTESTED},
    "nothing attested": lambda: {"flags": PRESENT | VERIFIED},
    "copied but not copyable": lambda: {"flags": PRESENT | VERIFIED | ATTESTED | 0x10},
    "algorithm": lambda: {"cose": Key(-35).cose},
    "key without a kind": lambda: {"cose": b"\xa0"},
    "format": lambda: {"fmt": "fido-u2f"},
    "invented format": lambda: {"fmt": "mine"},
    "statement": lambda: {"statement": {"sig": b"x"}},
    "another id than attested": lambda: {"attested_id": secrets.token_bytes(32)},
    "id and raw id": lambda: {"answer": {"rawId": encode(secrets.token_bytes(32))}},
    "no id": lambda: {"answer": {"id": "", "rawId": ""}},
    "long id": lambda: {
        "answer": {"id": encode(bytes(1024)), "rawId": encode(bytes(1024))},
        "attested_id": bytes(1024),
    },
    "kind": lambda: {"answer": {"type": "password"}},
    "no response": lambda: {"answer": {"response": None}},
    "list for a response": lambda: {"answer": {"response": []}},
    "null for client data": lambda: {"response": {"clientDataJSON": None}},
    "no base64": lambda: {"response": {"attestationObject": "ü" * 20}},
    "no CBOR": lambda: {"response": {"attestationObject": encode(b"nothing of the kind")}},
    "size": lambda: {"answer": {"more": "x" * 20_000}},
}


@pytest.mark.parametrize("lie", NEW_LIES.values(), ids=NEW_LIES.keys())
def test_webauthn_sig_of_a_new_passkey_that_lies(
    units: Units, caller: Actor, lie: Callable[[], dict[str, Any]]
) -> None:
    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        add(units, caller, Authenticator(), **lie())

    assert count(units, Passkey) == 0
    assert mailed(units) == []
    add(units, caller, Authenticator())  # the honest twin
    assert count(units, Passkey) == 1


USE_LIES: dict[str, Callable[[Authenticator], dict[str, Any]]] = {
    "type": lambda _: {"client_data": {"type": "webauthn.create"}},
    "challenge": lambda _: {"client_data": {"challenge": encode(secrets.token_bytes(32))}},
    "challenge of another length": lambda _: {"client_data": {"challenge": "AAAA"}},
    "origin": lambda _: {"client_data": {"origin": "https://netim.example"}},
    "inside of another page": lambda _: {"client_data": {"crossOrigin": True}},
    "top origin": lambda _: {"client_data": {"topOrigin": "https://evil.example"}},
    "relying party": lambda _: {"relying_party": "evil.example"},
    "not present": lambda _: {"flags": VERIFIED | CAN_SYNC | 0x10},
    "not verified": lambda _: {"flags": PRESENT | CAN_SYNC | 0x10},
    "not copyable any more": lambda _: {"flags": PRESENT | VERIFIED},
    "copied but not copyable": lambda _: {"flags": PRESENT | VERIFIED | 0x10},
    "another key": lambda _: {"key": Key()},
    "key of another algorithm": lambda _: {"key": Key(-8)},
    "signature": lambda _: {"signature": bytes(70)},
    "no signature": lambda _: {"response": {"signature": ""}},
    "handle of another account": lambda _: {"handle": secrets.token_bytes(64)},
    "no handle": lambda _: {"response": {"userHandle": None}},
    "number for a handle": lambda _: {"response": {"userHandle": 7}},
    "unknown id": lambda _: {"answer": dict.fromkeys(("id", "rawId"), encode(bytes(32)))},
    "id and raw id": lambda _: {"answer": {"rawId": encode(bytes(32))}},
    "kind": lambda _: {"answer": {"type": ["public-key"]}},
    "no authenticator data": lambda _: {"response": {"authenticatorData": None}},
    "short authenticator data": lambda _: {"response": {"authenticatorData": "AAAA"}},
    "no JSON inside": lambda _: {"response": {"clientDataJSON": encode(b"{")}},
    "list inside": lambda _: {"response": {"clientDataJSON": encode(b"[]")}},
    "nested without end": lambda _: {"response": {"clientDataJSON": encode(b"[" * 8000)}},
    "size": lambda _: {"answer": {"more": "x" * 20_000}},
}


@pytest.mark.parametrize("lie", USE_LIES.values(), ids=USE_LIES.keys())
def test_webauthn_sig_of_a_login_that_lies(
    units: Units, caller: Actor, phone: Authenticator, lie: Callable[[Authenticator], dict[str, Any]]
) -> None:
    before = count(units, Ticket)
    with pytest.raises(RecordedRefusal, match=answers.REFUSED) as refusal:
        log_in(units, phone.use(ask(units), **lie(phone)))
    is_removed = lie is USE_LIES["unknown id"]
    assert isinstance(refusal.value, answers.RemovedPasskey) == is_removed, "no browser may hide one that is there"

    with units.read() as unit:
        assert stored.passkeys_of(unit, caller.account_id)[0].last_used_at is None
    assert count(units, Ticket) == before
    assert log_in(units, phone.use(ask(units)))  # the honest twin


@pytest.mark.parametrize("answer", ["", "{", "null", "[]", "7", '{"id": 1}', "[" * 5000, '{"id": "\ud800"}'])
def test_webauthn_sig_of_what_is_no_answer_at_all(units: Units, answer: str) -> None:
    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        log_in(units, answer)


@pytest.mark.parametrize(
    "key",
    [
        {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)},
        {1: 2, 3: -7, -1: 2, -2: bytes(48), -3: bytes(48)},
        {1: 1, 3: -8, -1: 6, -2: bytes(3)},
        {1: 1, 3: -8, -1: 6, -2: bytes(32)},
        {1: 1, 3: -8, -1: 6, -2: bytes([1, *bytes(31)])},
        {1: 3, 3: -257, -1: b"\xff" * 64, -2: b"\1\0\1"},
        {1: 3, 3: -257, -1: b"\xff" * 2048, -2: b"\1\0\1"},
        {1: 3, 3: -257, -1: b"\xff" * 256, -2: b"\1"},
    ],
)
def test_webauthn_reg_of_a_key_that_is_none(units: Units, key: dict[int, object]) -> None:
    """It would make the account ask for a second factor that opens nothing, or anybody could sign for it."""
    caller = logged_in_actor(units)

    with pytest.raises(RecordedRefusal, match=answers.REFUSED):
        add(units, caller, Authenticator(), cose=cbor2.dumps(key))

    assert count(units, Passkey) == 0
    assert all(add(units, caller, Authenticator(algorithm=number)) for number in (-8, -7, -257))
