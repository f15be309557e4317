"""Undoing a change of address from the old mailbox: the owner comes back, and a thief stays out."""

import asyncio
from collections.abc import Callable

import pytest
from sqlmodel import col, select

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.feature import Feature, Subscription
from netim_app.features.backup_codes.service import sets as backup_code_sets
from netim_app.features.backup_codes.service import stock as backup_code_stock
from netim_app.features.backup_codes.service import use as backup_code_use
from netim_app.features.ip_restriction.rules import reading
from netim_app.features.ip_restriction.service import access, restriction, rule_list
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.identity import (
    email_change,
    flows,
    known_browsers,
    links,
    login,
    operations,
    passwords,
    pending_logins,
    recovery,
    second_factor,
    sessions,
    sign_up,
    stored_passwords,
    tickets,
    undo,
)
from netim_app.identity.facts import CodesLockedOut, EmailRestored, PasswordChanged
from netim_app.identity.tables import Account, MailedLink, SecondFactorLockout
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install, offers
from tests.kit.factories import (
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    actor_of,
    last_mail,
    logged_in_actor,
    mailed,
    mails,
    make_account,
    make_session,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL

THIEVES = "thief@example.net"
OWNER = visitor_of()
ELSEWHERE = Origin(address="203.0.113.99", browser="Chrome", system="Windows")


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    return heard


def thief_of(units: Units, account_id: int, origin: Origin = ELSEWHERE) -> Actor:
    """Somebody else with the right password, in a browser of theirs."""
    with units.write() as unit:
        browser = make_session(unit, account_id, browser_digest=OTHER_BROWSER, origin=origin)
        return actor_of(unit, browser, origin)


def change_address(units: Units, actor: Actor, email: str = THIEVES) -> None:
    with units.write() as unit:
        email_change.ask_email_change(unit, actor, email)
    token = last_mail(units, "email_change").token
    with units.write() as unit:
        sign_up.confirm(unit, token, actor)


def restore(units: Units, token: str, visitor: Visitor = OWNER) -> str:
    """The key of the refusal; empty when it worked."""
    return asyncio.run(follow(token, visitor))


async def follow(token: str, visitor: Visitor = OWNER) -> str:
    """The same."""
    try:
        await flows.restore_email(token, visitor)
    except DomainError as error:
        return error.key
    return ""


def reset(units: Units, visitor: Visitor = OWNER) -> str:
    """The key of the refusal, or empty."""
    token = last_mail(units, "reset").token
    try:
        with units.write() as unit:
            recovery.finish_reset(unit, token, quick_hash(NEW_PASSWORD), visitor)
    except DomainError as error:
        return error.key
    return ""


async def lets_in(email: str, password: str, visitor: Visitor = OWNER) -> bool:
    """Whether these give a ticket at once."""
    try:
        result = await flows.log_in(visitor, email, password, remember=False, return_to=PERSONAL)
    except DomainError:
        return False
    return isinstance(result, login.TicketIssued)


def add_device(unit: UnitOfWork, account_id: int, name: str = "Phone") -> None:
    unit.session.add(TotpAuthenticator(account_id=account_id, name=name, sealed=b"", last_step=0, added_at=unit.now))


def devices(units: Units, account_id: int) -> list[str]:
    with units.read() as unit:
        rows = unit.session.exec(select(TotpAuthenticator).where(TotpAuthenticator.account_id == account_id))
        return sorted(row.name for row in rows)


def test_the_old_address_is_told_with_a_way_back_and_the_new_one_without(units: Units, account_id: int) -> None:
    change_address(units, thief_of(units, account_id))

    assert mailed(units)[-2:] == [("email_undo", EMAIL), ("email_changed", THIEVES)]
    mail = last_mail(units, "email_undo")
    assert f"https://account.netim.example/restore-email#{mail.token}" in mail.text
    assert "can be undone from the old mailbox for seven days" in last_mail(units, "email_changed").text
    with units.read() as unit:
        assert "#" not in last_mail(units, "email_changed").text.replace("#password", "").replace("#email", "")
        assert mail.token not in str([row.model_dump() for row in unit.session.exec(select(MailedLink))])


def test_an_address_that_is_back_already_gets_one_mail(units: Units, account_id: int) -> None:
    change_address(units, thief_of(units, account_id))
    token = last_mail(units, "email_undo").token
    change_address(units, thief_of(units, account_id), EMAIL)

    assert restore(units, token) == ""

    assert [to for event, to in mailed(units) if event == "email_restored"] == [EMAIL]


def test_the_owner_comes_back_and_the_thief_is_out(units: Units, account_id: int, facts: list[Fact]) -> None:
    thief = thief_of(units, account_id)
    change_address(units, thief)
    thief = thief_of(units, account_id)
    with units.write() as unit:
        email_change.ask_email_change(unit, thief, "another@example.net")
        ticket = tickets.renewal_ticket(unit, thief, return_to="/")
        recovery.ask_reset(unit, THIEVES, ELSEWHERE)
        pending_logins.begin(unit, account_id, visitor_of(OTHER_BROWSER), remember=False, return_to="/")
    dead = [last_mail(units, event).token for event in ("email_change", "reset")]
    token, before = last_mail(units, "email_undo").token, len(mailed(units))

    assert restore(units, token) == ""

    account = stored_account(units, account_id)
    assert (account.email, account.email_key) == (EMAIL, EMAIL.lower())
    assert mailed(units)[before:] == [("email_restored", EMAIL), ("email_restored", THIEVES), ("reset", EMAIL)]
    with units.read() as unit:
        told = {mail.to: mail.text for mail in mails(unit) if mail.event == "email_restored"}
    assert [(part in told[EMAIL], part in told[THIEVES]) for part in ("Journal no.", "/not-me#")] == [(True, False)] * 2
    assert [fact for fact in facts if isinstance(fact, EmailRestored)] == [
        EmailRestored(account_id=account_id, at=units.clock(), origin=HERE, since=units.clock() - undo.LIFE)
    ]
    with units.write() as unit:
        assert sessions.live_sessions(unit, account_id) == []
        assert tickets.redeem_ticket(unit, ticket, OTHER_BROWSER, ELSEWHERE) is None
        assert not pending_logins.is_pending(unit, visitor_of(OTHER_BROWSER))
        assert not known_browsers.is_known_browser(unit, EMAIL.lower(), OTHER_BROWSER)
    for other in dead:
        with units.read() as unit:
            assert links.find_link(unit, other) is None
    for email in (EMAIL, THIEVES):
        assert not asyncio.run(lets_in(email, PASSWORD)), "the stolen password opens nothing any more"
    assert reset(units) == ""
    assert asyncio.run(lets_in(EMAIL, NEW_PASSWORD))


@pytest.mark.parametrize(
    ("language", "why", "false"),
    [
        ("en", ("Your email address was restored.", "no longer works"), "your password stays as it is"),
        ("fr", ("Votre adresse e-mail a été rétablie.", "ne fonctionne plus"), "votre mot de passe restera le même"),
    ],
)
def test_the_mail_that_sets_a_new_password_says_why_it_came(
    units: Units, account_id: int, language: str, why: tuple[str, ...], false: str
) -> None:
    with units.write() as unit:
        unit.session.get_one(Account, account_id).language = language
        recovery.mail_reset(unit, Fact(account_id=account_id, at=unit.now, origin=HERE))
    assert false in last_mail(units, "reset").text, "so it is for one who has asked for it"
    change_address(units, thief_of(units, account_id))

    assert restore(units, last_mail(units, "email_undo").token) == ""

    text = last_mail(units, "reset").text
    assert all(words in text for words in why)
    assert "https://account.netim.example/forgot-password" in text
    assert false not in text


def test_a_way_back_works_once_for_a_week_and_for_nothing_else(units: Units, account_id: int, clock: FakeClock) -> None:
    change_address(units, thief_of(units, account_id))
    token = last_mail(units, "email_undo").token
    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        sign_up.confirm(unit, token, OWNER)
    with pytest.raises(DomainError, match=r"link\.dead"), units.write() as unit:
        recovery.finish_reset(unit, token, quick_hash("x"), OWNER)
    with units.write() as unit:
        recovery.ask_reset(unit, THIEVES, HERE)
    assert restore(units, last_mail(units, "reset").token) == "link.dead"
    assert restore(units, "A" * 43) == "link.dead"

    clock.advance(days=6, hours=23, minutes=59)
    assert restore(units, token) == ""
    assert restore(units, token) == "link.dead"


def test_after_a_week_the_new_address_stays(units: Units, account_id: int, clock: FakeClock) -> None:
    change_address(units, thief_of(units, account_id))
    clock.advance(days=7)

    assert restore(units, last_mail(units, "email_undo").token) == "link.dead"
    assert stored_account(units, account_id).email == THIEVES


async def test_of_many_at_once_one_succeeds(units: Units, account_id: int) -> None:
    change_address(units, thief_of(units, account_id))
    token = last_mail(units, "email_undo").token

    assert sorted(await asyncio.gather(*(follow(token) for _ in range(8)))) == [""] + ["link.dead"] * 7


def _new_password(units: Units, thief: Actor) -> None:
    with units.write() as unit:
        fact = PasswordChanged(account_id=thief.account_id, at=unit.now, way="changed")
        stored_passwords.replace_password(unit, fact, quick_hash("the thief's own 1"))


def _new_password_by_mail(units: Units, thief: Actor) -> None:
    with units.write() as unit:
        recovery.ask_reset(unit, THIEVES, ELSEWHERE)
    token = last_mail(units, "reset").token
    with units.write() as unit:
        recovery.finish_reset(unit, token, quick_hash("the thief's own 1"), visitor_of(OTHER_BROWSER))


def _another_address(units: Units, thief: Actor) -> None:
    change_address(units, thief, "second@example.net")


def _only_from_there(units: Units, thief: Actor) -> None:
    with units.write() as unit:
        rule_list.add_rule(unit, thief, reading.parse("203.0.113.99"), "")
        restriction.switch(unit, thief, True, confirmed=False)


def _two_factor(units: Units, thief: Actor) -> None:
    with units.write() as unit:
        add_device(unit, thief.account_id)
    with units.write() as unit:
        backup_code_sets.make(unit, thief)


def _lockout(units: Units, thief: Actor) -> None:
    _two_factor(units, thief)
    with units.write() as unit:
        unit.session.add(SecondFactorLockout(account_id=thief.account_id, locked_at=unit.now, times=2))
        unit.record(CodesLockedOut(account_id=thief.account_id, at=unit.now, last=True))


BEFORE = (_new_password, _only_from_there, _two_factor, _lockout)
AFTER = (*BEFORE, _new_password_by_mail, _another_address)


@pytest.mark.parametrize(
    ("obstacle", "first"), [*((obstacle, True) for obstacle in BEFORE), *((obstacle, False) for obstacle in AFTER)]
)
def test_no_obstacle_of_a_thief_stands_in_the_way(
    units: Units, account_id: int, clock: FakeClock, obstacle: Callable[[Units, Actor], None], first: bool
) -> None:
    """All that a thief can do, up to a week before the change of address or at any time after it."""
    thief = thief_of(units, account_id)
    if first:
        obstacle(units, thief)
        clock.advance(days=6)
    change_address(units, thief)
    if not first:
        clock.advance(hours=1)
        obstacle(units, thief)
    token = last_mail(units, "email_undo").token

    assert restore(units, token) == ""
    assert reset(units) == ""
    assert asyncio.run(lets_in(EMAIL, NEW_PASSWORD))
    assert devices(units, account_id) == []
    with units.write() as unit:
        add_device(unit, account_id)
        assert not second_factor.is_locked_out(unit, account_id), "nor later, when the owner uses codes"
        assert not backup_code_stock.view_stock(unit, account_id).left


def test_a_second_factor_that_is_older_stays(units: Units, account_id: int, clock: FakeClock) -> None:
    """The mailbox alone is no way around the owner's own protections."""
    thief = thief_of(units, account_id, HERE)
    with units.write() as unit:
        add_device(unit, account_id, "Mine")
    with units.write() as unit:
        rule_list.add_rule(unit, thief, reading.parse("192.0.2.0/24"), "")
        restriction.switch(unit, thief, True, confirmed=False)
    with units.write() as unit:
        codes = backup_code_sets.make(unit, thief).codes
    clock.advance(days=7, seconds=1)
    change_address(units, thief)
    with units.write() as unit:
        add_device(unit, account_id, "Theirs")

    assert restore(units, last_mail(units, "email_undo").token, visitor_of(origin=ELSEWHERE)) == ""

    assert devices(units, account_id) == ["Mine"]
    assert ("two_factor_changed", EMAIL) in mailed(units)
    assert reset(units, visitor_of(origin=ELSEWHERE)) == access.REFUSED
    assert reset(units) == ""
    assert not asyncio.run(lets_in(EMAIL, NEW_PASSWORD))
    with units.write() as unit:
        assert pending_logins.is_pending(unit, OWNER)
        assert second_factor.finish_login(unit, OWNER, codes[0])


def test_newer_backup_codes_for_an_older_second_factor_go(units: Units, account_id: int, clock: FakeClock) -> None:
    thief = thief_of(units, account_id)
    with units.write() as unit:
        add_device(unit, account_id, "Mine")
    clock.advance(days=30)
    change_address(units, thief)
    with units.write() as unit:
        codes = backup_code_sets.make(unit, thief).codes

    assert restore(units, last_mail(units, "email_undo").token) == ""

    assert devices(units, account_id) == ["Mine"]
    with units.write() as unit:
        assert not backup_code_use.consume(unit, account_id, codes[0], ELSEWHERE)


def test_a_list_whose_older_rules_were_removed_shuts_nobody_out(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    thief = thief_of(units, account_id)
    with units.write() as unit:
        for rule in ("192.0.2.7", "203.0.113.99"):
            rule_list.add_rule(unit, thief, reading.parse(rule), "")
        restriction.switch(unit, thief, True, confirmed=False)
    clock.advance(days=30)
    change_address(units, thief)
    with units.write() as unit:
        [mine] = [r.id for r in rule_list.view_restriction(unit, account_id).rules if r.text == "192.0.2.7"]
        rule_list.remove_rule(unit, thief, mine, confirmed=False)

    assert restore(units, last_mail(units, "email_undo").token) == ""
    assert reset(units) == ""


def test_a_thief_who_changes_the_address_twice_gets_no_way_back(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    thief = thief_of(units, account_id)
    change_address(units, thief)
    clock.advance(days=1)
    change_address(units, thief, "second@example.net")

    assert [to for event, to in mailed(units) if event == "email_undo"] == [EMAIL]
    assert mailed(units)[-2:] == [("email_changed", THIEVES), ("email_changed", "second@example.net")]
    with units.read() as unit:
        assert not [mail for mail in mails(unit)[-2:] if "undone" in mail.text], "neither mailbox has the link"
    assert restore(units, last_mail(units, "email_undo").token) == ""
    assert stored_account(units, account_id).email == EMAIL


def test_an_owner_who_has_changed_it_back_by_hand_keeps_a_way_back_and_the_thief_gets_none(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    change_address(units, thief_of(units, account_id))
    clock.advance(days=6)
    change_address(units, thief_of(units, account_id), EMAIL)
    assert [to for event, to in mailed(units) if event == "email_undo"] == [EMAIL]

    change_address(units, thief_of(units, account_id))

    assert [to for event, to in mailed(units) if event == "email_undo"] == [EMAIL, EMAIL]
    clock.advance(days=6)  # the first one is too old by now
    assert restore(units, last_mail(units, "email_undo").token) == ""


def test_after_a_week_an_address_has_a_way_back_of_its_own(units: Units, account_id: int, clock: FakeClock) -> None:
    change_address(units, thief_of(units, account_id), "new@example.org")
    clock.advance(days=7)
    change_address(units, thief_of(units, account_id))

    assert restore(units, last_mail(units, "email_undo").token) == ""
    assert stored_account(units, account_id).email == "new@example.org"


def test_an_address_that_belongs_to_another_account_by_now_is_not_taken(units: Units, account_id: int) -> None:
    change_address(units, thief_of(units, account_id))
    with units.write() as unit:
        other = make_account(unit)
    token = last_mail(units, "email_undo").token

    assert restore(units, token) == "undo.taken"
    assert stored_account(units, other).email == EMAIL
    assert stored_account(units, account_id).email == THIEVES
    assert passwords.password_matches(PASSWORD, stored_account(units, account_id).password_hash)
    with units.read() as unit:
        assert links.find_link(unit, token) is not None


def test_a_closed_account_stays_closed(units: Units, account_id: int) -> None:
    change_address(units, thief_of(units, account_id))
    with units.write() as unit:
        operations.disable(unit, account_id)

    assert restore(units, last_mail(units, "email_undo").token) == "link.dead"


def test_a_way_back_of_one_account_touches_no_other(units: Units, account_id: int) -> None:
    bob = logged_in_actor(units, "bob@example.org")
    change_address(units, thief_of(units, account_id))

    assert restore(units, last_mail(units, "email_undo").token) == ""

    with units.read() as unit:
        assert len(sessions.live_sessions(unit, bob.account_id)) == 1
        assert not [mail for mail in mails(unit) if mail.to == "bob@example.org"]
        assert unit.session.exec(select(MailedLink).where(col(MailedLink.account_id) == bob.account_id)).all() == []
