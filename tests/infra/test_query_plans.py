"""Every statement that customers' actions and the sweeps emit finds its rows by an index, on both databases.

No table here is small for ever. The tests look at the plans of the databases themselves, asked for at the very
moment and with the very values of each statement that real services emit.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import Any

import psycopg
import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy import event

from netim_app.core.actor import Actor
from netim_app.core.errors import RecordedRefusal
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.genuine_mail.service import phrase, references
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.journal.service import checking, files, recent, retention
from netim_app.features.journal.service import reading as journal
from netim_app.features.login_alerts.service.alerts import choose
from netim_app.features.not_me.service import stop_everything
from netim_app.features.password.flows import change_password
from netim_app.features.totp.service import enrolments
from netim_app.identity import (
    account_creation,
    directory_accounts,
    email_change,
    facts,
    flows,
    known_browsers,
    login,
    operations,
    passwords,
    pending_logins,
    profiles,
    recovery,
    second_factor,
    sessions,
    sign_up,
    sign_up_flows,
    tickets,
)
from netim_app.identity.state.shell import _load
from netim_app.infra import mail_sender, outbox_upkeep
from netim_app.infra.unit_of_work import Units, in_read_unit, in_unit
from netim_app.offers import offers
from netim_app.schema import load_metadata
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    PASSWORD,
    Browser,
    actor_of,
    last_mail,
    make_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock, FakeTransport
from tests.kit.not_me import secret_in
from tests.kit.pages import PERSONAL

EXPLAINED = ("SELECT", "UPDATE", "DELETE", "INSERT")


@dataclass
class Plans:
    """The statements that were sent, and each way in which a database would read a whole table for it."""

    statements: set[str] = field(default_factory=set)
    scans: set[tuple[str, str]] = field(default_factory=set)
    paused: bool = False
    """While a test itself looks into the database."""

    @property
    def tables(self) -> set[str]:
        """All tables that some statement names after FROM, UPDATE, INTO or JOIN."""
        return set(re.findall(r"(?:FROM|UPDATE|INTO|JOIN) (\w+)", " ".join(self.statements)))


@contextmanager
def plans_of(units: Units) -> Iterator[Plans]:
    """Asks for the plan of every statement, right before it runs."""
    found = Plans()
    explain = _explain_sqlite if units.engine.dialect.name == "sqlite" else _explain_postgresql

    def look(
        connection: sa.Connection, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if not found.paused and statement.lstrip().startswith(EXPLAINED) and statement not in found.statements:
            found.statements.add(statement)
            # Several rows of one table are sent as one statement with the parameters of its first.
            rows = many and isinstance(parameters, list)
            scans = explain(connection, statement, parameters[0] if rows else parameters)
            found.scans |= {(" ".join(statement.split()), scan) for scan in scans}

    event.listen(units.engine, "before_cursor_execute", look)
    try:
        yield found
    finally:
        event.remove(units.engine, "before_cursor_execute", look)


def _explain_sqlite(connection: sa.Connection, statement: str, parameters: Any) -> list[str]:
    cursor = connection.connection.cursor()
    cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
    read = [(row[3], re.match(r"SCAN (\w+)", row[3])) for row in cursor.fetchall()]
    return [detail for detail, scan in read if scan and scan[1] in load_metadata().tables]


def _explain_postgresql(connection: sa.Connection, statement: str, parameters: Any) -> list[str]:
    driver: Any = connection.connection.driver_connection
    with psycopg.ClientCursor(driver) as cursor:
        # The tables of a test are so small that reading them whole is best: forbidden, it is done only without index.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        (plan,) = cursor.fetchone() or (None,)
    return list(_whole_reads((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]))


def _whole_reads(node: dict[str, Any]) -> Iterator[str]:
    kind = node["Node Type"]
    if kind == "Seq Scan" or (
        kind in ("Index Scan", "Index Only Scan", "Bitmap Index Scan") and "Index Cond" not in node
    ):
        yield f"{kind} on {node.get('Relation Name') or node.get('Index Name')}"
    for child in node.get("Plans", ()):
        yield from _whole_reads(child)


async def _login(units: Units, secret: str = "", email: str = EMAIL, password: str = PASSWORD) -> Browser:
    visitor = visitor_of()
    result = await flows.log_in(visitor, email, password, remember=False, return_to=PERSONAL)
    if isinstance(result, login.TicketIssued):
        ticket = result.ticket
    else:
        assert await in_read_unit(pending_logins.is_pending, visitor)
        ticket = await in_unit(second_factor.finish_login, visitor, pyotp.TOTP(secret).at(units.clock()))
    opened = await in_unit(tickets.redeem_ticket, ticket, visitor.browser_digest, HERE)
    assert opened is not None
    return Browser(opened.token)


def _link(units: Units, plans: Plans, mail: str) -> str:
    """The secret in the last such mail."""
    plans.paused = True
    token = last_mail(units, mail).token
    plans.paused = False
    return token


async def _use_everything(units: Units, clock: FakeClock, plans: Plans) -> None:
    """A customer's life: one action of each kind."""
    customer = account_creation.NewCustomer(
        email=EMAIL, first_name="Ada", last_name="Lovelace", password=PASSWORD, language="en", time_zone="Europe/Paris"
    )
    await in_unit(sign_up.sign_up, customer, passwords.hash_password(PASSWORD, 4))
    await sign_up_flows.confirm_email(_link(units, plans, "sign_up"), PASSWORD, visitor_of())
    browser = await _login(units)
    with units.read() as unit:
        actor = actor_of(unit, browser)
    await in_read_unit(known_browsers.is_known_browser, EMAIL.lower(), browser.browser_digest)
    await in_read_unit(known_browsers.knows_another, actor)
    await in_unit(sessions.mark_seen, actor.session_id)
    await in_read_unit(_load, actor.account_id, -1)
    profile = (await in_read_unit(profiles.view_account, actor.account_id)).profile
    await in_unit(profiles.edit_profile, actor, profile)
    for on in (True, False, True):
        await in_unit(choose, actor, "every" if on else "off")
    for words in ("blue heron", "another phrase"):
        await in_unit(phrase.save, actor, words)
    await in_read_unit(references.look_up, "00000-00000", "en")

    await in_unit(rule_list.add_rule, actor, reading.parse("192.0.2.0/24"), "")
    await in_unit(rule_list.add_rule, actor, reading.parse("2001:db8::/32"), "")
    await in_unit(restriction.switch, actor, True, confirmed=False)
    shown = await in_read_unit(rule_list.view_restriction, actor.account_id)
    await in_unit(rule_list.remove_rule, actor, shown.rules[1].id, confirmed=False)

    enrolment = await in_unit(enrolments.begin, actor)
    secret = enrolment.key.replace(" ", "")
    code = pyotp.TOTP(secret).at(clock())
    await in_unit(enrolments.confirm, actor, enrolment.handle, code=code, name="Phone", return_to=PERSONAL)
    await in_unit(enrolments.begin, actor)
    made = await in_unit(backup_code_sets.make, actor)
    await in_read_unit(_load, actor.account_id, -1)
    await in_unit(phrase.remove, actor)
    clock.advance(minutes=1)
    await _login(units, secret)
    clock.advance(minutes=1)
    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to=PERSONAL)
    with pytest.raises(RecordedRefusal):
        await in_unit(second_factor.finish_login, visitor_of(), "000000")
    await in_unit(second_factor.finish_login, visitor_of(), made.codes[0].replace(" ", ""))
    await flows.prove_again(actor, PASSWORD, pyotp.TOTP(secret).at(clock()), PERSONAL)

    await _read_the_journal(actor)
    await in_unit(email_change.ask_email_change, actor, "ada@example.net")
    await sign_up_flows.confirm_email(_link(units, plans, "email_change"), "", actor)
    await change_password(actor, PASSWORD, NEW_PASSWORD, "", PERSONAL)
    await in_unit(recovery.ask_reset, "ada@example.net", HERE)
    token = _link(units, plans, "reset")
    await in_read_unit(recovery.owner_of, token)
    hashed = passwords.hash_password(PASSWORD, 4)
    await in_unit(recovery.finish_reset, token, hashed, visitor_of())
    await in_unit(sessions.end_session, browser.digest, HERE)
    await in_unit(operations.unlock, facts.AccountUnlocked(account_id=actor.account_id, at=clock()))
    plans.paused = True
    not_me = secret_in(last_mail(units, "account_unlocked"))
    plans.paused = False
    await in_unit(stop_everything, not_me, visitor_of())
    await flows.restore_email(_link(units, plans, "email_undo"), visitor_of())
    await in_unit(operations.disable, actor.account_id)


async def _read_the_journal(actor: Actor) -> None:
    """Every way to narrow it, in brief and in full, the check and the export."""
    day = date(2026, 3, 1)
    for sort, address, since, until in product(("all", "mails"), ("", "192.0.2.7"), (None, day), (None, day)):
        wanted = journal.Wanted(sort, address, since, until)
        await in_read_unit(journal.view_page, actor.account_id, wanted, 9, 20)
    for shown in recent.SHOWN:
        await in_read_unit(recent.view_page, actor.account_id, shown, 9, 20)
    await in_unit(files.note_export, actor)
    await in_read_unit(checking.begin, actor.account_id)
    await in_read_unit(files.archive, actor.account_id)


async def _sweep(units: Units, clock: FakeClock) -> None:
    """The server's work of every minute, every hour and at /healthz: now, and when everything has expired."""
    for _ in range(2):
        await mail_sender.Sender(units, FakeTransport(), "worker").drain()
        await in_read_unit(outbox_upkeep.backlog)
        await in_read_unit(directory_accounts.changed)
        for purge in offers().purges:
            await in_unit(purge)
        for account_id in await in_read_unit(retention.too_long):
            await in_unit(retention.shorten, account_id)
        for browser_digest in await in_read_unit(pending_logins.expired):
            await in_unit(pending_logins.expire, browser_digest)
        clock.advance(days=1200)


async def test_no_action_of_a_customer_and_no_sweep_reads_a_whole_table(units: Units, clock: FakeClock) -> None:
    with plans_of(units) as plans:
        await _use_everything(units, clock, plans)
        await _sweep(units, clock)
    assert plans.scans == set()
    assert plans.tables >= set(load_metadata().tables), "each table was asked for by somebody"


async def test_a_whole_read_would_be_found(units: Units) -> None:
    with units.write() as unit:
        make_account(unit)
    with plans_of(units) as plans, units.read() as unit:
        unit.session.connection().execute(sa.text("SELECT id FROM account WHERE first_name = 'Ada'"))
    assert len(plans.scans) == 1


def test_each_foreign_key_has_an_index_to_delete_by() -> None:
    """A customer who goes takes rows of other tables along: no plan shows that the database looks for them."""
    without = []
    for table in load_metadata().sorted_tables:
        keys = [one for one in table.constraints if isinstance(one, sa.PrimaryKeyConstraint | sa.UniqueConstraint)]
        leading = {next(iter(one.columns)).name for one in (*table.indexes, *keys)}
        without += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in leading]
    assert without == []
