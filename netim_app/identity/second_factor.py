"""Checks the codes of accounts that have a second factor. `pending_logins` has the logins that wait for a code.

Features define the kinds of codes (`feature.SecondFactor`). This module limits the guesses; docs/security.md has the
reasons.
"""

from functools import cache

import sqlalchemy as sa
from sqlmodel import col, delete

from netim_app.core import readers
from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.core.forms import NO_CODE
from netim_app.identity import attempts, facts, pending_logins, sole_ceremony
from netim_app.identity.account_lock import lock_account
from netim_app.identity.security_log import log_proof
from netim_app.identity.tables import FailedCodeCount, PendingLogin, SecondFactorLockout
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import Inserts, UnitOfWork
from netim_app.offers import offers

LOCKOUT_AFTER = 100
"""Wrong codes in a row after which login is blocked."""
LOCKOUT_AT_ODDS = (1300, 700)
"""Limits on (wrong codes) x (valid codes): each guess succeeds with a chance of (valid codes) / 1,000,000.

So a thief with the password gets in with a chance of 0.13 % before the first lockout, however many devices there are. A
thief who also reads the mailbox can lift the first by a reset: 0.2 % before the last, which no reset lifts."""
REFUSALS = {
    "wrong": "second_factor.wrong",
    "used": "second_factor.used",
    "throttled": "second_factor.throttled",
    "locked_out": "second_factor.locked_out",
    "closed": "second_factor.closed",
}
"""Reason -> text key. Callers see a reason only after the right password, and none helps to guess: a used code is
worthless, and no code is checked while attempts are throttled."""
_FAILED_CODES = table_of(FailedCodeCount)
_failed_codes, _lockout = _FAILED_CODES.c, table_of(SecondFactorLockout).c
_LOCKED_AT = sa.select(_lockout.locked_at).where(_lockout.account_id == sa.bindparam("account"))
_FAILURES = sa.select(sa.func.sum(_failed_codes.failures)).where(_failed_codes.account_id == sa.bindparam("account"))
_CLEAR_WRONG_CODES = sa.delete(_FAILED_CODES).where(
    _failed_codes.account_id == sa.bindparam("account"), _failed_codes.browser_digest == sa.bindparam("browser")
)


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether a password alone is not enough to log in to the account."""
    by_ceremony = any(ceremony.enrolled(unit, account_id) for ceremony in offers().ceremonies)
    return by_ceremony or enrolled_by_code(unit, account_id)


def enrolled_by_code(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account has a factor that shows codes, such as an application."""
    return any(factor.enrolled(unit, account_id) for factor in offers().second_factors)


def takes_codes(unit: UnitOfWork, account_id: int) -> bool:
    """Whether any code would be accepted now."""
    if sole_ceremony.is_chosen(unit, account_id):
        return False
    return any(factor.valid_code_count(unit, account_id) for factor in offers().second_factors)


def valid_fallback_codes(unit: UnitOfWork, account_id: int) -> int:
    """How many codes are valid of the factors that replace a lost device."""
    return sum(factor.valid_code_count(unit, account_id) for factor in offers().second_factors if factor.is_fallback)


def check_code(unit: UnitOfWork, account_id: int, code: str, visitor: Visitor) -> str:
    """Checks and consumes a code within the limits. Authenticators and backup codes share one count of attempts.

    Returns:
        The name of the factor that accepted it.

    Raises:
        RecordedRefusal: at the field `code`, with the reason: wrong, used, throttled, locked out, or closed because
            only a ceremony opens the account. A text other than six digits is not counted as a guess.
    """
    lock_account(unit, account_id)
    if sole_ceremony.is_chosen(unit, account_id):
        raise _refused(unit, account_id, visitor, "closed")
    return _check(unit, account_id, code, visitor)


def check_fallback_code(unit: UnitOfWork, account_id: int, code: str, visitor: Visitor) -> str:
    """`check_code` that accepts only the codes of fallback factors.

    It also checks them if only a ceremony opens the account: the caller decides what the code allows there.
    """
    return _check(unit, account_id, code, visitor, only_fallback=True)


def _check(unit: UnitOfWork, account_id: int, code: str, visitor: Visitor, *, only_fallback: bool = False) -> str:
    digits = readers.six_digits(code)
    if not digits:
        raise RecordedRefusal(NO_CODE, field="code")
    account = lock_account(unit, account_id)
    if is_locked_out(unit, account_id):
        raise _refused(unit, account_id, visitor, "locked_out", only_fallback=only_fallback)
    browser = visitor.browser_digest
    key = attempts.attempt_key(unit, "code", account.email_key, attempts.party_of(unit, account_id, visitor))
    if not attempts.record_attempt(unit, key):
        raise _refused(unit, account_id, visitor, "throttled", only_fallback=only_fallback)
    factors = [factor for factor in offers().second_factors if factor.is_fallback or not only_fallback]
    accepted = next(
        (factor.name for factor in factors if factor.consume(unit, account_id, digits, visitor.origin)), None
    )
    if accepted is None:
        used = any(factor.was_used(unit, account_id, digits) for factor in factors)
        refusal = _refused(unit, account_id, visitor, "used" if used else "wrong", only_fallback=only_fallback)
        _count_failure(unit, account_id, browser, visitor.origin)
        raise refusal
    log_proof(unit, "code_accepted", account_id=account_id, factor=accepted)
    attempts.reset_attempts(unit, key)
    clear_wrong_codes(unit, account_id, browser)
    return accepted


def _refused(
    unit: UnitOfWork, account_id: int, visitor: Visitor, reason: str, *, only_fallback: bool = False
) -> RecordedRefusal:
    """Records that a code was refused, and returns the error to raise."""
    unit.record(
        facts.CodeRefused(
            account_id=account_id,
            at=unit.now,
            origin=visitor.origin,
            reason=reason,
            logged_in=isinstance(visitor, Actor) and visitor.account_id == account_id,
            only_fallback=only_fallback,
        )
    )
    return RecordedRefusal(REFUSALS[reason], field="code")


def _count_failure(unit: UnitOfWork, account_id: int, browser: str, origin: Origin) -> None:
    unit.run(_count_one_more(unit.insert), {"account_id": account_id, "browser_digest": browser, "failures": 1})
    failures = unit.run(_FAILURES, {"account": account_id}).scalar_one()
    valid_codes = sum(factor.valid_code_count(unit, account_id) for factor in offers().second_factors)
    lockout = unit.session.get(SecondFactorLockout, account_id) or SecondFactorLockout(account_id=account_id, times=0)
    if failures >= LOCKOUT_AFTER or failures * valid_codes >= LOCKOUT_AT_ODDS[min(lockout.times, 1)]:
        lockout.times += 1
        lockout.locked_at = unit.now
        unit.session.add(lockout)
        _forget_guesses(unit, account_id)
        fact = facts.CodesLockedOut(account_id=account_id, at=unit.now, origin=origin, last=_is_last(lockout))
        unit.record(fact)


@cache
def _count_one_more(insert: Inserts) -> sa.Executable:
    return insert(_FAILED_CODES).on_conflict_do_update(
        index_elements=["account_id", "browser_digest"], set_={"failures": _failed_codes.failures + 1}
    )


def _is_last(lockout: SecondFactorLockout) -> bool:
    return lockout.times >= len(LOCKOUT_AT_ODDS)


def clear_wrong_codes(unit: UnitOfWork, account_id: int, browser: str) -> None:
    """Forgets the wrong codes of this browser after a right code or a ceremony, but not those of other browsers.

    It does not reset the count of lockouts: an attacker with mailbox access could then lift the first one for ever.
    """
    unit.run(_CLEAR_WRONG_CODES, {"account": account_id, "browser": browser})


def _forget_guesses(unit: UnitOfWork, account_id: int) -> None:
    for table in (FailedCodeCount, PendingLogin):
        unit.session.exec(delete(table).where(col(table.account_id) == account_id))


def is_locked_out(unit: UnitOfWork, account_id: int) -> bool:
    """Whether logins are blocked because the password must be assumed stolen."""
    lockout = unit.row(_LOCKED_AT, account=account_id)
    return lockout is not None and lockout.locked_at is not None


def lift_lockout(unit: UnitOfWork, fact: facts.PasswordChanged | facts.AccountUnlocked | facts.EmailRestored) -> None:
    """Ends the lockout: the operator or a restored address ends any, a password set by mail only the first."""
    if not isinstance(fact, facts.PasswordChanged):
        unit.session.exec(delete(SecondFactorLockout).where(col(SecondFactorLockout.account_id) == fact.account_id))
        unit.session.exec(delete(FailedCodeCount).where(col(FailedCodeCount.account_id) == fact.account_id))
        return
    if fact.way == "reset":
        lift_first_lockout(unit, fact.account_id)


def lift_first_lockout(unit: UnitOfWork, account_id: int) -> None:
    """Ends the first lockout after the password was replaced or became useless, so that its theft is harmless."""
    lockout = unit.session.get(SecondFactorLockout, account_id)
    if lockout is not None and not _is_last(lockout):
        lockout.locked_at = None


def forget_codes(unit: UnitOfWork, fact: facts.SecondFactorDisabled) -> None:
    """Drops wrong codes and pending logins: without a second factor no browser owes a code."""
    _forget_guesses(unit, fact.account_id)


def finish_login(unit: UnitOfWork, visitor: Visitor, code: str) -> str:
    """The code step of a login. Returns the ticket that opens the session.

    Raises:
        RecordedRefusal: the code is wrong (at its field), the login has expired, or a login policy refuses it.
    """
    row = pending_logins.waiting(unit, visitor)
    return pending_logins.finish(unit, row, visitor, factor=check_code(unit, row.account_id, code, visitor))
