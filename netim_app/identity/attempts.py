"""Limits on failed attempts. The database counts them, so all sockets and workers share them and a restart keeps them.

Within fifteen minutes, all new browsers together may fail five times, and so may each browser that the account knows.
So a stranger cannot lock the owner out. A known browser has five more attempts in each network from which it has logged
in. A thief of its cookies is in another network and cannot use these. Nor can a thief add a network, because that takes
the right password. So the attempts at one account are bounded, however many addresses they come from.

Each attempt is counted before it is checked, so parallel attempts cannot exceed the limit. A success resets the count.
"""

from datetime import timedelta
from functools import cache
from typing import Literal

import sqlalchemy as sa
from sqlmodel import col, delete, select

from netim_app.core.actor import Visitor
from netim_app.identity.tables import AccountSession, AttemptWindow, KnownBrowser
from netim_app.infra.columns import table_of
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.unit_of_work import Inserts, UnitOfWork

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)

Kind = Literal["password", "code", "sign_up"]
KINDS: tuple[Kind, ...] = ("password", "code")
"""Kinds that are counted for accounts. "sign_up" is counted for the password of a registration."""
_WINDOWS, _known, _session = table_of(AttemptWindow), table_of(KnownBrowser).c, table_of(AccountSession).c
_window = _WINDOWS.c
_IS_IT = _window.key == sa.bindparam("budget")
_KNOWN = sa.select(_known.account_id).where(
    _known.account_id == sa.bindparam("account"), _known.browser_digest == sa.bindparam("browser")
)
_ADDRESSES = (
    sa.select(_session.address)
    .where(_session.account_id == sa.bindparam("account"), _session.browser_digest == sa.bindparam("browser"))
    .distinct()
)
_RESTART = (
    sa.update(_WINDOWS)
    .where(_IS_IT, _window.started_at <= sa.bindparam("over"))
    .values(failures=1, started_at=sa.bindparam("now"))
)
_REWRITE = sa.update(_WINDOWS).where(_IS_IT).values(failures=_window.failures)
_RESET = sa.delete(_WINDOWS).where(_IS_IT)


def party_of(unit: UnitOfWork, account_id: int, caller: Visitor) -> str:
    """Names the caller's budget: "" for all new browsers, a known browser, or that browser in one of its networks.

    Costs the same for an account that does not exist (0).
    """
    browser = caller.browser_digest
    if not browser or unit.row(_KNOWN, account=account_id, browser=browser) is None:
        return ""
    network = network_keys(caller.origin.address)[0]
    return f"{browser} {network}" if network in _networks(unit, account_id, browser) else browser


def _networks(unit: UnitOfWork, account_id: int, browser: str) -> set[str]:
    """The networks in which this browser has logged in to the account, as far as its sessions are still stored."""
    rows = unit.rows(_ADDRESSES, account=account_id, browser=browser)
    return {network_keys(row.address)[0] for row in rows}


def parties(unit: UnitOfWork, account_id: int) -> list[str]:
    """Every value that `party_of` can return for the account."""
    browsers = unit.session.exec(select(KnownBrowser.browser_digest).where(KnownBrowser.account_id == account_id)).all()
    at_home = [f"{browser} {network}" for browser in browsers for network in _networks(unit, account_id, browser)]
    return ["", *browsers, *at_home]


def attempt_key(unit: UnitOfWork, kind: Kind, owner: str, party: str = "") -> str:
    """The key of the budget in which an attempt is counted.

    Args:
        unit: for its vault.
        kind: what is guessed.
        owner: the `email_key` of an account, or the digest of a registration's link.
        party: who guesses, as returned by `party_of`.
    """
    return unit.vault.mac("guess", f"{kind}\0{owner}\0{party}".encode())


def record_attempt(unit: UnitOfWork, key: str) -> bool:
    """Counts one attempt; False when the budget is used up."""
    if unit.run(_RESTART, {"budget": key, "over": unit.now - WINDOW, "now": unit.now}).rowcount:
        return True
    row = {"key": key, "failures": 1, "started_at": unit.now}
    return unit.run(_count(unit.insert, MAX_FAILURES), row).first() is not None


@cache
def _count(insert: Inserts, most: int) -> sa.Executable:
    """Adds an attempt while the budget lasts. RETURNING shows whether it did: PostgreSQL's driver counts no insert."""
    return (
        insert(_WINDOWS)
        .on_conflict_do_update(
            index_elements=["key"], set_={"failures": _window.failures + 1}, where=_window.failures < most
        )
        .returning(_window.failures)
    )


def dummy_write(unit: UnitOfWork, key: str) -> None:
    """Changes nothing but takes as long as a real write, so that timing does not reveal which accounts exist."""
    unit.run(_REWRITE, {"budget": key})


def reset_attempts(unit: UnitOfWork, key: str) -> None:
    """Resets the count after a success."""
    unit.run(_RESET, {"budget": key})


def purge(unit: UnitOfWork) -> None:
    """Deletes expired windows."""
    unit.session.exec(delete(AttemptWindow).where(col(AttemptWindow.started_at) <= unit.now - WINDOW))
