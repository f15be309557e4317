"""The further mailbox that gets copies of alerts: what it takes, what a copy tells, and what ends it."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from netim_app.core.actor import Actor
from netim_app.features.genuine_mail.service import phrase
from netim_app.features.journal.tables import JournalEntry
from netim_app.features.login_alerts.rules import Setting
from netim_app.features.login_alerts.service import alerts, copies
from netim_app.features.login_alerts.service.copies import CopyEmail
from netim_app.features.login_alerts.tables import AlertCopy
from netim_app.identity import email_change, freeze, links, operations, recovery, sign_up, undo
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, EmailRestored, FreezeEnded
from netim_app.identity.tables import Account, MailedLink
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
    quick_hash,
    stored_account,
)
from tests.kit.fakes import FakeClock, captured_log
from tests.kit.not_me import alerted, press, refusal, secret_in

SECOND = "second@example.net"


@pytest.fixture
def caller(units: Units, clock: FakeClock) -> Actor:
    return logged_in_actor(units)


def ask(units: Units, actor: Actor, email: str = SECOND) -> str:
    """The secret in the mail to that mailbox."""
    with units.write() as unit:
        copies.ask(unit, actor, email)
    return last_mail(units, "alert_copy_confirm").token


def confirm(units: Units, token: str) -> str:
    """The key of the refusal, or empty."""
    return refusal(units, lambda unit: copies.confirm(unit, token))


def stop(units: Units, token: str) -> str:
    return refusal(units, lambda unit: copies.stop(unit, token))


def confirmed(units: Units, actor: Actor, email: str = SECOND) -> None:
    assert confirm(units, ask(units, actor, email)) == ""


def log_in(units: Units, actor: Actor, browser_digest: str = OTHER_BROWSER) -> None:
    with units.write() as unit:
        make_session(unit, actor.account_id, browser_digest=browser_digest)


def copied(units: Units) -> list[str]:
    """The mailboxes that copies went to."""
    return [to for event, to in mailed(units) if event == "alert_copy"]


def view(units: Units, actor: Actor) -> CopyEmail:
    with units.read() as unit:
        return alerts.view_setting(unit, actor.account_id).copy


# The confirmation


def test_no_copy_is_sent_before_the_mailbox_has_confirmed(units: Units, caller: Actor) -> None:
    token = ask(units, caller)
    assert view(units, caller) == CopyEmail(SECOND)
    log_in(units, caller)
    assert copied(units) == []

    assert confirm(units, token) == ""

    assert view(units, caller) == CopyEmail(SECOND, confirmed=True)
    log_in(units, caller, BROWSER[::-1])
    assert copied(units) == [SECOND]
    assert mailed(units) == [
        ("alert_copy_confirm", SECOND), ("logged_in", EMAIL),
        ("alert_copy_changed", EMAIL), ("logged_in", EMAIL), ("alert_copy", SECOND),
    ]  # fmt: skip


@pytest.mark.parametrize("why", ["made up", "of another purpose", "used", "replaced", "too old", "removed", "closed"])
def test_copy_address_is_confirmed_by_no_other_secret(units: Units, caller: Actor, clock: FakeClock, why: str) -> None:
    token = ask(units, caller)
    if why == "made up":
        token = "A" * 43
    elif why == "of another purpose":
        with units.write() as unit:
            recovery.mail_reset(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))
        token = last_mail(units, "reset").token
    elif why == "used":
        assert confirm(units, token) == ""
    elif why == "replaced":
        ask(units, caller, "third@example.net")
    elif why == "too old":
        clock.advance(hours=24, seconds=1)
    elif why == "removed":
        with units.write() as unit:
            copies.remove(unit, caller)
    else:
        with units.write() as unit:
            operations.disable(unit, caller.account_id)
    before, shown = mailed(units), view(units, caller)

    assert confirm(units, token) == links.DEAD

    assert (mailed(units), view(units, caller)) == (before, shown)


def test_a_link_that_is_sent_again_replaces_the_one_before(units: Units, caller: Actor) -> None:
    first = ask(units, caller)
    with units.write() as unit:
        assert copies.ask_again(unit, caller, SECOND)
    assert mailed(units) == [("alert_copy_confirm", SECOND)] * 2

    assert confirm(units, first) == links.DEAD
    assert confirm(units, last_mail(units, "alert_copy_confirm").token) == ""

    with units.write() as unit:
        assert not copies.ask_again(unit, caller, SECOND)
        assert not copies.ask_again(unit, caller, "third@example.net")
    assert [event for event, _ in mailed(units)].count("alert_copy_confirm") == 2


def test_copy_address_confirmed_at_once_counts_once(units: Units, caller: Actor) -> None:
    token = ask(units, caller)

    assert sorted(at_once(4, lambda _number: confirm(units, token))) == ["", *[links.DEAD] * 3]
    assert [event for event, _ in mailed(units)].count("alert_copy_changed") == 1


def test_copy_address_of_one_account_gets_nothing_of_another(units: Units, caller: Actor) -> None:
    """Its link belongs to the account that has asked, and so does the link in a copy."""
    other = logged_in_actor(units, "bob@example.org", browser_digest=OTHER_BROWSER)
    token = ask(units, caller)
    confirmed(units, other)
    log_in(units, other, BROWSER)
    stops_others = last_mail(units, "alert_copy").token

    assert confirm(units, stops_others) == stop(units, token) == links.DEAD
    assert view(units, caller) == CopyEmail(SECOND)
    assert stop(units, stops_others) == ""

    assert (view(units, caller), view(units, other)) == (CopyEmail(SECOND), CopyEmail())
    log_in(units, caller)
    assert copied(units) == [SECOND], "that of the other account, before"


# Entering, changing, removing


@pytest.mark.parametrize("typed", [EMAIL, EMAIL.upper(), f" {EMAIL}"])
def test_the_accounts_own_address_is_refused(units: Units, caller: Actor, typed: str) -> None:
    assert refusal(units, lambda unit: copies.ask(unit, caller, typed)) == "login_alerts.copy.own"
    assert mailed(units) == []
    assert view(units, caller) == CopyEmail()


def test_another_address_takes_the_place_of_the_present_one(units: Units, caller: Actor) -> None:
    confirmed(units, caller)
    assert refusal(units, lambda unit: copies.ask(unit, caller, SECOND.upper())) == "login_alerts.copy.already"

    token = ask(units, caller, "third@example.net")

    assert view(units, caller) == CopyEmail("third@example.net")
    assert "removed" in last_mail(units, "alert_copy_changed").subject
    log_in(units, caller)
    assert copied(units) == [], "neither to the old one nor to one that has not confirmed"
    assert confirm(units, token) == ""


def test_what_is_removed_is_mailed_once_it_was_confirmed(units: Units, caller: Actor) -> None:
    ask(units, caller)
    for _ in range(2):
        with units.write() as unit:
            copies.remove(unit, caller)
    assert mailed(units) == [("alert_copy_confirm", SECOND)]

    confirmed(units, caller)
    for _ in range(2):
        with units.write() as unit:
            copies.remove(unit, caller)

    assert mailed(units)[-2:] == [("alert_copy_changed", EMAIL)] * 2, "confirmed, removed"
    assert SECOND in last_mail(units, "alert_copy_changed").text
    log_in(units, caller)
    assert copied(units) == []


def test_an_address_that_can_be_restored_is_told_too(units: Units, caller: Actor) -> None:
    """A thief who has changed the address would be the only one to hear of it."""
    with units.write() as unit:
        links.new_link(unit, purpose=links.UNDO, life=undo.LIFE, account_id=caller.account_id, email="old@example.com")

    confirmed(units, caller)

    assert mailed(units)[-2:] == [("alert_copy_changed", EMAIL), ("alert_copy_changed", "old@example.com")]


# A copy


def test_copy_address_gets_nothing_that_only_the_owner_may_know(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        phrase.save(unit, caller, "blue heron at noon")
    confirmed(units, caller)
    log_in(units, caller)
    own, copy = last_mail(units, "logged_in"), last_mail(units, "alert_copy")

    for known in ("blue heron", "Ada", "/not-me#", "Journal no."):
        assert known in own.text, known
        assert known not in copy.text + copy.html, known
    assert EMAIL not in copy.text + copy.html
    assert "A…@example.org" in copy.text
    assert secret_in(copy) == ""
    for told in ("192.0.2.7", "Firefox", "Linux", "1 Mar 2026", "With your password", "/alert-copy?for=stop#"):
        assert told in copy.text, told
    assert "The owner of the account entered this address" in copy.text
    assert ("your account" in own.text, "your account" in copy.text) == (True, False)
    assert "phrase" not in last_mail(units, "alert_copy_confirm").text


def test_copy_address_is_flooded_no_more_than_the_owner(units: Units, caller: Actor, clock: FakeClock) -> None:
    confirmed(units, caller)
    with units.write() as unit:
        alerts.choose(unit, caller, "every")
    for _ in range(12):
        log_in(units, caller, BROWSER)
    clock.advance(minutes=15)

    assert copied(units) == [SECOND] * 5
    assert [to for event, to in mailed(units) if event == "more_notices"] == [EMAIL]


@pytest.mark.parametrize("setting", ["off", "new", "every"])
def test_what_is_no_alert_is_not_copied(units: Units, caller: Actor, setting: Setting) -> None:
    confirmed(units, caller)
    with units.write() as unit:
        alerts.choose(unit, caller, setting)

    log_in(units, caller, BROWSER)

    told = [to for event, to in mailed(units) if event == "logged_in"]
    assert (told, copied(units)) == (([EMAIL], [SECOND]) if setting == "every" else ([], []))


# Stopped from there


def test_the_link_in_any_copy_stops_them_and_does_nothing_else(units: Units, caller: Actor, clock: FakeClock) -> None:
    confirmed(units, caller)
    log_in(units, caller)
    first = last_mail(units, "alert_copy").token
    log_in(units, caller, BROWSER[::-1])
    second = last_mail(units, "alert_copy").token
    with units.write() as unit:
        links.revoke_links(unit, caller.account_id)  # as a new password does
        setting = alerts.setting_of(unit, caller.account_id)
    clock.advance(days=29)
    before = stored_account(units, caller.account_id)

    assert stop(units, first) == ""

    assert view(units, caller) == CopyEmail()
    assert stop(units, first) == stop(units, second) == links.DEAD
    log_in(units, caller, "a" * 64)
    assert copied(units) == [SECOND] * 2
    assert "stopped" in last_mail(units, "alert_copy_changed").subject
    with units.read() as unit:
        entries = unit.session.exec(select(JournalEntry).order_by(col(JournalEntry.number))).all()
        entry = [row for row in entries if SECOND in row.others][-1]
        assert "login_alerts.summary.copy_stopped" in entry.details
        assert entry.address == "", "where it was pressed is not told"
        assert alerts.setting_of(unit, caller.account_id) == setting
    assert stored_account(units, caller.account_id).password_hash == before.password_hash


@pytest.mark.parametrize("why", ["too old", "of an address before"])
def test_copies_are_stopped_by_no_other_link(units: Units, caller: Actor, clock: FakeClock, why: str) -> None:
    confirmed(units, caller)
    log_in(units, caller)
    token = last_mail(units, "alert_copy").token
    if why == "too old":
        clock.advance(days=30, seconds=1)
    else:
        confirmed(units, caller, "third@example.net")

    assert stop(units, token) == links.DEAD

    assert view(units, caller).confirmed


# The freeze, and changes of the account's address


def begin_freeze(units: Units, actor: Actor) -> None:
    with units.write() as unit:
        fact = AccountFrozen(account_id=actor.account_id, at=unit.now, origin=HERE)
        freeze.begin(unit, fact, blocks_login=False)
        unit.record(fact)


def test_not_me_cancels_an_address_that_has_not_confirmed(units: Units, caller: Actor) -> None:
    token = ask(units, caller)

    press(units, alerted(units, caller.account_id))

    assert view(units, caller) == CopyEmail()
    assert confirm(units, token) == links.DEAD


def test_freeze_keeps_a_confirmed_address_and_refuses_to_change_it(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    confirmed(units, caller)
    clock.advance(days=8)
    begin_freeze(units, caller)

    assert refusal(units, lambda unit: copies.remove(unit, caller)) == freeze.REFUSED
    assert refusal(units, lambda unit: copies.ask(unit, caller, "third@example.net")) == freeze.REFUSED
    assert view(units, caller) == CopyEmail(SECOND, confirmed=True)

    clock.advance(hours=24)
    assert refusal(units, lambda unit: copies.ask(unit, caller, "third@example.net")) == ""
    assert refusal(units, lambda unit: copies.remove(unit, caller)) == ""


def test_freeze_lets_the_owner_remove_an_address_that_is_new(units: Units, caller: Actor) -> None:
    """A thief may have added it, and would be told of each login."""
    confirmed(units, caller)
    begin_freeze(units, caller)

    assert refusal(units, lambda unit: copies.remove(unit, caller)) == ""
    assert view(units, caller) == CopyEmail()
    assert refusal(units, lambda unit: copies.ask(unit, caller, SECOND)) == freeze.REFUSED


@pytest.mark.parametrize(("new", "stays"), [(SECOND.upper(), False), ("other@example.com", True)])
def test_the_accounts_new_address_gets_no_copy_besides(units: Units, caller: Actor, new: str, stays: bool) -> None:
    confirmed(units, caller)
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, new)
    token = last_mail(units, "email_change").token
    with units.write() as unit:
        sign_up.confirm(unit, token, caller)

    assert view(units, caller).confirmed is stays


def restore(unit: UnitOfWork, actor: Actor, since: timedelta) -> None:
    unit.record(EmailRestored(account_id=actor.account_id, at=unit.now, since=unit.now - since))


def test_what_a_thief_may_have_entered_goes_with_their_address(units: Units, caller: Actor, clock: FakeClock) -> None:
    confirmed(units, caller)
    clock.advance(days=8)
    with units.write() as unit:
        restore(unit, caller, timedelta(days=7))
    assert view(units, caller).confirmed, "it is older"

    with units.write() as unit:
        restore(unit, caller, timedelta(days=9))

    assert view(units, caller) == CopyEmail()


def test_no_log_line_has_the_address(units: Units, caller: Actor) -> None:
    with captured_log("netim_app.identity.security_log") as lines:
        confirmed(units, caller)

    logged = [str(vars(line)) for line in lines]
    assert [line for line in logged if "copy_email_changed" in line]
    assert SECOND not in "".join(logged)


@pytest.mark.parametrize(("age", "stays"), [(1, False), (8, True), (-1, True)])
def test_what_a_thief_may_have_entered_goes_when_a_freeze_ends(
    units: Units, caller: Actor, clock: FakeClock, age: int, stays: bool
) -> None:
    """Of the seven days before. An older one, or one entered since, is the owner's."""
    confirmed(units, caller)
    clock.advance(days=8)
    with units.write() as unit:
        begun = unit.now - timedelta(days=8 - age)
        about = {"account_id": caller.account_id, "at": unit.now}
        unit.record(FreezeEnded(since=begun - freeze.MAY_BE_A_THIEFS, until=begun, **about))  # type: ignore[arg-type]

    assert view(units, caller).confirmed is stays


def test_the_address_that_is_restored_gets_no_copy_besides(units: Units, caller: Actor, clock: FakeClock) -> None:
    with units.write() as unit:
        old = links.new_link(unit, purpose=links.UNDO, life=undo.LIFE, account_id=caller.account_id, email=SECOND)
    with units.write() as unit:
        unit.session.add(AlertCopy(account_id=caller.account_id, email=SECOND, added_at=unit.now - timedelta(days=30)))
    with units.write() as unit:
        undo.restore(unit, old, quick_hash("nobody's"), caller)

    assert view(units, caller) == CopyEmail()


# Data that is kept


def test_the_export_names_the_address_and_no_link(units: Units, caller: Actor) -> None:
    confirmed(units, caller)
    with units.read() as unit:
        told = alerts.export(unit, caller.account_id)["copies"]

    moment = "2026-03-01T12:00:00+00:00"
    assert told == [{"email": SECOND, "added_at": moment, "confirmed_at": moment}]


def test_the_address_and_its_links_die_with_the_account(units: Units, caller: Actor) -> None:
    confirmed(units, caller)
    log_in(units, caller)
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(Account, caller.account_id))
    with units.read() as unit:
        assert unit.session.get(AlertCopy, caller.account_id) is None
        assert unit.session.exec(select(MailedLink)).all() == []
