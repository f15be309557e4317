"""Limits on guessing, counted in the database so that all sockets and workers share them and a restart keeps them.

security-checks.md, decision 2: five failures in fifteen minutes, for everybody together who is a stranger to the
account, and apart from them for each known device, so that a stranger cannot lock the owner out. A device that has
logged in from a network has five more there: a thief of its cookies, who is elsewhere, cannot spend these. No thief can
add a network, because that takes the right password. So the guesses at an account have an end, however many addresses
they come from.

A guess is paid before it is looked at: parallel guesses cannot slip past the limit. A right one gets everything back.
"""

from datetime import timedelta
from typing import Literal

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, delete, select, update

from netim_app.core.actor import Visitor
from netim_app.identity.tables import AccountSession, GuessWindow, KnownDevice
from netim_app.infra.rate_limit import network_keys
from netim_app.infra.unit_of_work import UnitOfWork

MAX_FAILURES = 5
WINDOW = timedelta(minutes=15)

Kind = Literal["password", "code", "sign_up"]
KINDS: tuple[Kind, ...] = ("password", "code")
"""What is guessed at accounts. At a registration it is the password that was chosen there."""


def party_of(unit: UnitOfWork, account_id: int, caller: Visitor) -> str:
    """Whose budget the caller has: empty for all strangers, a known device, or that device in a network of its own.

    Costs the same for an account that does not exist (0).
    """
    device = caller.device_digest
    if not device or unit.session.get(KnownDevice, (account_id, device)) is None:
        return ""
    network = network_keys(caller.origin.address)[0]
    return f"{device} {network}" if network in _networks(unit, account_id, device) else device


def _networks(unit: UnitOfWork, account_id: int, device: str) -> set[str]:
    """Where this device has logged in to the account, as far as that is remembered."""
    own = (AccountSession.account_id == account_id, AccountSession.device_digest == device)
    addresses = unit.session.exec(select(AccountSession.address).where(*own).distinct())
    return {network_keys(address)[0] for address in addresses}


def parties(unit: UnitOfWork, account_id: int) -> list[str]:
    """All that `party_of` may name."""
    devices = unit.session.exec(select(KnownDevice.device_digest).where(KnownDevice.account_id == account_id)).all()
    at_home = [f"{device} {network}" for device in devices for network in _networks(unit, account_id, device)]
    return ["", *devices, *at_home]


def guess_key(unit: UnitOfWork, kind: Kind, owner: str, party: str = "") -> str:
    """Which budget a guess is paid from.

    Args:
        unit: for its vault.
        kind: what is guessed.
        owner: the `email_key` of an account, the digest of the link of a registration.
        party: who guesses, as `party_of` says.
    """
    return unit.vault.mac("guess", f"{kind}\0{owner}\0{party}".encode())


def pay_guess(unit: UnitOfWork, key: str) -> bool:
    """Takes one guess from the budget; False when it is used up."""
    window_over = col(GuessWindow.started_at) <= unit.now - WINDOW
    restarted = unit.session.exec(
        update(GuessWindow).where(col(GuessWindow.key) == key, window_over).values(failures=1, started_at=unit.now)
    )
    if restarted.rowcount:
        return True
    insert = sqlite.insert if unit.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    # What comes back is asked of the statement itself: PostgreSQL's driver gives no row count for an insert.
    paid = unit.session.exec(
        insert(GuessWindow)
        .values(key=key, failures=1, started_at=unit.now)
        .on_conflict_do_update(
            index_elements=["key"],
            set_={"failures": GuessWindow.failures + 1},
            where=col(GuessWindow.failures) < MAX_FAILURES,
        )
        .returning(col(GuessWindow.failures))
    )
    return paid.first() is not None


def write_again(unit: UnitOfWork, key: str) -> None:
    """Changes nothing, and costs as much as writing something."""
    unit.session.exec(update(GuessWindow).where(col(GuessWindow.key) == key).values(failures=GuessWindow.failures))


def forgive_guesses(unit: UnitOfWork, key: str) -> None:
    """Gives the whole budget back, after a right answer."""
    unit.session.exec(delete(GuessWindow).where(col(GuessWindow.key) == key))


def purge(unit: UnitOfWork) -> None:
    """Deletes the windows that are over."""
    unit.session.exec(delete(GuessWindow).where(col(GuessWindow.started_at) <= unit.now - WINDOW))
