"""Verifies a browser's answer: by the library, and by the checks that it leaves to us (docs/security.md)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import webauthn
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_attestation_object,
)
from webauthn.helpers.structs import CredentialDeviceType
from webauthn.registration.verify_registration_response import VerifiedRegistration

from netim_app.core.actor import Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.facts import PasskeyCounterFell, PasskeyRefused, PasskeyUsed
from netim_app.features.passkeys.rules import Answer, BadAnswerError, Purpose
from netim_app.features.passkeys.service import challenges, stored
from netim_app.features.passkeys.service.prompts import ALGORITHMS
from netim_app.features.passkeys.tables import Passkey
from netim_app.identity.account_lock import lock_account
from netim_app.identity.security_log import log_refusal
from netim_app.infra.unit_of_work import UnitOfWork

REFUSED = "passkeys.refused"
NOBODYS_KEY = rules.decode(
    "pQECAyYgASFYIGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWIlggT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"
)
"""A key on P-256 (its generator). With it, verification takes the same time when nobody has the passkey."""


class RemovedPasskey(RecordedRefusal):
    """The refusal of a login with a passkey that its account no longer has. Its text and its log line are those of all.

    Attributes:
        signals: for the browser's password managers, which stop offering it (`ui.passkeys.signals`).
    """

    def __init__(self, unit: UnitOfWork, credential_id: bytes) -> None:
        super().__init__(REFUSED)
        unknown = {"signalName": "unknownCredential", "rpID": unit.settings.passkey_domain}
        self.signals = json.dumps([unknown | {"credentialID": rules.encode(credential_id)}])


def judge_new(unit: UnitOfWork, visitor: Visitor, text: str, account_id: int) -> tuple[Answer, VerifiedRegistration]:
    """Verifies a new passkey for the account that was asked for it.

    Raises:
        RecordedRefusal: the same sentence for every fault. The challenge is consumed.
    """
    try:
        challenge = _consume(unit, text, visitor, "register", account_id)
        answer = rules.read_answer(text, registers=True)
        verified = _verify_new(unit, answer, challenge)
    except BadAnswerError as error:
        raise refused(unit, visitor, "register", account_id) from error
    return answer, verified


def _verify_new(unit: UnitOfWork, answer: Answer, challenge: bytes) -> VerifiedRegistration:
    with _any_fault_is_the_answers():
        attested = parse_attestation_object(rules.decode(answer.credential["response"]["attestationObject"]))
        if attested.fmt not in rules.FORMATS:
            raise BadAnswerError("format")
        verified = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=unit.settings.passkey_domain,
            expected_origin=list(unit.settings.allowed_origins),
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        _check_key(verified.credential_public_key)
    if verified.credential_id != answer.credential_id:
        raise BadAnswerError("another id than the attested one")
    return verified


def _check_key(cose: bytes) -> None:
    """Checks a new key. The library checks only its algorithm: a broken key would be stored, but could open nothing.

    Constructing the key refuses points outside of their curve, and lengths that no Ed25519 key has.
    """
    key = decoded_public_key_to_cryptography(decode_credential_public_key(cose))
    if isinstance(key, ed25519.Ed25519PublicKey) and rules.is_small_order(key.public_bytes_raw()):
        raise BadAnswerError("a key under which anybody signs")
    if isinstance(key, ec.EllipticCurvePublicKey) and not isinstance(key.curve, ec.SECP256R1):
        raise BadAnswerError("curve")
    if isinstance(key, rsa.RSAPublicKey) and (
        key.key_size not in rules.RSA_BITS or key.public_numbers().e != rules.RSA_EXPONENT
    ):
        raise BadAnswerError("RSA key")


@contextmanager
def _any_fault_is_the_answers() -> Iterator[None]:
    """Only for calls of the library: it raises AttributeError, KeyError and others for some answers."""
    try:
        yield
    except Exception as error:
        raise BadAnswerError("not what was asked for") from error


def judge_use(
    unit: UnitOfWork, visitor: Visitor, text: str, purpose: Purpose, account_id: int | None = None
) -> Passkey:
    """Returns the passkey that has signed, with its row updated. The account is locked.

    Args:
        unit: one that writes.
        visitor: who sends the answer.
        text: the answer, as sent.
        purpose: of the prompt.
        account_id: the required owner of the passkey; None when the answer names the owner.

    Raises:
        RemovedPasskey: at a login, the account that the answer names is here and no longer has the passkey.
        RecordedRefusal: the same sentence for every fault. The challenge is consumed.
    """
    removed = b""
    try:
        challenge = _consume(unit, text, visitor, purpose, account_id)
        answer = rules.read_answer(text, registers=False)
        passkey = _claimed(unit, answer, account_id)
        if passkey is None and account_id is None and stored.is_handle(unit, answer.user_handle):
            removed = answer.credential_id
        verified = _verify_use(unit, answer, challenge, passkey.public_key if passkey else NOBODYS_KEY)
        if passkey is None:
            raise BadAnswerError("nobody's")
        _check_owner(unit, passkey, answer, named=account_id is not None)
        if can_sync(verified) != passkey.can_sync:
            raise BadAnswerError("another kind of key than before")
    except BadAnswerError as error:
        refusal = refused(unit, visitor, purpose, account_id)
        raise RemovedPasskey(unit, removed) if removed else refusal from error
    _note_counter(unit, passkey, verified.new_sign_count, visitor, purpose)
    passkey.backed_up = verified.credential_backed_up
    unit.session.add(passkey)
    unit.session.flush()
    return passkey


def _verify_use(unit: UnitOfWork, answer: Answer, challenge: bytes, public_key: bytes) -> VerifiedAuthentication:
    with _any_fault_is_the_answers():
        return webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=challenge,
            expected_rp_id=unit.settings.passkey_domain,
            expected_origin=list(unit.settings.allowed_origins),
            credential_public_key=public_key,
            credential_current_sign_count=0,  # the library would compare it before it verifies the signature
            require_user_verification=True,
        )


def _consume(unit: UnitOfWork, text: str, visitor: Visitor, purpose: Purpose, account_id: int | None) -> bytes:
    """Consumes the challenge that the answer names, before any other check of the answer."""
    challenge = challenges.consume(unit, rules.named_challenge(text), visitor, purpose, account_id)
    if challenge is None or not unit.settings.passkey_domain:
        raise BadAnswerError("challenge")
    return challenge


def _claimed(unit: UnitOfWork, answer: Answer, account_id: int | None) -> Passkey | None:
    """The passkey that the answer names, if it is allowed here."""
    owner = stored.owner_of(unit, answer.credential_id)
    if not owner or account_id not in (None, owner):
        return None
    lock_account(unit, owner)
    return stored.find(unit, owner, answer.credential_id)  # it may have been removed while this unit waited


def _check_owner(unit: UnitOfWork, passkey: Passkey, answer: Answer, *, named: bool) -> None:
    """A login opens the account that the authenticator names. When an account was given, it need not name it."""
    expected = stored.handle_of(unit, passkey.account_id)
    if answer.user_handle != expected and not (named and not answer.user_handle):
        raise BadAnswerError("another account")


def can_sync(verified: VerifiedAuthentication | VerifiedRegistration) -> bool:
    """Whether the authenticator reports that its provider may copy the key."""
    return verified.credential_device_type == CredentialDeviceType.MULTI_DEVICE


def _note_counter(unit: UnitOfWork, passkey: Passkey, sent: int, visitor: Visitor, purpose: Purpose) -> None:
    """Records a counter that fell: a sign of a copy, but no proof. A key that may be copied is still accepted."""
    if rules.counter(passkey.sign_count, sent) == "fell":
        unit.record(
            PasskeyCounterFell(
                account_id=passkey.account_id,
                at=unit.now,
                origin=visitor.origin,
                name=passkey.name,
                refused=not passkey.can_sync,
            )
        )
        if not passkey.can_sync:
            raise _refused_to_anybody(purpose)  # the counter is in the journal
    passkey.sign_count = max(passkey.sign_count, sent)


def note_use(unit: UnitOfWork, passkey: Passkey, visitor: Visitor) -> None:
    """Stores when and where a passkey was used. A right answer that is refused does not count as use."""
    passkey.last_used_at = unit.now
    passkey.address = visitor.origin.known_address
    passkey.browser, passkey.system = visitor.origin.browser, visitor.origin.system
    unit.session.add(passkey)
    unit.session.flush()
    unit.record(PasskeyUsed(account_id=passkey.account_id, at=unit.now, origin=visitor.origin))


def refused(unit: UnitOfWork, visitor: Visitor, purpose: Purpose, account_id: int | None) -> RecordedRefusal:
    """The refusal for every fault. It is recorded for the owner if the account was known before the answer."""
    if account_id is None:
        return _refused_to_anybody(purpose)
    note_refusal(unit, visitor, purpose, account_id, reason="wrong")
    return RecordedRefusal(REFUSED)


def note_refusal(unit: UnitOfWork, visitor: Visitor, purpose: Purpose, account_id: int, *, reason: str) -> None:
    """Records that a passkey was refused."""
    unit.record(PasskeyRefused(account_id=account_id, at=unit.now, origin=visitor.origin, reason=reason, way=purpose))


def _refused_to_anybody(purpose: Purpose) -> RecordedRefusal:
    """The refusal for an unknown account. The log does not distinguish the faults either."""
    log_refusal("passkey_refused", account_id=0, way=purpose)
    return RecordedRefusal(REFUSED)
