"""The requests to the browser: the options of its prompt, as JSON."""

from collections.abc import Sequence

from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from netim_app.brand.brand import get_brand
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.rules import Purpose
from netim_app.features.passkeys.service import challenges, stored
from netim_app.features.passkeys.tables import Passkey
from netim_app.identity.account_lock import lock_account
from netim_app.infra.unit_of_work import UnitOfWork

ALGORITHMS = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
TIMEOUT_MS = int(rules.CHALLENGE_LIFE.total_seconds() * 1000)
NO_COOKIES = "login.no_cookies"


def for_new_passkey(unit: UnitOfWork, actor: Actor) -> str:
    """Requests a passkey that the account does not have yet.

    Raises:
        DomainError: the account has the maximum number of passkeys.
    """
    account = lock_account(unit, actor.account_id)
    passkeys = stored.passkeys_of(unit, actor.account_id)
    if len(passkeys) >= rules.MAX_PASSKEYS:
        raise DomainError("passkeys.full", limit=rules.MAX_PASSKEYS)
    options = generate_registration_options(
        rp_id=unit.settings.passkey_domain,
        rp_name=get_brand().product,
        user_id=stored.make_handle(unit, actor.account_id),
        user_name=account.email,
        user_display_name=account.email,
        challenge=_challenge(unit, actor, "register", actor.account_id),
        timeout=TIMEOUT_MS,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_descriptors(passkeys),
        supported_pub_key_algs=ALGORITHMS,
    )
    return options_to_json(options)


def for_login(unit: UnitOfWork, visitor: Visitor) -> str:
    """Requests any passkey. It names none, so it does not reveal which accounts exist."""
    return _for_use(unit, _challenge(unit, visitor, "login", None))


def for_account(unit: UnitOfWork, visitor: Visitor, purpose: Purpose, account_id: int) -> str:
    """Requests one of the account's passkeys."""
    passkeys = stored.passkeys_of(unit, account_id)
    return _for_use(unit, _challenge(unit, visitor, purpose, account_id), passkeys)


def _for_use(unit: UnitOfWork, challenge: bytes, passkeys: Sequence[Passkey] = ()) -> str:
    options = generate_authentication_options(
        rp_id=unit.settings.passkey_domain,
        challenge=challenge,
        timeout=TIMEOUT_MS,
        allow_credentials=_descriptors(passkeys),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _challenge(unit: UnitOfWork, visitor: Visitor, purpose: Purpose, account_id: int | None) -> bytes:
    if not visitor.browser_digest:
        raise DomainError(NO_COOKIES)
    if not unit.settings.passkey_domain:
        raise DomainError("passkeys.no_domain")
    return challenges.issue(unit, visitor, purpose, account_id)


def _descriptors(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(name) for name in passkey.transports.split() if name in _KNOWN] or None,
        )
        for passkey in passkeys
    ]


_KNOWN = {transport.value for transport in AuthenticatorTransport}
