"""Enrols an authenticator: a code must prove its secret first."""

from dataclasses import dataclass
from datetime import timedelta

import pyotp
import segno
from sqlmodel import col, delete, select

from netim_app.brand.brand import get_brand
from netim_app.core import readers
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.totp import rules
from netim_app.features.totp.facts import AuthenticatorAdded
from netim_app.features.totp.service import codes, stored
from netim_app.features.totp.service.authenticators import end_other_sessions, refuse_taken
from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import SecondFactorEnabled
from netim_app.infra.unit_of_work import UnitOfWork
from reflex_guard.tokens import new_token

ENROLMENT_LIFE = timedelta(minutes=30)
"""Some people take a while to install an application."""
GONE, ENABLED_ELSEWHERE = "totp.gone", "totp.enabled_elsewhere"
"""Why an enrolment has ended: it was abandoned or is too old, or another one has enabled the second factor."""
MAX_ENROLMENTS = 10
"""How many can be open for one account; another one replaces the oldest."""
QUIET_MODULES = 4
"""The quiet zone around a QR code, in modules (ISO/IEC 18004, 5.3.8)."""
WIDEST_PICTURE = 244
"""In pixels: the room of a dialog in a 320-pixel window."""


@dataclass(frozen=True)
class Enrolment:
    """The data for an application. It is shown once and stored only in the vault."""

    handle: str
    key: str
    uri: str
    picture: str
    """The QR code as a `data:` URL of an SVG."""


def begin(unit: UnitOfWork, actor: Actor, replaces: str = "") -> Enrolment:
    """Makes a secret for a new authenticator. It opens nothing until a code has proved it.

    Args:
        replaces: the enrolment of the same tab that this one abandons; empty for none.

    Raises:
        DomainError: the account has the maximum number of authenticators.
    """
    account = lock_account(unit, actor.account_id)
    abandon(unit, actor, replaces)
    if stored.count(unit, actor.account_id) >= rules.MAX_AUTHENTICATORS:
        raise DomainError("totp.full", limit=rules.MAX_AUTHENTICATORS)
    _make_room(unit, actor.account_id)
    row = TotpEnrolment(
        handle=new_token(),
        account_id=actor.account_id,
        session_id=actor.session_id,
        sealed=b"",
        expires_at=unit.now + ENROLMENT_LIFE,
    )
    unit.session.add(row)
    secret = pyotp.random_base32(rules.SECRET_BYTES * 8 // 5)
    row.sealed = unit.vault.seal(secret.encode(), stored.enrolment_context(row))
    uri = pyotp.TOTP(secret, name=account.email, issuer=get_brand().issuer).provisioning_uri()
    return Enrolment(handle=row.handle, key=rules.in_groups(secret), uri=uri, picture=_picture(uri))


def _picture(uri: str) -> str:
    """Draws the QR code with modules of whole pixels: otherwise they are blurred, and cameras fail."""
    code = segno.make(uri, error="m", micro=False)
    modules, _ = code.symbol_size(border=QUIET_MODULES)
    scale = max(1, min(4, WIDEST_PICTURE // modules))
    return code.svg_data_uri(scale=scale, border=QUIET_MODULES, dark="#000", light="#fff")


def check_open(unit: UnitOfWork, actor: Actor, handle: str, *, first: bool) -> None:
    """Checks before a step that the enrolment is still open.

    Raises:
        DomainError: as in `confirm` for an ended enrolment.
    """
    if _open_enrolment(unit, actor, handle) is None:
        raise _gone(unit, actor, first=first)


def _gone(unit: UnitOfWork, actor: Actor, *, first: bool) -> DomainError:
    return DomainError(ENABLED_ELSEWHERE if first and stored.count(unit, actor.account_id) else GONE)


def _open_enrolment(unit: UnitOfWork, actor: Actor, handle: str) -> TotpEnrolment | None:
    return unit.session.exec(
        select(TotpEnrolment).where(
            TotpEnrolment.handle == handle,
            TotpEnrolment.account_id == actor.account_id,
            TotpEnrolment.session_id == actor.session_id,
            col(TotpEnrolment.expires_at) > unit.now,
        )
    ).first()


def abandon(unit: UnitOfWork, actor: Actor, handle: str) -> None:
    """Deletes an abandoned secret; does nothing if it no longer exists or belongs to somebody else."""
    if handle:
        unit.session.exec(
            delete(TotpEnrolment).where(
                col(TotpEnrolment.handle) == handle,
                col(TotpEnrolment.account_id) == actor.account_id,
                col(TotpEnrolment.session_id) == actor.session_id,
            )
        )


def confirm(
    unit: UnitOfWork, actor: Actor, handle: str, *, code: str, name: str, return_to: str, first: bool = False
) -> str | None:
    """Adds an authenticator if its code is right. The first one enables two-factor authentication.

    Other wizards that were to enable it are then obsolete: their secrets are deleted.

    Args:
        first: whether this authenticator was to enable it.

    Returns:
        For the first one, the ticket that renews the current session: all other sessions then end. Otherwise None.

    Raises:
        DomainError: the code is wrong (with a hint about the device's clock if that explains it), the name is taken,
            there are too many authenticators, or the enrolment has ended (`GONE`, or `ENABLED_ELSEWHERE` for one
            that was to enable).
    """
    lock_account(unit, actor.account_id)
    row = _open_enrolment(unit, actor, handle)
    if row is None:
        raise _gone(unit, actor, first=first)
    secret = unit.vault.open(row.sealed, stored.enrolment_context(row))
    step = _proved_step(unit, secret, readers.six_digits(code))
    count = stored.count(unit, actor.account_id)
    if count >= rules.MAX_AUTHENTICATORS:
        raise DomainError("totp.full", limit=rules.MAX_AUTHENTICATORS)
    refuse_taken(unit, actor.account_id, name)
    unit.session.delete(row)
    _add_authenticator(unit, actor.account_id, name, secret, step)
    if count:
        unit.record(AuthenticatorAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=name))
        return None
    unit.session.exec(delete(TotpEnrolment).where(col(TotpEnrolment.account_id) == actor.account_id))
    unit.record(SecondFactorEnabled(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return end_other_sessions(unit, actor, return_to)


def _add_authenticator(unit: UnitOfWork, account_id: int, name: str, secret: bytes, step: int) -> None:
    authenticator = TotpAuthenticator(account_id=account_id, name=name, sealed=b"", last_step=step, added_at=unit.now)
    unit.session.add(authenticator)
    unit.session.flush()
    authenticator.sealed = unit.vault.seal(secret, stored.authenticator_context(authenticator))


def _proved_step(unit: UnitOfWork, secret: bytes, code: str) -> int:
    now = rules.step_at(unit.now)
    code_at = codes.codes_of(pyotp.TOTP(secret.decode()))
    step = rules.matching_step(code, code_at, now=now, reach=rules.DRIFT_REACH) if code else None
    if step is None:
        raise DomainError("totp.wrong", field="code")
    if abs(step - now) > rules.TOLERANCE:
        minutes = rules.drift_minutes(step, now)
        key = "totp.clock_fast" if minutes > 0 else "totp.clock_slow"
        raise DomainError(key, field="code", minutes=abs(minutes))
    return step


def _make_room(unit: UnitOfWork, account_id: int) -> None:
    newest = select(TotpEnrolment.handle).where(TotpEnrolment.account_id == account_id)
    keep = unit.session.exec(newest.order_by(col(TotpEnrolment.expires_at).desc()).limit(MAX_ENROLMENTS - 1)).all()
    unit.session.exec(
        delete(TotpEnrolment).where(col(TotpEnrolment.account_id) == account_id, col(TotpEnrolment.handle).not_in(keep))
    )


def purge(unit: UnitOfWork) -> None:
    """Deletes the secrets that were not proved in time."""
    unit.session.exec(delete(TotpEnrolment).where(col(TotpEnrolment.expires_at) <= unit.now))
