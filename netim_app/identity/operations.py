"""What the operator does to an account, from the command line."""

from sqlmodel import select

from netim_app.identity import attempts, facts, links, second_factor, sessions
from netim_app.identity.email_address import email_key
from netim_app.identity.notices import notify
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import UnitOfWork


def find_account(unit: UnitOfWork, email: str) -> int | None:
    """The id of the account with this address."""
    return unit.session.exec(select(Account.id).where(Account.email_key == email_key(email))).first()


def unlock(unit: UnitOfWork, fact: facts.AccountUnlocked) -> None:
    """Resets all attempts; features that lock accounts out subscribe to the fact. The customer gets a mail."""
    account = sessions.lock_for_change(unit, fact.account_id)
    for party in attempts.parties(unit, fact.account_id):
        for kind in attempts.KINDS:
            attempts.reset_attempts(unit, attempts.attempt_key(unit, kind, account.email_key, party))
    two_factor_off = fact.without_second_factor and second_factor.enrolled(unit, fact.account_id)
    unit.record(fact)
    notify(unit, "account_unlocked", fact, two_factor_off=two_factor_off)


def disable(unit: UnitOfWork, account_id: int) -> None:
    """Closes an account. Its rows stay, and nothing opens it any more."""
    sessions.lock_for_change(unit, account_id).disabled_at = unit.now
    links.revoke_links(unit, account_id)
    sessions.end_sessions(unit, account_id)
    unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now))
