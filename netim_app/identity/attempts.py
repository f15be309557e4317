"""Limits on failed attempts. The database counts them, so all sockets and workers share them and a restart keeps them.

Five failures in fifteen minutes are allowed for all new browsers together, and five for each browser that the account
knows. So a stranger cannot lock the owner out. A known browser has five more in each network from which it has logged
in: a thief of its cookies, who is elsewhere, cannot use these. No thief can add a network, because that takes the right
password. So the attempts at one account are bounded, however many addresses they come from.

An attempt is counted before it is checked: parallel attempts cannot exceed the limit. A right one resets the count.
"""

from datetime import timedelta
from typing import Literal

from sqlmodel import col, delete, select, update

from netim_app.core.actor import Visitor
from netim_app.identity.tables import AccountSession, AttemptWindow, KnownBrowser
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.unit_of_work import UnitOfWork

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)

Kind = Literal["password", "code", "sign_up"]
KINDS: tuple[Kind, ...] = ("password", "code")
"""Kinds that are counted for accounts. "sign_up" is counted for the password of a registration."""


def party_of(unit: UnitOfWork, account_id: int, caller: Visitor) -> str:
    """Whose budget the caller has: empty for all new browsers, a known browser, or that browser in one of its networks.

    Costs the same for an account that does not exist (0).
    """
    browser = caller.browser_digest
    if not browser or unit.session.get(KnownBrowser, (account_id, browser)) is None:
        return ""
    network = network_keys(caller.origin.address)[0]
    return f"{browser} {network}" if network in _networks(unit, account_id, browser) else browser


def _networks(unit: UnitOfWork, account_id: int, browser: str) -> set[str]:
    """Where this browser has logged in to the account, as far as that is remembered."""
    own = (AccountSession.account_id == account_id, AccountSession.browser_digest == browser)
    addresses = unit.session.exec(select(AccountSession.address).where(*own).distinct())
    return {network_keys(address)[0] for address in addresses}


def parties(unit: UnitOfWork, account_id: int) -> list[str]:
    """All that `party_of` may name."""
    browsers = unit.session.exec(select(KnownBrowser.browser_digest).where(KnownBrowser.account_id == account_id)).all()
    at_home = [f"{browser} {network}" for browser in browsers for network in _networks(unit, account_id, browser)]
    return ["", *browsers, *at_home]


def attempt_key(unit: UnitOfWork, kind: Kind, owner: str, party: str = "") -> str:
    """Which budget an attempt is counted in.

    Args:
        unit: for its vault.
        kind: what is guessed.
        owner: the `email_key` of an account, the digest of the link of a registration.
        party: who guesses, as `party_of` says.
    """
    return unit.vault.mac("guess", f"{kind}\0{owner}\0{party}".encode())


def record_attempt(unit: UnitOfWork, key: str) -> bool:
    """Counts one attempt; False when the budget is used up."""
    window_over = col(AttemptWindow.started_at) <= unit.now - WINDOW
    restarted = unit.session.exec(
        update(AttemptWindow).where(col(AttemptWindow.key) == key, window_over).values(failures=1, started_at=unit.now)
    )
    if restarted.rowcount:
        return True
    # RETURNING counts the rows: PostgreSQL's driver gives no row count for an insert.
    counted = unit.session.exec(
        unit.insert(AttemptWindow)
        .values(key=key, failures=1, started_at=unit.now)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": AttemptWindow.failures + 1},
            where=col(AttemptWindow.failures) < MAX_FAILURES,
        )
        .returning(col(AttemptWindow.failures))
    )
    return counted.first() is not None


def dummy_write(unit: UnitOfWork, key: str) -> None:
    """Writes nothing new, and takes as long as a real write: the time does not tell which accounts exist."""
    unit.session.exec(
        update(AttemptWindow).where(col(AttemptWindow.key) == key).values(failures=AttemptWindow.failures)
    )


def reset_attempts(unit: UnitOfWork, key: str) -> None:
    """Resets the count, after a right answer."""
    unit.session.exec(delete(AttemptWindow).where(col(AttemptWindow.key) == key))


def purge(unit: UnitOfWork) -> None:
    """Deletes the windows that are over."""
    unit.session.exec(delete(AttemptWindow).where(col(AttemptWindow.started_at) <= unit.now - WINDOW))
