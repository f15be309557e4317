from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from netim_app import periodic
from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.features.own_data import rules
from netim_app.features.own_data.facts import DeletionAsked
from netim_app.features.own_data.service import cancellation, deletion
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.identity import flows, links, login, operations, recovery, sessions, sign_up, tickets
from netim_app.identity.account_creation import NewCustomer
from netim_app.identity.facts import AccountUnlocked, EmailRestored, LoginFailed
from netim_app.identity.login import TicketIssued
from netim_app.identity.tables import Account
from netim_app.infra.tables import OutboxMessage
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.factories import (
    EMAIL,
    HERE,
    OTHER_BROWSER,
    PASSWORD,
    answer_requests,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.filled_tables import count, fill, tables_of_accounts
from tests.kit.races import both


@pytest.fixture
def caller(units: Units) -> Actor:
    return logged_in_actor(units)


def ask(units: Units, caller: Actor, typed: str = EMAIL) -> None:
    with units.write() as unit:
        deletion.ask(unit, caller, typed)


def exists(units: Units, caller: Actor) -> bool:
    with units.read() as unit:
        return unit.session.get(Account, caller.account_id) is not None


def pending(units: Units, caller: Actor) -> bool:
    with units.read() as unit:
        row = unit.session.get(AccountDeletion, caller.account_id)
        return row is not None and row.taken_back_at is None


async def pass_days(clock: FakeClock, days: float) -> None:
    clock.advance(days=days)
    await periodic.run_once()


def events(units: Units) -> list[str]:
    return [event for event, _ in mailed(units)]


# Asked for


def test_it_ends_all_sessions_and_links_at_once_and_is_mailed_with_the_ways_back(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        make_session(unit, caller.account_id, browser_digest=OTHER_BROWSER)
    with units.write() as unit:
        ticket = tickets.renewal_ticket(unit, caller, return_to="/account/personal-information")
        link = links.new_link(
            unit, purpose="email_change", life=timedelta(hours=1), account_id=caller.account_id, email="new@example.com"
        )

    ask(units, caller)

    with units.write() as unit:
        assert sessions.live_sessions(unit, caller.account_id) == []
        assert tickets.redeem_ticket(unit, ticket, caller.browser_digest, HERE) is None
        assert links.find_link(unit, link) is None
    mail = last_mail(units, "deletion_asked")
    assert mail.to == EMAIL
    assert "/login" in mail.text
    assert "/forgot-password" in mail.text
    assert "192.0.2.7" in mail.text
    assert events(units).count("deletion_asked") == 1


@pytest.mark.parametrize("typed", ["", "other@example.com", "Ada.Lovelace@example.com", "Ada Lovelace"])
def test_another_address_deletes_nothing(units: Units, caller: Actor, typed: str) -> None:
    with pytest.raises(DomainError) as refused:
        ask(units, caller, typed)

    assert (refused.value.key, refused.value.field) == ("own_data.other_email", "email")
    assert not pending(units, caller)
    with units.read() as unit:
        assert len(sessions.live_sessions(unit, caller.account_id)) == 1


def test_the_address_may_be_typed_in_another_spelling(units: Units, caller: Actor) -> None:
    ask(units, caller, f" {EMAIL.upper()} ")

    assert pending(units, caller)


def test_the_way_back_from_a_stolen_address_stays(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        token = links.new_link(
            unit, purpose=links.UNDO, life=timedelta(days=7), account_id=caller.account_id, email="old@example.com"
        )
    ask(units, caller)

    with units.read() as unit:
        assert links.find_link(unit, token) is not None


def test_an_address_that_a_link_restores_is_told_too(units: Units, caller: Actor) -> None:
    """A thief changes the address and asks for the deletion then."""
    with units.write() as unit:
        links.new_link(
            unit, purpose=links.UNDO, life=timedelta(days=7), account_id=caller.account_id, email="old@example.com"
        )

    ask(units, caller)

    told = [to for event, to in mailed(units) if event == "deletion_asked"]
    assert sorted(told) == [EMAIL, "old@example.com"]
    mail = last_mail(units, "deletion_asked")
    assert mail.to == "old@example.com"
    assert "link that restores it" in mail.text
    assert "/login" not in mail.text


@pytest.mark.parametrize("disabled", [True, False])
async def test_each_mail_says_how_the_account_is_kept_and_no_login_where_none_is_possible(
    units: Units, caller: Actor, clock: FakeClock, disabled: bool
) -> None:
    with units.write() as unit:
        if disabled:
            operations.disable(unit, caller.account_id)
        deletion.begin(unit, DeletionAsked(account_id=caller.account_id, at=unit.now, by_support=True))
    await pass_days(clock, 11)

    for event in ("deletion_asked", "deletion_due"):
        text = last_mail(units, event).text
        assert ("/login\n" in text) == ("login before then" in text or "Log in once" in text) == (not disabled), event
        assert ("nobody can log in to it" in text) == disabled, event


def test_asking_again_puts_nothing_off(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    clock.advance(days=10)
    with units.write() as unit:
        due_at = deletion.begin(unit, DeletionAsked(account_id=caller.account_id, at=unit.now, by_support=True))
        assert due_at == unit.now + rules.GRACE - timedelta(days=10)

    assert events(units).count("deletion_asked") == 1


# The grace


async def test_a_login_within_the_grace_takes_it_back_and_the_pages_say_so(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    ask(units, caller)
    await pass_days(clock, 13.9)

    with units.write() as unit:
        make_session(unit, caller.account_id)
        assert cancellation.view_stay(unit, caller.account_id).asked_on

    assert not pending(units, caller)
    assert events(units)[-2:] == ["deletion_due", "deletion_taken_back"]
    await pass_days(clock, 10)
    assert exists(units, caller)
    with units.write() as unit:
        cancellation.close_notice(unit, caller)
        assert cancellation.view_stay(unit, caller.account_id).asked_on == ""


async def test_a_password_alone_takes_nothing_back_where_there_is_a_second_factor(
    units: Units, caller: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netim_app.identity import second_factor

    ask(units, caller)
    monkeypatch.setattr(second_factor, "enrolled", lambda _unit, _account_id: True)

    await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to="")

    assert pending(units, caller)


async def test_a_wrong_password_takes_nothing_back_and_the_right_one_does(units: Units, caller: Actor) -> None:
    ask(units, caller)
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(), EMAIL, "wrong " + PASSWORD, remember=False, return_to="")
    assert pending(units, caller)

    result = await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=False, return_to="")
    assert isinstance(result, TicketIssued)
    assert pending(units, caller), "the password alone has opened nothing yet"
    with units.write() as unit:
        assert tickets.redeem_ticket(unit, result.ticket, visitor_of().browser_digest, HERE)
    assert not pending(units, caller)


def test_the_owner_of_the_mailbox_gets_a_new_password_within_the_grace(units: Units, caller: Actor) -> None:
    ask(units, caller)
    with units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
    token = last_mail(units, "reset").token

    with units.write() as unit:
        recovery.finish_reset(unit, token, quick_hash("new " + PASSWORD), visitor_of())

    assert pending(units, caller), "a reset opens nothing: the login after it takes the deletion back"


@pytest.mark.parametrize("by", ["support", "old mailbox"])
def test_support_and_the_old_mailbox_take_it_back(units: Units, caller: Actor, by: str) -> None:
    ask(units, caller)

    with units.write() as unit:
        if by == "support":
            operations.unlock(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))
        else:
            unit.record(EmailRestored(account_id=caller.account_id, at=unit.now, since=unit.now))

    assert not pending(units, caller)
    assert events(units).count("deletion_taken_back") == 1


def test_nobody_else_gets_the_address_during_the_grace(units: Units, caller: Actor) -> None:
    ask(units, caller)
    with units.write() as unit:
        customer = NewCustomer(EMAIL, "Mallory", "", "", "en", "UTC")
        sign_up.sign_up(unit, customer, quick_hash("mallory's own " + PASSWORD))
    answer_requests(units)

    assert events(units)[-1] == "sign_up_again"


async def test_a_login_that_has_nothing_to_take_back_says_nothing(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        make_session(unit, caller.account_id)
        assert cancellation.view_stay(unit, caller.account_id).asked_on == ""

    assert "deletion_taken_back" not in events(units)


async def test_what_was_taken_back_is_forgotten_after_four_weeks(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    with units.write() as unit:
        make_session(unit, caller.account_id)
    await pass_days(clock, 27)
    with units.read() as unit:
        assert unit.session.get(AccountDeletion, caller.account_id)
    await pass_days(clock, 2)
    with units.read() as unit:
        assert unit.session.get(AccountDeletion, caller.account_id) is None


# The end


async def test_it_is_told_before_and_after_and_then_everything_is_gone(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    other = logged_in_actor(units, "other@example.com")
    ask(units, caller)
    await pass_days(clock, 10.9)
    assert "deletion_due" not in events(units)
    await pass_days(clock, 0.1)
    assert events(units).count("deletion_due") == 1
    await pass_days(clock, 2.9)
    assert exists(units, caller)
    with units.write() as unit:
        for account_id in (caller.account_id, other.account_id):
            fill(unit, account_id)

    await pass_days(clock, 0.1)

    assert not exists(units, caller)
    assert exists(units, other)
    with units.read() as unit:
        for table in tables_of_accounts():
            assert count(unit, table, caller.account_id) == 0, table.name
            assert count(unit, table, other.account_id) >= 1, table.name
    assert mails_of_nobody(units) == ["account_deleted"], "of its mails the last one alone is left"
    await pass_days(clock, 1)
    assert mails_of_nobody(units) == ["account_deleted"]


def mails_of_nobody(units: Units) -> list[str]:
    with units.read() as unit:
        return list(unit.session.exec(select(OutboxMessage.event).where(col(OutboxMessage.account_id).is_(None))))


async def test_the_last_mail_goes_to_the_address_that_the_account_had(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    ask(units, caller)
    await pass_days(clock, 11)
    await pass_days(clock, 3)

    assert mailed(units) == [("account_deleted", EMAIL)]
    assert "1 Mar" not in last_mail(units, "account_deleted").text
    assert "15 Mar 2026" in last_mail(units, "account_deleted").text


async def test_afterwards_the_address_is_free(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    await pass_days(clock, 11)
    await pass_days(clock, 3)

    assert logged_in_actor(units).account_id


async def test_who_was_not_reminded_in_time_gets_the_days_all_the_same(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    ask(units, caller)
    await pass_days(clock, 40)
    assert exists(units, caller), "the server was away: the reminder goes out now"
    await pass_days(clock, 2.9)
    assert exists(units, caller)

    await pass_days(clock, 0.1)

    assert not exists(units, caller)


def test_nothing_goes_before_its_time(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    clock.advance(days=11)
    with units.write() as unit:
        deletion.remind(unit, caller.account_id)
    clock.advance(days=2.9)
    with units.write() as unit:
        deletion.carry_out(unit, caller.account_id)

    assert exists(units, caller)


def test_a_login_that_was_faster_keeps_the_account(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    clock.advance(days=11)
    with units.write() as unit:
        deletion.remind(unit, caller.account_id)
    clock.advance(days=3)
    with units.read() as unit:
        assert deletion.due(unit) == [caller.account_id]
    with units.write() as unit:
        make_session(unit, caller.account_id)

    with units.write() as unit:
        deletion.carry_out(unit, caller.account_id)

    assert exists(units, caller)


async def test_two_workers_delete_once(units: Units, caller: Actor, clock: FakeClock) -> None:
    ask(units, caller)
    await pass_days(clock, 11)
    clock.advance(days=3)
    for _ in range(2):
        with units.write() as unit:
            deletion.carry_out(unit, caller.account_id)
            deletion.remind(unit, caller.account_id)

    assert mails_of_nobody(units) == ["account_deleted"]
    with units.read() as unit:
        assert unit.session.exec(select(Account.id)).all() == []


@pytest.fixture
def due(units: Units, caller: Actor, clock: FakeClock) -> Actor:
    """The customer of an account that is deleted next."""
    ask(units, caller)
    clock.advance(days=11)
    with units.write() as unit:
        deletion.remind(unit, caller.account_id)
    clock.advance(days=3)
    return caller


@pytest.mark.parametrize("right", [True, False])
def test_a_login_whose_account_is_deleted_meanwhile_is_refused_as_a_wrong_one(
    units: Units, due: Actor, *, right: bool
) -> None:
    with units.write() as unit:
        attempt = login.begin_attempt(unit, EMAIL, visitor_of())
    with units.write() as unit:
        deletion.carry_out(unit, due.account_id)

    with units.write() as unit:
        if right:
            with pytest.raises(RecordedRefusal, match=login.WRONG):
                login.accept_password(unit, attempt, visitor_of(), remember=False, return_to="")
        else:
            login.record_failure(unit, attempt, visitor_of(), LoginFailed)

    assert not exists(units, due)


@pytest.mark.parametrize("units", ["postgresql"], indirect=True)
@pytest.mark.parametrize("faster", ["login", "deletion"])
def test_of_a_login_and_the_deletion_at_once_the_faster_one_wins(units: Units, due: Actor, faster: str) -> None:
    with units.write() as unit:
        ticket = tickets.issue_ticket(
            unit, purpose="login", account_id=due.account_id, browser_digest=due.browser_digest
        )
    work: dict[str, Callable[[UnitOfWork], Any]] = {
        "login": lambda unit: tickets.redeem_ticket(unit, ticket, due.browser_digest, HERE),
        "deletion": lambda unit: deletion.carry_out(unit, due.account_id),
    }
    slower = next(name for name in work if name != faster)

    done = dict(zip((faster, slower), both(units, work[faster], work[slower]), strict=True))

    assert exists(units, due) is (faster == "login")
    assert (done["login"] is not None) is (faster == "login")
