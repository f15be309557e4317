"""Pending logins: those that wait for their second factor, at most one in each browser."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, select

from netim_app.core.actor import Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Fact, Origin
from netim_app.identity import facts, login_policies, sole_ceremony, tickets
from netim_app.identity.account_lock import lock_account
from netim_app.identity.security_log import log_refusal
from netim_app.identity.tables import PendingLogin
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from reflex_guard.tokens import digest, new_token

PENDING_LIFE = timedelta(minutes=10)
GONE = "second_factor.gone"
_PENDING_LOGINS = table_of(PendingLogin)
_pending_login = _PENDING_LOGINS.c
_IN_BROWSER = _pending_login.browser_digest == sa.bindparam("holder")
_PENDING = sa.select(_PENDING_LOGINS).where(_IN_BROWSER)
_GIVE_COOKIE = (
    sa.update(_PENDING_LOGINS)
    .where(
        _IN_BROWSER,
        _pending_login.secret_digest == sa.bindparam("secret"),
        _pending_login.cookie_digest == "",
        _pending_login.expires_at > sa.bindparam("now"),
    )
    .values(cookie_digest=sa.bindparam("cookie"))
)
_END_PENDING = sa.delete(_PENDING_LOGINS).where(_IN_BROWSER, _pending_login.expires_at == sa.bindparam("expires"))
_FINISH_PENDING = sa.delete(_PENDING_LOGINS).where(_IN_BROWSER, _pending_login.account_id == sa.bindparam("account"))


def begin(unit: UnitOfWork, account_id: int, visitor: Visitor, *, remember: bool, return_to: str) -> None:
    """Stores that this tab has given the right password. First call `drop_pending` in a unit of its own.

    Only holders of the same secret, the first of this visitor's, can finish the login.
    """
    values = {
        "secret_digest": next(iter(visitor.pending_digests), ""),
        "cookie_digest": "",
        "account_id": account_id,
        "remember": remember,
        "return_to": return_to,
        "expires_at": unit.now + PENDING_LIFE,
        "address": visitor.origin.known_address,
        "browser": visitor.origin.browser,
        "system": visitor.origin.system,
    }
    # In one statement: this browser may log in to another account at the same moment.
    unit.run(
        unit.insert(PendingLogin)
        .values(browser_digest=visitor.browser_digest, **values)
        .on_conflict_do_update(index_elements=["browser_digest"], set_=values)
    )


def is_pending(unit: UnitOfWork, visitor: Visitor) -> bool:
    """Whether this browser has a pending login and holds its secret."""
    return _pending(unit, visitor) is not None


def pending_account(unit: UnitOfWork, visitor: Visitor) -> int | None:
    """The account of the visitor's pending login; None if there is none."""
    row = _pending(unit, visitor)
    return None if row is None else row.account_id


def _pending(unit: UnitOfWork, visitor: Visitor) -> sa.Row[Any] | None:
    row = unit.row(_PENDING, holder=visitor.browser_digest) if visitor.browser_digest else None
    if row is None or row.expires_at <= unit.now:
        return None
    secrets = {row.secret_digest, row.cookie_digest} - {""}
    return None if secrets.isdisjoint(visitor.pending_digests) else row


def forget_waiting(unit: UnitOfWork, account_id: int, visitor: Visitor) -> None:
    """Deletes this browser's pending login to this account, which was opened in another way meanwhile."""
    unit.run(_FINISH_PENDING, {"holder": visitor.browser_digest, "account": account_id})


def has_begun(unit: UnitOfWork, browser_digest: str) -> bool:
    """Whether this browser has an unfinished login, which `drop_pending` ends."""
    return unit.row(_PENDING, holder=browser_digest) is not None


def give_cookie(unit: UnitOfWork, browser_digest: str, secret: str) -> str | None:
    """Exchanges the tab's secret, once, for one to keep in a cookie. None if no login is pending or it was done."""
    cookie = new_token()
    values = {"holder": browser_digest, "secret": digest(secret), "cookie": digest(cookie), "now": unit.now}
    given = unit.run(_GIVE_COOKIE, values)
    return cookie if given.rowcount == 1 else None


def drop_pending(unit: UnitOfWork, browser_digest: str) -> None:
    """Ends an unfinished login and notifies the customer, because somebody knows the password."""
    row = unit.row(_PENDING, holder=browser_digest)
    if row is not None:
        _end(unit, row)


def expired(unit: UnitOfWork) -> list[str]:
    """The browsers (digests) whose pending logins have expired. Call `expire` for each."""
    over = select(PendingLogin.browser_digest).where(col(PendingLogin.expires_at) <= unit.now)
    return list(unit.session.exec(over))


def expire(unit: UnitOfWork, browser_digest: str) -> None:
    """Ends an expired login, like `drop_pending`."""
    row = unit.row(_PENDING, holder=browser_digest)
    if row is not None and row.expires_at <= unit.now:
        _end(unit, row)


def _end(unit: UnitOfWork, row: sa.Row[Any]) -> None:
    lock_account(unit, row.account_id)
    deleted = unit.run(_END_PENDING, {"holder": row.browser_digest, "expires": row.expires_at})
    if deleted.rowcount:
        unit.record(
            facts.SecondFactorNotCompleted(
                account_id=row.account_id,
                at=unit.now,
                origin=Origin(address=row.address, browser=row.browser, system=row.system),
            )
        )


def forget_pending(unit: UnitOfWork, fact: Fact) -> None:
    """Deletes the account's pending logins, because their password no longer opens it."""
    unit.session.exec(delete(PendingLogin).where(col(PendingLogin.account_id) == fact.account_id))


def waiting(unit: UnitOfWork, visitor: Visitor) -> sa.Row[Any]:
    """Returns the pending login of this browser and locks its account.

    Raises:
        RecordedRefusal: there is none, the account is closed or accepts only a ceremony, or a login policy refuses it.
    """
    row = _pending(unit, visitor)
    if row is not None:
        lock_account(unit, row.account_id)
        row = _pending(unit, visitor)  # it may have been finished, dropped or replaced while we waited
    if row is None:
        log_refusal("code_refused", reason="too late")
        raise RecordedRefusal(GONE)
    if lock_account(unit, row.account_id).disabled_at is not None:
        log_refusal("code_refused", account_id=row.account_id, reason="disabled")
        raise RecordedRefusal(GONE)
    if sole_ceremony.is_chosen(unit, row.account_id):
        log_refusal("code_refused", account_id=row.account_id, reason="closed")
        raise RecordedRefusal(GONE)
    if (refusal := login_policies.refusal(unit, row.account_id, visitor.origin)) is not None:
        log_refusal("code_refused", account_id=row.account_id, reason=refusal)
        raise RecordedRefusal(refusal)
    return row


def finish(unit: UnitOfWork, row: sa.Row[Any], visitor: Visitor, *, factor: str) -> str:
    """Finishes the pending login after `factor` was proved. Returns the ticket that opens the session.

    Raises:
        RecordedRefusal: the login is no longer pending.
    """
    values = {"holder": visitor.browser_digest, "account": row.account_id}
    if unit.run(_FINISH_PENDING, values).rowcount != 1:
        raise RecordedRefusal(GONE)
    return tickets.issue_ticket(
        unit,
        purpose="login",
        account_id=row.account_id,
        browser_digest=visitor.browser_digest,
        remember=row.remember,
        factor=factor,
        return_to=row.return_to,
    )
