"""The operator's commands for an account."""

from typing import Any

import sqlalchemy as sa
from sqlmodel import select

from netim_app.core.facts import Origin
from netim_app.identity import attempts, facts, links, recovery, second_factor, sessions, sole_ceremony
from netim_app.identity.account_lock import lock_account, lock_for_change
from netim_app.identity.email_address import email_key
from netim_app.identity.notices import notify
from netim_app.identity.tables import Account
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.offers import offers

OPERATOR = Origin(system="operator")
"""The origin of commands. Unlike a client of the server, it has no address, so no client can imitate it."""
MAX_FOUND = 20
_account = table_of(Account).c


def find_account(unit: UnitOfWork, email: str) -> int | None:
    """The id of the account with this address."""
    return unit.session.exec(select(Account.id).where(Account.email_key == email_key(email))).first()


def unlock(unit: UnitOfWork, fact: facts.AccountUnlocked) -> None:
    """Resets all attempts and notifies the customer. Features that lock accounts subscribe to the fact."""
    account = lock_for_change(unit, fact.account_id)
    for party in attempts.parties(unit, fact.account_id):
        for kind in attempts.KINDS:
            attempts.reset_attempts(unit, attempts.attempt_key(unit, kind, account.email_key, party))
    two_factor_off = fact.without_second_factor and second_factor.enrolled(unit, fact.account_id)
    unit.record(fact)
    notify(unit, "account_unlocked", fact, two_factor_off=two_factor_off)


def disable(unit: UnitOfWork, account_id: int, origin: Origin | None = None) -> None:
    """Disables an account and notifies the customer. Its rows stay, but nothing opens it."""
    origin = origin or Origin()
    lock_for_change(unit, account_id).disabled_at = unit.now
    links.revoke_links(unit, account_id)
    sessions.end_sessions(unit, account_id)
    unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now, origin=origin))
    note_and_notify(unit, account_id, "disabled", origin)


def enable(unit: UnitOfWork, account_id: int, origin: Origin) -> bool:
    """Enables a disabled account, without logging anybody in. Returns whether it was disabled."""
    account = lock_for_change(unit, account_id)
    if account.disabled_at is None:
        return False
    account.disabled_at = None
    note_and_notify(unit, account_id, "enabled", origin)
    return True


def end_sessions(unit: UnitOfWork, account_id: int, origin: Origin, *, by_mail: bool = True) -> int:
    """Ends all sessions of an account. Returns how many. `by_mail`: whether to notify the customer."""
    ended = sessions.end_sessions(unit, account_id)
    unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now, origin=origin))
    note_and_notify(unit, account_id, "sessions_ended", origin, by_mail=by_mail)
    return ended


def send_reset(unit: UnitOfWork, fact: facts.SupportActed) -> bool:
    """Mails the link that sets a new password. False if the account is disabled: no link works there."""
    if lock_account(unit, fact.account_id).disabled_at is not None:
        return False
    unit.record(fact)
    recovery.mail_reset(unit, fact)
    return True


def note_and_notify(
    unit: UnitOfWork, account_id: int, act: facts.SupportAct, origin: Origin, *, by_mail: bool = True
) -> None:
    """Records an act of support in the customer's activity, and mails it if `by_mail`."""
    fact = facts.SupportActed(account_id=account_id, at=unit.now, origin=origin, act=act)
    unit.record(fact)
    if by_mail:
        notify(unit, "support_acted", fact, act=act)


def state_of(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """The facts that decide whether the customer can log in, for support."""
    return {
        "disabled": lock_account(unit, account_id).disabled_at is not None,
        "second_factor": second_factor.enrolled(unit, account_id),
        "password_opens_it": not sole_ceremony.is_chosen(unit, account_id),
        "locked_out": second_factor.is_locked_out(unit, account_id),
    }


def protections(unit: UnitOfWork, account_id: int) -> dict[str, bool]:
    """Whether each protection is active, by key."""
    return {protection.key: protection.active(unit, account_id) for protection in offers().protections}


def find(unit: UnitOfWork, words: str) -> tuple[list[dict[str, Any]], bool]:
    """Accounts with these words in their address or name, and whether there are more than `MAX_FOUND`."""
    name = _account.first_name + " " + _account.last_name
    part = words.strip()
    wanted = (
        sa.select(_account.id, _account.email, _account.first_name, _account.last_name, _account.disabled_at)
        .where(
            sa.or_(*(column.icontains(part, autoescape=True) for column in (_account.email, _account.email_key, name)))
        )
        .order_by(_account.email_key)
        .limit(MAX_FOUND + 1)
    )
    rows = unit.run(wanted, {}).all() if part else []
    found = [
        {
            "id": row.id,
            "email": row.email,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "disabled": row.disabled_at is not None,
        }
        for row in rows[:MAX_FOUND]
    ]
    return found, len(rows) > MAX_FOUND
