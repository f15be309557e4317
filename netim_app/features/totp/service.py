"""Setting up devices, proving them, and asking them for codes."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
import segno
from sqlmodel import col, delete, func, select, update

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.core.tokens import new_token
from netim_app.features.totp import rules
from netim_app.features.totp.facts import AuthenticatorAdded, AuthenticatorRemoved, AuthenticatorRenamed
from netim_app.features.totp.tables import TotpAuthenticator, TotpEnrolment
from netim_app.identity import accounts, notices, second_factor, sessions, tickets
from netim_app.identity.facts import AccountUnlocked, EmailRestored, SecondFactorDisabled, SecondFactorEnabled
from netim_app.infra.redaction import log_event
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError
from netim_app.texts import catalog

logger = logging.getLogger(__name__)

ENROLMENT_LIFE = timedelta(minutes=30)
"""To install an application takes some people a while."""
ISSUER = "Netim Direct"
MAX_ENROLMENTS = 10
"""Open at once for one account; a further one replaces the oldest."""


@dataclass(frozen=True)
class Authenticator:
    """One entry of the list; moments are words in the customer's language."""

    id: int
    name: str
    added: str
    last_used: str


@dataclass(frozen=True)
class Authenticators:
    """What the card shows."""

    enabled: bool
    authenticators: tuple[Authenticator, ...] = ()
    full: bool = False


@dataclass(frozen=True)
class Enrolment:
    """What an application needs to know. It is shown once and kept nowhere outside of the vault."""

    handle: str
    key: str
    uri: str
    picture: str
    """The QR code as a `data:` address of an SVG."""


# What the rest of the product asks


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account has a device."""
    return _count(unit, account_id) > 0


def consume(unit: UnitOfWork, account_id: int, code: str, _origin: Origin) -> bool:
    """Whether a device of the account shows this code now and it was not used before. It is used then."""
    now = rules.step_at(unit.now)
    for authenticator in _authenticators(unit, account_id):
        totp = _totp(unit, authenticator)
        if totp is None:
            continue
        step = rules.matching_step(code, _codes(totp), now=now, reach=rules.TOLERANCE, after=authenticator.last_step)
        if step is not None and _use(unit, authenticator, step):
            return True
    return False


def valid_code_count(unit: UnitOfWork, account_id: int) -> int:
    """How many codes are right at this moment: those of the accepted steps, of every device."""
    return _count(unit, account_id) * (2 * rules.TOLERANCE + 1)


def _use(unit: UnitOfWork, authenticator: TotpAuthenticator, step: int) -> bool:
    """Whether this call consumed the step, with every one before it, and no other call at the same moment."""
    used = unit.session.exec(
        update(TotpAuthenticator)
        .where(col(TotpAuthenticator.id) == authenticator.id, col(TotpAuthenticator.last_step) < step)
        .values(last_step=step, last_used_at=unit.now)
    )
    return used.rowcount == 1


def view_authenticators(unit: UnitOfWork, account_id: int) -> Authenticators:
    """What the card shows."""
    language, time_zone = accounts.locale_of(unit, account_id)

    def words(moment: datetime | None) -> str:
        return catalog.format_date(moment, language, time_zone) if moment else ""

    rows = _authenticators(unit, account_id)
    return Authenticators(
        enabled=bool(rows),
        authenticators=tuple(
            Authenticator(row.id or 0, row.name, words(row.added_at), words(row.last_used_at)) for row in rows
        ),
        full=len(rows) >= rules.MAX_AUTHENTICATORS,
    )


# Setting up


def begin(unit: UnitOfWork, actor: Actor, replaces: str = "") -> Enrolment:
    """Makes a secret for a new device, which opens nothing until a code has proved it.

    Args:
        replaces: an enrolment of the same tab that is abandoned by this one; empty for none.

    Raises:
        DomainError: there are as many devices as there may be.
    """
    account = sessions.lock_account(unit, actor.account_id)
    abandon(unit, actor, replaces)
    if _count(unit, actor.account_id) >= rules.MAX_AUTHENTICATORS:
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
    row.sealed = unit.vault.seal(secret.encode(), _enrolment_context(row))
    uri = pyotp.TOTP(secret, name=account.email, issuer=ISSUER).provisioning_uri()
    picture = segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, border=4, dark="#000", light="#fff")
    return Enrolment(handle=row.handle, key=rules.in_groups(secret), uri=uri, picture=picture)


def is_open(unit: UnitOfWork, actor: Actor, handle: str) -> bool:
    """Whether this enrolment can still be confirmed."""
    return _open_enrolment(unit, actor, handle) is not None


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
    """Deletes a secret that is not going to be proved; nothing happens when it is gone or somebody else's."""
    if handle:
        unit.session.exec(
            delete(TotpEnrolment).where(
                col(TotpEnrolment.handle) == handle,
                col(TotpEnrolment.account_id) == actor.account_id,
                col(TotpEnrolment.session_id) == actor.session_id,
            )
        )


def confirm(unit: UnitOfWork, actor: Actor, handle: str, *, code: str, name: str, return_to: str) -> str | None:
    """Takes a device into use whose code is right. The first one enables two-factor authentication.

    Returns:
        The ticket that renews the present session when it was the first device: all other sessions end then. Else None.

    Raises:
        DomainError: the code is wrong (with a word about the device's clock if it fits one), the name is taken, there
            are too many devices, or the enrolment is gone.
    """
    sessions.lock_account(unit, actor.account_id)
    row = _open_enrolment(unit, actor, handle)
    if row is None:
        raise DomainError("totp.gone")
    secret = unit.vault.open(row.sealed, _enrolment_context(row))
    step = _proved_step(unit, secret, second_factor.normal_code(code))
    count = _count(unit, actor.account_id)
    if count >= rules.MAX_AUTHENTICATORS:
        raise DomainError("totp.full", limit=rules.MAX_AUTHENTICATORS)
    _refuse_taken(unit, actor.account_id, name)
    unit.session.delete(row)
    authenticator = TotpAuthenticator(
        account_id=actor.account_id, name=name, sealed=b"", last_step=step, added_at=unit.now
    )
    unit.session.add(authenticator)
    unit.session.flush()
    authenticator.sealed = unit.vault.seal(secret, _context(authenticator))
    if count:
        unit.record(AuthenticatorAdded(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=name))
        return None
    unit.record(SecondFactorEnabled(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return _end_other_sessions(unit, actor, return_to)


def _proved_step(unit: UnitOfWork, secret: bytes, code: str) -> int:
    now = rules.step_at(unit.now)
    codes = _codes(pyotp.TOTP(secret.decode()))
    step = rules.matching_step(code, codes, now=now, reach=rules.DRIFT_REACH) if code else None
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
    """Deletes the secrets that nobody has proved in time."""
    unit.session.exec(delete(TotpEnrolment).where(col(TotpEnrolment.expires_at) <= unit.now))


# Devices in use


def rename(unit: UnitOfWork, actor: Actor, authenticator_id: int, name: str) -> None:
    """Gives a device another name.

    Raises:
        DomainError: the name is taken, or there is no such device.
    """
    sessions.lock_account(unit, actor.account_id)
    authenticator = _authenticator(unit, actor.account_id, authenticator_id)
    if name != authenticator.name:
        _refuse_taken(unit, actor.account_id, name)
        authenticator.name = name
        unit.record(AuthenticatorRenamed(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=name))


def remove(unit: UnitOfWork, actor: Actor, authenticator_id: int) -> None:
    """Takes a device out of use.

    Raises:
        DomainError: it is the last one (see `disable`), or there is no such device.
    """
    sessions.lock_account(unit, actor.account_id)
    authenticator = _authenticator(unit, actor.account_id, authenticator_id)
    if _count(unit, actor.account_id) == 1:
        raise DomainError("totp.last")
    unit.session.delete(authenticator)
    unit.session.flush()
    unit.record(
        AuthenticatorRemoved(account_id=actor.account_id, at=unit.now, origin=actor.origin, name=authenticator.name)
    )


def disable(unit: UnitOfWork, actor: Actor, code: str, return_to: str) -> str:
    """Switches two-factor authentication off: deletes all secrets and codes, ends all other sessions.

    Returns the ticket that renews the present session.

    Raises:
        DomainError: it is off already.
        RecordedRefusal: the code is wrong, or guessing is throttled.
    """
    if not enrolled(unit, actor.account_id):
        raise DomainError("totp.off_already")
    second_factor.check_code(unit, actor.account_id, code, actor)
    _switch_off(unit, SecondFactorDisabled(account_id=actor.account_id, at=unit.now, origin=actor.origin))
    return _end_other_sessions(unit, actor, return_to)


def switch_off_on_unlock(unit: UnitOfWork, fact: AccountUnlocked) -> None:
    """The way out of having lost every device and every backup code: the operator says so by `--two-factor-off`."""
    sessions.lock_account(unit, fact.account_id)
    if fact.without_second_factor and enrolled(unit, fact.account_id):
        _switch_off(unit, SecondFactorDisabled(account_id=fact.account_id, at=fact.at, origin=fact.origin))
        sessions.end_sessions(unit, fact.account_id)


def remove_since(unit: UnitOfWork, fact: EmailRestored) -> None:
    """Takes away what a thief may have set up. If nothing is left of it, two-factor authentication is off."""
    sessions.lock_account(unit, fact.account_id)
    authenticators = _authenticators(unit, fact.account_id)
    recent = [authenticator for authenticator in authenticators if authenticator.added_at >= fact.since]
    if recent and len(recent) == len(authenticators):
        _switch_off(unit, SecondFactorDisabled(account_id=fact.account_id, at=fact.at, origin=fact.origin))
        return
    for authenticator in recent:
        unit.session.delete(authenticator)
        unit.session.flush()
        unit.record(
            AuthenticatorRemoved(account_id=fact.account_id, at=fact.at, origin=fact.origin, name=authenticator.name)
        )


def _switch_off(unit: UnitOfWork, fact: SecondFactorDisabled) -> None:
    for table in (TotpAuthenticator, TotpEnrolment):
        unit.session.exec(delete(table).where(col(table.account_id) == fact.account_id))
    unit.record(fact)


def mail_change(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the customer about every change of the authenticators."""
    changes: dict[type[Fact], str] = {
        SecondFactorEnabled: "enabled",
        SecondFactorDisabled: "disabled",
        AuthenticatorAdded: "added",
        AuthenticatorRemoved: "removed",
    }
    notices.notify(unit, "two_factor_changed", fact, change=changes[type(fact)], device=getattr(fact, "name", ""))


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Seals with the present secret what is sealed with the one before."""
    authenticators = unit.session.exec(select(TotpAuthenticator).with_for_update())
    enrolments = unit.session.exec(select(TotpEnrolment).with_for_update())
    return rewrap_rows(unit, authenticators, _context, "sealed") + rewrap_rows(
        unit, enrolments, _enrolment_context, "sealed"
    )


def _end_other_sessions(unit: UnitOfWork, actor: Actor, return_to: str) -> str:
    sessions.end_sessions(unit, actor.account_id, keep=actor.session_id)
    return tickets.renewal_ticket(unit, actor, return_to=return_to)


def _authenticators(unit: UnitOfWork, account_id: int) -> list[TotpAuthenticator]:
    found = (
        select(TotpAuthenticator).where(TotpAuthenticator.account_id == account_id).order_by(col(TotpAuthenticator.id))
    )
    return list(unit.session.exec(found.execution_options(populate_existing=True)))


def _count(unit: UnitOfWork, account_id: int) -> int:
    return unit.session.exec(select(func.count()).where(TotpAuthenticator.account_id == account_id)).one()


def _authenticator(unit: UnitOfWork, account_id: int, authenticator_id: int) -> TotpAuthenticator:
    authenticator = unit.session.exec(
        select(TotpAuthenticator).where(
            TotpAuthenticator.id == authenticator_id, TotpAuthenticator.account_id == account_id
        )
    ).first()
    if authenticator is None:
        raise DomainError("totp.no_such_device")
    return authenticator


def _refuse_taken(unit: UnitOfWork, account_id: int, name: str) -> None:
    if any(authenticator.name.casefold() == name.casefold() for authenticator in _authenticators(unit, account_id)):
        raise DomainError("totp.name_taken", field="name")


def _totp(unit: UnitOfWork, authenticator: TotpAuthenticator) -> pyotp.TOTP | None:
    """None for a row that was tampered with: such a device accepts nothing."""
    try:
        return pyotp.TOTP(unit.vault.open(authenticator.sealed, _context(authenticator)).decode())
    except VaultError:
        log_event(
            logger, "vault.unreadable", level=logging.ERROR, table="totp_authenticator",
            account_id=authenticator.account_id, authenticator_id=authenticator.id,
        )  # fmt: skip
        return None


def _codes(totp: pyotp.TOTP) -> Callable[[int], str]:
    return totp.generate_otp


def _context(authenticator: TotpAuthenticator) -> str:
    return f"totp_authenticator:{authenticator.account_id}:{authenticator.id}"


def _enrolment_context(row: TotpEnrolment) -> str:
    return f"totp_enrolment:{row.account_id}:{row.handle}"
