"""The effects of the link, for whom, and that it has no others."""

from datetime import timedelta

import pytest
from sqlmodel import col, select

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import restriction, rule_list
from netim_app.features.journal.tables import JournalEntry
from netim_app.features.login_alerts.service import alerts as login_alerts
from netim_app.features.not_me import service
from netim_app.features.own_data.facts import DeletionAsked
from netim_app.features.own_data.service import deletion
from netim_app.features.own_data.tables import AccountDeletion
from netim_app.features.passkeys.service import only, passkeys, stored, use
from netim_app.identity import (
    email_change,
    flows,
    freeze,
    login,
    operations,
    pending_logins,
    recovery,
    sessions,
    sign_up,
    undo,
)
from netim_app.identity.facts import AccountUnlocked, PasswordChanged
from netim_app.identity.tables import AccountFreeze, MailedLink
from netim_app.infra.unit_of_work import UnitOfWork, Units
from tests.kit.authenticator import Authenticator
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    mails,
    make_session,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.not_me import alerted, is_frozen, press, refusal, secret_in, thief_of
from tests.kit.pages import PERSONAL
from tests.kit.passkeys import add, ask, is_sole, log_in, switch_on

THIEVES = "thief@example.net"


async def give_password(password: str, email: str = EMAIL) -> object:
    return await flows.log_in(visitor_of(), email, password, remember=False, return_to=PERSONAL)


async def opens(password: str, email: str = EMAIL) -> bool:
    try:
        answer = await give_password(password, email)
    except DomainError as error:
        return error.key != login.WRONG  # it says no more than to a wrong password
    return isinstance(answer, login.TicketIssued)


def alerted_here(units: Units, account_id: int) -> str:
    """The secret in an alert about a login from where an IP restriction lets in."""
    with units.write() as unit:
        make_session(unit, account_id, browser_digest=OTHER_BROWSER)
    return secret_in(last_mail(units, "logged_in"))


def reset(units: Units) -> None:
    token = last_mail(units, "reset").token  # not inside of the unit: this writes, too, and would wait for its turn
    with units.write() as unit:
        recovery.finish_reset(unit, token, quick_hash(NEW_PASSWORD), visitor_of())


def live(units: Units, account_id: int) -> int:
    with units.read() as unit:
        return len(sessions.live_sessions(unit, account_id))


def change_address(units: Units, actor: Actor, email: str = THIEVES) -> None:
    with units.write() as unit:
        email_change.ask_email_change(unit, actor, email)
    token = last_mail(units, "email_change").token
    with units.write() as unit:
        sign_up.confirm(unit, token, actor)


# The mails


def test_not_me_is_in_every_mail_to_the_owner_with_a_secret_of_its_own(units: Units, caller: Actor) -> None:
    alerted(units, caller.account_id)
    with units.write() as unit:
        login_alerts.choose(unit, caller, "off")
        recovery.mail_reset(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))

    with units.read() as unit:
        found = {mail.event: secret_in(mail) for mail in mails(unit)}
        stored = unit.session.exec(select(MailedLink).where(MailedLink.purpose == "not_me")).all()

    assert len({found["logged_in"], found["alerts_off"], ""}) == 3
    assert found["reset"] == "", "anybody may have asked for that one"
    assert len(stored) == 2, "one row for each mail that has a link"
    assert {row.expires_at - row.created_at for row in stored} == {timedelta(days=7)}
    assert not any(secret in str(row.model_dump()) for row in stored for secret in found.values() if secret)


def test_not_me_is_in_no_mail_to_another_mailbox(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, THIEVES)
    mailed(units)
    with units.read() as unit:
        told = {(mail.event, mail.to): bool(secret_in(mail)) for mail in mails(unit)}

    assert told == {("email_change_asked", EMAIL): True, ("email_change", THIEVES): False}


# The button


async def test_not_me_ends_all_sessions_and_blocks_the_login_until_the_mailbox_has_set_a_password(
    units: Units, caller: Actor
) -> None:
    token = alerted(units, caller.account_id)
    assert live(units, caller.account_id) == 2
    assert await opens(PASSWORD)

    assert press(units, token) == "reset"

    assert live(units, caller.account_id) == 0
    assert not await opens(PASSWORD)
    assert mailed(units)[-2:] == [("not_me_done", EMAIL), ("reset", EMAIL)]
    done = last_mail(units, "not_me_done")
    assert "198.51.100.5" in done.text
    assert "Journal no." in done.text
    assert secret_in(done) == ""
    reset(units)
    assert await opens(NEW_PASSWORD)
    assert not await opens(PASSWORD)
    assert is_frozen(units, caller.account_id), "the freeze goes on"


async def test_not_me_keeps_out_a_login_that_was_on_its_way(units: Units, caller: Actor, clock: FakeClock) -> None:
    """A password that was accepted before the press, a ticket of it, and a passkey."""
    phone = Authenticator()
    add(units, caller, phone)
    clock.advance(days=8)
    token = alerted(units, caller.account_id)
    with units.write() as unit:
        attempt = login.begin_attempt(unit, EMAIL, visitor_of(), opens=True)
    issued = log_in(units, phone.use(ask(units)))
    assert issued

    press(units, token)

    def accept(unit: UnitOfWork) -> object:
        return login.accept_password(unit, attempt, visitor_of(), remember=False, return_to=PERSONAL)

    assert refusal(units, accept) == login.WRONG
    assert live(units, caller.account_id) == 0
    with pytest.raises(DomainError):
        log_in(units, phone.use(ask(units)))
    reset(units)
    assert log_in(units, phone.use(ask(units))), "as soon as the mailbox has set a password"


def test_not_me_leaves_the_passkeys_where_nothing_else_opens_the_account(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """No mailed link sets a password there, so a block would be a trap."""
    phone, laptop = Authenticator(), Authenticator()
    add(units, caller, phone)
    add(units, caller, laptop)
    switch_on(units, caller, phone)
    clock.advance(days=8)
    token = alerted(units, caller.account_id)

    assert press(units, token) == "passkey"

    assert live(units, caller.account_id) == 0
    assert mailed(units)[-1] == ("not_me_done", EMAIL)
    assert "Log in with a passkey" in last_mail(units, "not_me_done").text
    assert log_in(units, phone.use(ask(units)))
    assert refusal(units, lambda unit: only.switch_off(unit, caller)) == freeze.REFUSED


def end_of_day(units: Units, clock: FakeClock) -> None:
    """The freeze ends, as the periodic work ends it."""
    clock.advance(hours=24)
    with units.read() as unit:
        due = freeze.due(unit)
    for account_id in due:
        with units.write() as unit:
            freeze.finish(unit, account_id)
    with units.read() as unit:
        assert freeze.due(unit) == []


async def test_not_me_ends_a_passkey_of_a_thief(units: Units, caller: Actor, clock: FakeClock) -> None:
    """It opens nothing after the press. A day later it is gone, and keeps the owner out no more."""
    thiefs = Authenticator()
    add(units, thief_of(units, caller.account_id), thiefs)

    assert press(units, secret_in(last_mail(units, "passkey_changed"))) == "reset"
    reset(units)

    with pytest.raises(DomainError):
        log_in(units, thiefs.use(ask(units)))
    assert isinstance(await give_password(NEW_PASSWORD), login.CodeRequired)
    end_of_day(units, clock)
    with pytest.raises(DomainError):
        log_in(units, thiefs.use(ask(units)))
    assert await opens(NEW_PASSWORD)


async def test_not_me_keeps_a_new_passkey_with_which_its_owner_has_logged_in_since(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """That takes the new password, which the mailbox has set."""
    own = Authenticator()
    add(units, caller, own)
    press(units, alerted(units, caller.account_id))
    reset(units)
    assert isinstance(await give_password(NEW_PASSWORD), login.CodeRequired)
    clock.advance(minutes=1)
    with units.write() as unit:
        options = use.ask_after_password(unit, visitor_of())
    with units.write() as unit:
        assert use.finish_login(unit, visitor_of(), own.use(options))

    assert log_in(units, own.use(ask(units))), "and from then on alone"
    end_of_day(units, clock)
    assert log_in(units, own.use(ask(units)))


@pytest.mark.parametrize(("age", "then", "stays"), [(0, "wait", False), (8, "passkey", True)])
def test_not_me_ends_passkeys_only_of_a_thief_and_keeps_that_of_the_owner(
    units: Units, caller: Actor, clock: FakeClock, age: int, then: str, stays: bool
) -> None:
    phone = Authenticator()
    add(units, caller, phone)
    add(units, caller, Authenticator())
    switch_on(units, caller, phone)
    clock.advance(days=age)

    assert press(units, alerted(units, caller.account_id)) == then

    assert "reset" not in [event for event, _ in mailed(units)], "no mailed link sets a password yet"
    assert ("Wait 24 hours" in last_mail(units, "not_me_done").text) is not stays
    with units.read() as unit:
        assert freeze.blocks_login(unit, caller.account_id) is not stays
    end_of_day(units, clock)
    assert is_sole(units, caller.account_id) is stays
    if not stays:
        with units.write() as unit:
            recovery.answer_reset(unit, HERE, {"email": EMAIL})
        reset(units)
    with units.read() as unit:
        assert not freeze.blocks_login(unit, caller.account_id)


def test_not_me_stops_a_thief_who_would_replace_the_only_way_in(units: Units, caller: Actor, clock: FakeClock) -> None:
    phone, thiefs = Authenticator(), Authenticator()
    add(units, caller, phone)
    add(units, caller, Authenticator())
    switch_on(units, caller, phone)
    clock.advance(days=8)
    add(units, caller, thiefs)
    with units.read() as unit:
        first, second, new = [row.id for row in stored.passkeys_of(unit, caller.account_id)]
    with units.write() as unit:
        passkeys.remove(unit, caller, second)
    assert refusal(units, lambda unit: passkeys.remove(unit, caller, first)) == "passkeys.only.replaced"

    assert press(units, secret_in(last_mail(units, "passkey_changed"))) == "passkey"

    with pytest.raises(DomainError):
        log_in(units, thiefs.use(ask(units)))
    assert log_in(units, phone.use(ask(units)))
    with units.write() as unit:
        passkeys.remove(unit, caller, new)


def test_not_me_takes_no_passkey_away_where_none_would_be_left(units: Units, caller: Actor, clock: FakeClock) -> None:
    """Somebody who reads the mailbox would else get around passkeys only by one press and a day.

    No page leads there any more (`only.why_needed`), but an account of before may be there.
    """
    old, new = Authenticator(), Authenticator()
    add(units, caller, old)
    add(units, caller, Authenticator())
    switch_on(units, caller, old)
    clock.advance(days=8)
    add(units, caller, new)
    add(units, caller, Authenticator())
    with units.write() as unit:
        for row in stored.passkeys_of(unit, caller.account_id)[:2]:
            stored.remove(unit, row.id)

    assert press(units, alerted(units, caller.account_id)) == "passkey"

    assert log_in(units, new.use(ask(units)))
    end_of_day(units, clock)
    assert log_in(units, new.use(ask(units)))
    assert is_sole(units, caller.account_id)


def test_not_me_ends_an_ip_restriction_of_a_thief(units: Units, caller: Actor, clock: FakeClock) -> None:
    thief = thief_of(units, caller.account_id)
    with units.write() as unit:
        rule_list.add_rule(unit, thief, reading.parse(thief.origin.address), "")
    with units.write() as unit:
        restriction.switch(unit, thief, True, confirmed=False)
    press(units, secret_in(last_mail(units, "ip_restriction_changed")))
    link = last_mail(units, "reset").token

    def choose(unit: UnitOfWork) -> None:
        recovery.finish_reset(unit, link, quick_hash(NEW_PASSWORD), visitor_of())

    assert refusal(units, choose) == "ip_restriction.refused"
    end_of_day(units, clock)
    with units.write() as unit:
        recovery.answer_reset(unit, HERE, {"email": EMAIL})
    reset(units)
    with units.read() as unit:
        assert not rule_list.view_restriction(unit, caller.account_id).rules


def restrict_long_ago(units: Units, caller: Actor, clock: FakeClock, *rules: str) -> None:
    """The owner has restricted the account to these, a year ago."""
    with units.write() as unit:
        for rule in rules:
            rule_list.add_rule(unit, caller, reading.parse(rule), "")
        restriction.switch(unit, caller, True, confirmed=True)
    clock.advance(days=365)


def switch_and_rules(units: Units, account_id: int) -> tuple[bool, list[str]]:
    """Whether it is on, and its rules."""
    with units.read() as unit:
        view = rule_list.view_restriction(unit, account_id)
    return bool(view.since), [rule.text for rule in view.rules]


def remove_rule(units: Units, caller: Actor, text: str) -> None:
    with units.write() as unit:
        [rule] = [rule.id for rule in rule_list.view_restriction(unit, caller.account_id).rules if rule.text == text]
        rule_list.remove_rule(unit, caller, rule, confirmed=True)


def test_not_me_keeps_an_old_ip_restriction_and_takes_new_rules_away(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """Somebody who reads the mailbox must not get rid of it by one press and a day."""
    restrict_long_ago(units, caller, clock, "192.0.2.0/24")
    token = alerted_here(units, caller.account_id)
    with units.write() as unit:
        for rule in ("198.51.100.77", "203.0.113.99"):
            rule_list.add_rule(unit, caller, reading.parse(rule), "")
    clock.advance(days=3)
    press(units, token)
    clock.advance(minutes=1)
    remove_rule(units, caller, "203.0.113.99")  # new, so it may go during the freeze

    end_of_day(units, clock)

    assert switch_and_rules(units, caller.account_id) == (True, ["192.0.2.0/24"])
    assert "Removed: 198.51.100.77" in last_mail(units, "ip_restriction_changed").text


def test_not_me_tells_which_new_backup_codes_and_rules_are_gone(units: Units, caller: Actor, clock: FakeClock) -> None:
    """They may be the owner's, who counts on the printed codes."""
    add(units, caller, Authenticator())
    clock.advance(days=8)
    with units.write() as unit:
        for number in range(1, 4):
            rule_list.add_rule(unit, caller, reading.parse(f"198.51.100.{number}"), "")
        backup_code_sets.make(unit, caller)
    press(units, alerted(units, caller.account_id))
    before = mailed(units)

    end_of_day(units, clock)

    assert [event for event, _ in mailed(units)[len(before) :]] == ["backup_codes_removed", "ip_restriction_changed"]
    told = last_mail(units, "ip_restriction_changed").text
    assert all(f"198.51.100.{number}" in told for number in range(1, 4)), "one mail about all"
    with units.read() as unit:
        events = unit.session.exec(select(JournalEntry.event).where(JournalEntry.account_id == caller.account_id)).all()
    assert {"ip_rules_taken_back", "backup_codes_removed"} <= set(events)


def test_not_me_ends_an_old_ip_restriction_from_which_a_rule_was_taken(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    """A thief may have left none of the owner's own addresses."""
    restrict_long_ago(units, caller, clock, "192.0.2.0/24", "203.0.113.99")
    token = alerted_here(units, caller.account_id)
    remove_rule(units, caller, "192.0.2.0/24")
    press(units, token)

    end_of_day(units, clock)

    assert switch_and_rules(units, caller.account_id) == (False, ["203.0.113.99"])


def test_not_me_leaves_no_ip_restriction_without_a_rule(units: Units, caller: Actor, clock: FakeClock) -> None:
    """An old rule may go as soon as the day is over, a moment before the new ones do."""
    restrict_long_ago(units, caller, clock, "192.0.2.0/24")
    with units.write() as unit:
        rule_list.add_rule(unit, caller, reading.parse("203.0.113.99"), "")
    press(units, alerted_here(units, caller.account_id))
    clock.advance(hours=24)
    remove_rule(units, caller, "192.0.2.0/24")

    end_of_day(units, clock)

    assert switch_and_rules(units, caller.account_id) == (False, [])


def test_not_me_pressed_by_a_thief_leaves_the_owners_links(units: Units, caller: Actor) -> None:
    own = alerted(units, caller.account_id)
    change_address(units, thief_of(units, caller.account_id))
    with units.write() as unit:
        unit.record(PasswordChanged(account_id=caller.account_id, at=unit.now, way="changed"))

    assert press(units, secret_in(last_mail(units, "password_changed"))) == "reset"

    assert press(units, own) == "undo"


def test_not_me_cancels_what_is_pending(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        email_change.ask_email_change(unit, caller, THIEVES)
    confirmation = last_mail(units, "email_change").token
    token = secret_in(last_mail(units, "email_change_asked"))
    with units.write() as unit:
        deletion.begin(unit, DeletionAsked(account_id=caller.account_id, at=unit.now))
        pending_logins.begin(unit, caller.account_id, visitor_of(), remember=False, return_to=PERSONAL)

    press(units, token)

    assert refusal(units, lambda unit: sign_up.confirm(unit, confirmation, visitor_of())) != ""
    with units.read() as unit:
        assert unit.session.exec(select(AccountDeletion.taken_back_at)).one() is not None
        assert not pending_logins.has_begun(unit, visitor_of().browser_digest)
    assert stored_account(units, caller.account_id).email == EMAIL


@pytest.mark.parametrize("why", ["made up", "of another purpose", "used", "used in another mail", "too old", "closed"])
def test_not_me_works_with_no_other_secret(units: Units, caller: Actor, clock: FakeClock, why: str) -> None:
    token = other = alerted(units, caller.account_id)
    if why == "made up":
        token = "A" * 43
    elif why == "of another purpose":
        with units.write() as unit:
            recovery.mail_reset(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))
        token = last_mail(units, "reset").token
    elif why.startswith("used"):
        other = alerted(units, caller.account_id) if why == "used in another mail" else token
        assert press(units, other) == "reset"
        with units.write() as unit:
            unit.run(AccountFreeze.__table__.delete(), {})  # type: ignore[attr-defined]
    elif why == "too old":
        clock.advance(days=7, seconds=1)
    else:
        with units.write() as unit:
            operations.disable(unit, caller.account_id)

    before = mailed(units)
    assert press(units, token) == "link.dead"

    assert not is_frozen(units, caller.account_id)
    assert mailed(units) == before


def test_not_me_outlives_what_a_thief_changes(units: Units, caller: Actor, clock: FakeClock) -> None:
    """A new password and a new address end other links. The owner's defence is in the mail about the thief's login."""
    token = alerted(units, caller.account_id)
    thief = thief_of(units, caller.account_id)
    clock.advance(days=6)
    with units.write() as unit:
        operations.end_sessions(unit, caller.account_id, HERE)
    thief = thief_of(units, caller.account_id)
    change_address(units, thief)

    assert press(units, token) == "undo"

    assert live(units, caller.account_id) == 0
    assert mailed(units)[-2:] == [("not_me_done", THIEVES), ("not_me_done", EMAIL)]
    with units.read() as unit:
        told = [mail.text for mail in mails(unit) if mail.event == "not_me_done"]
    assert not [text for text in told if "Journal no." in text], "nobody knows yet whose mailbox is whose"
    assert "reset" not in {event for event, _ in mailed(units)}, "the thief's mailbox has not asked for one"


def test_not_me_freezes_no_other_account(units: Units, caller: Actor) -> None:
    other = logged_in_actor(units, "bob@example.org", browser_digest=OTHER_BROWSER)
    token = alerted(units, caller.account_id)

    assert press(units, token, other) == "reset"

    assert live(units, other.account_id) == 1
    assert not is_frozen(units, other.account_id)
    assert is_frozen(units, caller.account_id)


async def test_not_me_from_the_old_mailbox_leads_back_by_the_link_that_restores_the_address(
    units: Units, caller: Actor
) -> None:
    change_address(units, thief_of(units, caller.account_id))
    told = last_mail(units, "email_undo")
    assert secret_in(told), "the old mailbox is the owner's"
    assert not secret_in(last_mail(units, "email_changed")) or last_mail(units, "email_changed").to == THIEVES

    assert press(units, secret_in(told)) == "undo"

    restored = await flows.restore_email(told.token, visitor_of())
    assert restored == EMAIL
    reset(units)
    assert await opens(NEW_PASSWORD)
    assert is_frozen(units, caller.account_id)


def test_not_me_of_a_thiefs_mailbox_ends_when_the_address_is_restored(units: Units, caller: Actor) -> None:
    thief = thief_of(units, caller.account_id)
    change_address(units, thief)
    alerted(units, caller.account_id)
    with units.write() as unit:
        unit.record(PasswordChanged(account_id=caller.account_id, at=unit.now, way="changed"))
    theirs, own = secret_in(last_mail(units, "password_changed")), secret_in(last_mail(units, "email_undo"))
    assert last_mail(units, "password_changed").to == THIEVES
    assert len({theirs, own, ""}) == 3
    token = last_mail(units, "email_undo").token
    with units.write() as unit:
        undo.restore(unit, token, quick_hash("nobody's"), visitor_of())

    assert press(units, theirs) == "link.dead"
    assert press(units, own) == "reset"


def test_not_me_pressed_twice_at_once_works_once(units: Units, caller: Actor) -> None:
    tokens = [alerted(units, caller.account_id) for _ in range(2)]

    results = at_once(4, lambda number: press(units, tokens[number % 2]))

    assert sorted(results) == ["link.dead"] * 3 + ["reset"]
    assert [event for event, _ in mailed(units)].count("not_me_done") == 1


def test_links_that_are_over_are_deleted(units: Units, caller: Actor, clock: FakeClock) -> None:
    from netim_app.identity import links

    alerted(units, caller.account_id)
    clock.advance(days=8)
    with units.write() as unit:
        links.purge(unit)
        assert unit.session.exec(select(MailedLink).where(col(MailedLink.purpose) == "not_me")).all() == []


# The freeze


def test_the_panel_says_until_when_and_who(units: Units, caller: Actor, clock: FakeClock) -> None:
    with units.read() as unit:
        assert service.view_freeze(unit, caller.account_id) == service.Freeze()
    press(units, alerted(units, caller.account_id))

    with units.read() as unit:
        shown = service.view_freeze(unit, caller.account_id)
    assert shown == service.Freeze(
        until="2 Mar 2026, 13:00", begun="1 Mar 2026, 13:00", where="Safari on iOS, 198.51.100.5"
    )
    clock.advance(hours=24)
    with units.read() as unit:
        assert service.view_freeze(unit, caller.account_id) == service.Freeze()
