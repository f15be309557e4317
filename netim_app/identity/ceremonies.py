"""Logins and fresh proofs by a ceremony: a prompt of the browser that proves identity, with nothing typed.

Features define the ceremonies and check their answers (`feature.Ceremony`). After a right answer they call this module,
which checks everything else that may refuse a login.
"""

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Fact
from netim_app.identity import (
    facts,
    freeze,
    login,
    login_policies,
    pending_logins,
    second_factor,
    sole_ceremony,
    tickets,
)
from netim_app.identity.account_lock import lock_account
from netim_app.identity.security_log import log_proof, log_refusal
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers

PROVED = "ceremony_accepted"


class AccountBlocked(RecordedRefusal):
    """A right answer opens no session: the account is disabled, or blocked by a freeze or by too many wrong codes.

    Answer as to a wrong answer.
    """


def names_of(unit: UnitOfWork, account_id: int) -> list[str]:
    """The names of the ceremonies that the account can use."""
    return [each.name for each in offers().ceremonies if each.enrolled(unit, account_id)]


def accept_login(unit: UnitOfWork, account_id: int, visitor: Visitor, *, factor: str, return_to: str) -> str:
    """Completes a login by a ceremony alone, without a password. Returns the ticket that opens the session.

    Wrong codes suggest a stolen password, so they do not block an account that no password opens.

    Raises:
        AccountBlocked: answer as to a wrong answer.
        RecordedRefusal: a login policy refuses.
    """
    account = lock_account(unit, account_id)
    reason = _why_blocked(unit, account_id, disabled=account.disabled_at is not None)
    if reason is not None:
        log_refusal("login_failed", account_id=account_id, reason=reason)
        raise AccountBlocked(login.WRONG)
    log_proof(unit, PROVED, account_id=account_id, factor=factor)
    if (refusal := login_policies.refusal(unit, account_id, visitor.origin)) is not None:
        unit.record(
            facts.LoginBlocked(
                account_id=account_id, at=unit.now, origin=visitor.origin, reason=refusal, way="ceremony"
            )
        )
        raise RecordedRefusal(refusal)
    second_factor.clear_wrong_codes(unit, account_id, visitor.browser_digest)
    pending_logins.forget_waiting(unit, account_id, visitor)
    return tickets.issue_ticket(
        unit,
        purpose="login",
        account_id=account_id,
        browser_digest=visitor.browser_digest,
        factor=factor,
        return_to=return_to,
    )


def _why_blocked(unit: UnitOfWork, account_id: int, *, disabled: bool) -> str | None:
    """Why no ceremony opens the account; None if the right one does."""
    if disabled:
        return "disabled"
    if freeze.blocks_login(unit, account_id):
        return login.FROZEN
    locked_out = second_factor.is_locked_out(unit, account_id) and not sole_ceremony.is_chosen(unit, account_id)
    return login.LOCKED_OUT if locked_out else None


def waiting_account(unit: UnitOfWork, visitor: Visitor) -> int:
    """The account of this browser's pending login.

    Raises:
        RecordedRefusal: there is no such login any more, or a login policy refuses it.
    """
    account_id: int = pending_logins.waiting(unit, visitor).account_id
    return account_id


def finish_login(unit: UnitOfWork, account_id: int, visitor: Visitor, *, factor: str) -> str:
    """The second step of a login, after the password. Returns the ticket that opens the session.

    Raises:
        RecordedRefusal: the login is over or now belongs to another account, the account is locked out, or a login
            policy refuses it.
    """
    row = pending_logins.waiting(unit, visitor)
    if row.account_id != account_id or second_factor.is_locked_out(unit, account_id):
        log_refusal("code_refused", account_id=account_id, reason="locked out or replaced")
        raise RecordedRefusal(pending_logins.GONE)
    log_proof(unit, PROVED, account_id=account_id, factor=factor)
    second_factor.clear_wrong_codes(unit, account_id, visitor.browser_digest)
    return pending_logins.finish(unit, row, visitor, factor=factor)


def accept_proof(unit: UnitOfWork, actor: Actor, *, factor: str, return_to: str) -> str:
    """Accepts a fresh proof. Returns the ticket that renews the session."""
    log_proof(unit, PROVED, account_id=actor.account_id, factor=factor)
    second_factor.clear_wrong_codes(unit, actor.account_id, actor.browser_digest)
    return login.renew_as_proved(unit, actor, return_to)


def note_factor_removed(unit: UnitOfWork, cause: Fact) -> None:
    """Call it after a second factor was removed. If none is left, records that two-factor authentication is off."""
    if not second_factor.enrolled(unit, cause.account_id):
        unit.record(facts.SecondFactorDisabled(account_id=cause.account_id, at=cause.at, origin=cause.origin))
