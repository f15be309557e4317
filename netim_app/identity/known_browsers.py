"""Browsers that have logged in to an account before, identified by the digest of their cookie."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import delete
from sqlmodel import col, select

from netim_app.core.actor import Actor
from netim_app.identity.tables import Account, AccountSession, KnownBrowser
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

MAX_KNOWN_BROWSERS = 100
"""Of one account: one that is used once, as a private window is, makes no row that stays for ever."""
_KNOWN, _account = table_of(KnownBrowser), table_of(Account).c
_known = _KNOWN.c
_IS_KNOWN = (
    sa.select(_known.account_id)
    .join(table_of(Account), _account.id == _known.account_id)
    .where(_account.email_key == sa.bindparam("email"), _known.browser_digest == sa.bindparam("browser"))
)
_SEE_AGAIN = (
    sa.update(_KNOWN)
    .where(_known.account_id == sa.bindparam("account"), _known.browser_digest == sa.bindparam("browser"))
    .values(last_seen_at=sa.bindparam("now"))
)
_ADD = sa.insert(_KNOWN)
_ANOTHER = (
    sa.select(_known.account_id)
    .where(_known.browser_digest == sa.bindparam("browser"), _known.account_id != sa.bindparam("account"))
    .limit(1)
)
SIGN_UP_WITHIN = timedelta(hours=1)
"""The first login after a sign-up soon follows its confirmation. That of an imported account may come at any time."""
_CREATED = sa.select(_account.created_at).where(_account.id == sa.bindparam("account"))
_SECOND = sa.select(_known.browser_digest).where(_known.account_id == sa.bindparam("account")).offset(1).limit(1)


def remember_browser(unit: UnitOfWork, account_id: int, browser_digest: str) -> bool:
    """Makes the browser known to the account. Returns whether it already was."""
    if unit.run(_SEE_AGAIN, {"account": account_id, "browser": browser_digest, "now": unit.now}).rowcount:
        return True
    _forget_oldest(unit, account_id)
    row = {
        "account_id": account_id,
        "browser_digest": browser_digest,
        "first_seen_at": unit.now,
        "last_seen_at": unit.now,
    }
    unit.run(_ADD, row)
    return False


def _forget_oldest(unit: UnitOfWork, account_id: int) -> None:
    """Makes room for one more known browser: forgets those that were unused for longest."""
    own = col(KnownBrowser.account_id) == account_id
    latest = select(KnownBrowser.browser_digest).where(own).order_by(col(KnownBrowser.last_seen_at).desc())
    kept = unit.session.exec(latest.limit(MAX_KNOWN_BROWSERS - 1)).all()
    if len(kept) == MAX_KNOWN_BROWSERS - 1:
        unit.session.exec(delete(KnownBrowser).where(own, col(KnownBrowser.browser_digest).not_in(kept)))


def is_known_browser(unit: UnitOfWork, email_key: str, browser_digest: str) -> bool:
    """Whether this browser is known to the account with this address."""
    return bool(browser_digest) and unit.row(_IS_KNOWN, email=email_key, browser=browser_digest) is not None


def is_own_browser(unit: UnitOfWork, actor: Actor) -> bool:
    """Whether the customer uses the session in the browser that opened it."""
    session = unit.session.get(AccountSession, actor.session_id)
    return session is not None and session.browser_digest == actor.browser_digest


def knows_another(unit: UnitOfWork, actor: Actor) -> bool:
    """Whether the customer's browser is also known to another account."""
    return unit.row(_ANOTHER, account=actor.account_id, browser=actor.browser_digest) is not None


def is_first_browser(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account is new and knows only one browser: the one that has just confirmed its sign-up."""
    created = unit.row(_CREATED, account=account_id)
    is_new = created is not None and created.created_at > unit.now - SIGN_UP_WITHIN
    return is_new and unit.row(_SECOND, account=account_id) is None


def forget_browsers(unit: UnitOfWork, account_id: int) -> None:
    """Makes every browser new to the account again."""
    unit.session.exec(delete(KnownBrowser).where(col(KnownBrowser.account_id) == account_id))


def forget_browser(unit: UnitOfWork, account_id: int, browser_digest: str) -> None:
    """Makes one browser new to the account again."""
    own = (col(KnownBrowser.account_id) == account_id, col(KnownBrowser.browser_digest) == browser_digest)
    unit.session.exec(delete(KnownBrowser).where(*own))
