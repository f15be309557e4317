"""The cost of each action as an account, or the number of accounts, grows: CPU of the services, without Reflex.

`python -m tests.benchmarks.growth` prints the table.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median

import sqlalchemy as sa
from pydantic import SecretStr

from netim_app.core.actor import Actor
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import access, rule_list
from netim_app.features.journal.service import entries, recent
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.features.totp.service import codes
from netim_app.features.totp.service.stored import authenticator_context
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity import changes, login, sessions, tickets
from netim_app.identity.tables import Account, AccountSession
from netim_app.infra import unit_of_work
from netim_app.infra.columns import table_of
from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import offers
from netim_app.registry import install_features
from netim_app.schema import migrate
from netim_app.settings import Settings
from tests.kit.factories import EMAIL, HERE, actor_of, make_account, make_session, visitor_of

SIZES = (1, 10, 100)
"""Devices (10 at most), rules, sessions (50 at most), journal entries of one account."""
CROWDS = (10, 1_000, 100_000)
"""Accounts, with a session each."""
SECRET = b"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
RUNS = 30
_numbers = count(1)


@dataclass(frozen=True)
class Action:
    """Something that a customer does, without what shows it."""

    name: str
    run: Callable[[UnitOfWork, Actor], object]
    writes: bool = True


def _show_all(unit: UnitOfWork, actor: Actor) -> object:
    return [refresher.load(unit, actor.account_id) for refresher in offers().refreshers.values()]


def _show_changes(unit: UnitOfWork, actor: Actor) -> object:
    return changes.changed_since(unit, actor.account_id, actor.revision)


def _look_up(unit: UnitOfWork, actor: Actor) -> object:
    token = unit.run(_DIGEST, {"session": actor.session_id}).scalar_one()
    return sessions.look_up(unit, token, actor.browser_digest, actor.origin)


def _switch(unit: UnitOfWork, actor: Actor) -> None:
    choose(unit, actor, "every" if next(_numbers) % 2 == 0 else "off")


def _add_and_remove(unit: UnitOfWork, actor: Actor) -> object:
    number = next(_numbers)
    span = reading.parse(f"10.{number // 250 % 250}.{number % 250}.9")
    rule_list.add_rule(unit, actor, span, "")
    added = next(rule for rule in rule_list.view_restriction(unit, actor.account_id).rules if rule.text == span.text)
    return rule_list.remove_rule(unit, actor, added.id, confirmed=True)


def _test_address(unit: UnitOfWork, actor: Actor) -> object:
    return access.covering_rule(unit, actor.account_id, reading.parse_address("192.0.2.9"))


def _password(unit: UnitOfWork, _actor: Actor) -> object:
    return login.begin_attempt(unit, EMAIL, visitor_of(f"{next(_numbers):064x}"))


def _open_session(unit: UnitOfWork, actor: Actor) -> object:
    ticket = tickets.issue_ticket(
        unit, purpose="login", account_id=actor.account_id, browser_digest=actor.browser_digest
    )
    return tickets.redeem_ticket(unit, ticket, actor.browser_digest, actor.origin)


def _wrong_code(unit: UnitOfWork, actor: Actor) -> object:
    return codes.consume(unit, actor.account_id, "000000", HERE)


def _older_entries(unit: UnitOfWork, actor: Actor) -> object:
    return recent.view_page(unit, actor.account_id, "all", entries.LAST, recent.NEXT_PAGE)


_session = table_of(AccountSession).c
_DIGEST = sa.select(_session.token_digest).where(_session.id == sa.bindparam("session"))
ACTIONS = (
    Action("look-up of an event", _look_up, writes=False),
    Action("what has changed", _show_changes, writes=False),
    Action("page opening", _show_all, writes=False),
    Action("switch with its mail", _switch),
    Action("add a rule, look, remove it", _add_and_remove),
    Action("test an address", _test_address, writes=False),
    Action("older activity", _older_entries, writes=False),
    Action("password, without the hash", _password),
    Action("wrong code", _wrong_code),
    Action("session from a ticket", _open_session),
)


def fill_account(unit: UnitOfWork, size: int) -> Actor:
    """A customer with so many of everything."""
    account_id = make_account(unit)
    for _ in range(min(size, tickets.MAX_SESSIONS) - 1):
        make_session(unit, account_id)
    actor = actor_of(unit, make_session(unit, account_id))
    for number in range(size):
        rule_list.add_rule(unit, actor, reading.parse(f"192.0.2.{number}"), "")
    for number in range(min(size, 10)):
        row = TotpAuthenticator(account_id=account_id, name=str(number), sealed=b"", last_step=0, added_at=unit.now)
        unit.session.add(row)
        unit.session.flush()
        row.sealed = unit.vault.seal(SECRET, authenticator_context(row))
    for _ in range(size):
        entries.add(unit, account_id, entries.What(sort="logins", event="logged_in", origin=HERE))
    return actor


def fill_crowd(unit: UnitOfWork, accounts: int) -> None:
    """Others, copied from the one account that there is."""
    model = dict(unit.run(sa.select(table_of(Account))).mappings().one())
    others = [model | {"id": n, "email": f"{n}@x.test", "email_key": f"{n}@x.test"} for n in range(2, accounts + 1)]
    unit.run(sa.insert(table_of(Account)), others)
    session = dict(unit.run(sa.select(table_of(AccountSession)).limit(1)).mappings().one())
    unit.run(
        sa.insert(table_of(AccountSession)),
        [session | {"id": 10_000 + n, "account_id": n, "token_digest": f"{n:064x}"} for n in range(2, accounts + 1)],
    )


@contextmanager
def database(folder: Path) -> Iterator[Units]:
    """A fresh one."""
    url = f"sqlite:///{folder}/netim.db"
    settings = Settings(database_url=url, var_dir=folder, secret_key=SecretStr("of the benchmark alone"))
    units = Units(make_engine(url), settings)
    migrate(units)
    unit_of_work._units = units
    yield units
    units.engine.dispose()


def milliseconds(units: Units, action: Action, actor: Actor) -> float:
    """CPU of one run, the median of many."""
    took = []
    for _ in range(RUNS):
        begun = time.process_time()
        with (units.write if action.writes else units.read)() as unit:
            action.run(unit, actor)
        took.append(time.process_time() - begun)
    return median(took) * 1000


def measure(size: int, accounts: int) -> list[float]:
    """Milliseconds of each action, for an account of this size among so many."""
    with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as units:
        with units.write() as unit:
            actor = fill_account(unit, size)
            fill_crowd(unit, accounts)
        return [milliseconds(units, action, actor) for action in ACTIONS]


def table() -> list[str]:
    """The lines of the table: how each action grows with the account, and with the number of accounts."""
    install_features()
    columns = [(size, CROWDS[0]) for size in SIZES] + [(SIZES[1], accounts) for accounts in CROWDS]
    figures = [measure(size, accounts) for size, accounts in columns]
    heads = [f"{size} of each" for size in SIZES] + [f"{accounts:,} accounts" for accounts in CROWDS]
    lines = [f"| CPU, ms | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for action, row in zip(ACTIONS, zip(*figures, strict=True), strict=True):
        lines.append(f"| {action.name} | {' | '.join(f'{value:.2f}' for value in row)} |")
    return lines


if __name__ == "__main__":
    import logging

    logging.disable(logging.CRITICAL)
    sys.stdout.write("\n".join(table()) + "\n")
