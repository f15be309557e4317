from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from netim_app.core.facts import Fact, Origin
from netim_app.feature import Feature, LoginPolicy, Subscription
from netim_app.identity import known_browsers, login_policies, operations, profiles, sessions, tab_sessions, tickets
from netim_app.identity.account_lock import lock_account
from netim_app.identity.facts import SessionDisplaced, SessionsRevoked
from netim_app.identity.sessions import Lookup
from netim_app.identity.tables import Account, AccountSession, KnownBrowser, Ticket
from netim_app.identity.tickets import OpenedSession
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.offers import install, offers
from netim_app.registry import FEATURES
from reflex_guard.tokens import digest
from tests.kit.factories import BROWSER, HERE, OTHER_BROWSER, Browser, actor_of, at_once, make_account, make_session
from tests.kit.fakes import FakeClock


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    """Every fact that is recorded from now on."""
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    return heard


def names(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts]


def log_in(units: Units, account_id: int, **options: Any) -> Browser:
    with units.write() as unit:
        return make_session(unit, account_id, **options)


def look_up(units: Units, browser: Browser, origin: Origin = HERE) -> Lookup:
    with units.read() as unit:
        return sessions.look_up(unit, browser.digest, browser.browser_digest, origin)


def issue(units: Units, account_id: int, **options: Any) -> str:
    with units.write() as unit:
        return tickets.issue_ticket(
            unit, **{"purpose": "login", "account_id": account_id, "browser_digest": BROWSER, **options}
        )


def redeem(units: Units, ticket: str, browser_digest: str = BROWSER, origin: Origin = HERE) -> OpenedSession | None:
    with units.write() as unit:
        return tickets.redeem_ticket(unit, ticket, browser_digest, origin)


def close_door(reason: str = "gate.no", *, to: Callable[[Origin], bool] = lambda _origin: True) -> None:
    """Installs a gate beside the real features."""
    gate = LoginPolicy(name="door", refusal=lambda _u, _a, origin: reason if to(origin) else None)
    install((*FEATURES, Feature(name="door", login_policies=(gate,))))


# Tickets


def test_a_ticket_opens_a_session(units: Units, account_id: int, facts: list[Fact]) -> None:
    opened = redeem(units, issue(units, account_id, return_to="/account/connection-and-security"))

    assert opened is not None
    assert opened.lifetime is None
    assert opened.return_to == "/account/connection-and-security"
    caller = look_up(units, Browser(opened.token)).actor
    assert caller is not None
    assert (caller.account_id, caller.browser_digest, caller.origin) == (account_id, BROWSER, HERE)
    assert names(facts) == ["LoggedIn"]


def test_neither_tickets_nor_session_tokens_are_stored(units: Units, account_id: int) -> None:
    ticket = issue(units, account_id)
    opened = redeem(units, ticket)

    assert opened is not None
    with units.read() as unit:
        stored = [row.model_dump() for row in unit.session.exec(select(Ticket))]
        stored += [row.model_dump() for row in unit.session.exec(select(AccountSession))]
    assert ticket not in str(stored)
    assert opened.token not in str(stored)
    assert digest(opened.token) in str(stored)


def test_a_ticket_opens_one_session_only(units: Units, account_id: int) -> None:
    ticket = issue(units, account_id)

    assert redeem(units, ticket) is not None
    assert redeem(units, ticket) is None


def test_of_twenty_that_redeem_a_ticket_at_once_one_succeeds(units: Units, account_id: int) -> None:
    ticket = issue(units, account_id)

    opened = at_once(20, lambda _: redeem(units, ticket))

    assert sum(found is not None for found in opened) == 1
    with units.read() as unit:
        assert len(unit.session.exec(select(AccountSession)).all()) == 1


def test_a_ticket_works_in_its_own_browser_only_and_survives_the_attempt(units: Units, account_id: int) -> None:
    ticket = issue(units, account_id)

    assert redeem(units, ticket, OTHER_BROWSER) is None
    assert redeem(units, ticket, "") is None
    assert redeem(units, ticket) is not None


@pytest.mark.parametrize(("seconds", "works"), [(29, True), (30, False), (31, False)])
def test_a_ticket_lives_for_thirty_seconds(
    units: Units, account_id: int, clock: FakeClock, seconds: int, works: bool
) -> None:
    ticket = issue(units, account_id)
    clock.advance(seconds=seconds)

    assert (redeem(units, ticket) is not None) is works


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t.swapcase(), lambda _t: "", digest])
def test_a_ticket_that_is_not_exactly_right_opens_nothing(
    units: Units, account_id: int, change: Callable[[str], str]
) -> None:
    assert redeem(units, change(issue(units, account_id))) is None


def test_a_gate_that_closed_meanwhile_keeps_the_ticket_out(units: Units, account_id: int) -> None:
    ticket = issue(units, account_id)
    close_door()

    assert redeem(units, ticket) is None


def test_an_account_that_was_disabled_meanwhile_is_not_opened(units: Units, account_id: int) -> None:
    with units.write() as unit:
        operations.disable(unit, account_id)
    ticket = issue(units, account_id)

    assert redeem(units, ticket) is None


def test_a_browser_is_known_from_its_second_login_on(units: Units, account_id: int, facts: list[Fact]) -> None:
    for browser_digest in (BROWSER, BROWSER, OTHER_BROWSER):
        log_in(units, account_id, browser_digest=browser_digest)

    assert [fact.known_browser for fact in facts] == [False, True, False]  # type: ignore[attr-defined]


def test_a_browser_known_to_one_account_is_a_stranger_to_another(units: Units, account_id: int) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
    log_in(units, account_id)

    with units.read() as unit:
        assert unit.session.get(KnownBrowser, (account_id, BROWSER)) is not None
        assert unit.session.get(KnownBrowser, (other, BROWSER)) is None


def test_so_many_browsers_are_known_and_the_one_not_used_for_longest_goes(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
    log_in(units, other)
    log_in(units, account_id)
    with units.write() as unit:
        for number in range(1, known_browsers.MAX_KNOWN_BROWSERS + 1):
            unit.now += timedelta(minutes=1)
            assert not known_browsers.remember_browser(unit, account_id, digest(f"private window {number}"))
            assert known_browsers.remember_browser(unit, account_id, digest("private window 1"))

    with units.read() as unit:
        known = set(unit.session.exec(select(KnownBrowser.browser_digest).where(KnownBrowser.account_id == account_id)))
        assert len(known) == known_browsers.MAX_KNOWN_BROWSERS
        assert BROWSER not in known, "used once, and before all the others"
        assert {digest("private window 1"), digest(f"private window {known_browsers.MAX_KNOWN_BROWSERS}")} <= known
        assert unit.session.get(KnownBrowser, (other, BROWSER)) is not None, "nobody else's are touched"


# How long a session lasts


@pytest.mark.parametrize(("minutes", "works"), [(29, True), (30, False)])
def test_an_idle_session_ends(units: Units, account_id: int, clock: FakeClock, minutes: int, works: bool) -> None:
    browser = log_in(units, account_id)
    clock.advance(minutes=minutes)

    assert (look_up(units, browser).actor is not None) is works


def use_every(units: Units, clock: FakeClock, browser: Browser, step: timedelta, until: timedelta) -> timedelta:
    """Keeps a session busy; returns after how long it ended, or `until`."""
    passed = timedelta()
    while passed < until:
        clock.now += step
        passed += step
        caller = look_up(units, browser).actor
        if caller is None:
            return passed
        with units.write() as unit:
            sessions.mark_seen(unit, caller.session_id)
    return passed


def test_activity_keeps_a_session_open_but_never_beyond_its_absolute_limit(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    browser = log_in(units, account_id)

    ended = use_every(units, clock, browser, timedelta(minutes=20), timedelta(days=2))

    assert ended == timedelta(hours=12)


def test_a_remembered_session_may_idle_but_ends_after_thirty_days(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    browser = log_in(units, account_id, remember=True)

    clock.advance(days=29, hours=23)
    assert look_up(units, browser).actor is not None
    clock.advance(hours=1)
    assert look_up(units, browser).actor is None


def test_activity_does_not_prolong_a_remembered_session_either(units: Units, account_id: int, clock: FakeClock) -> None:
    browser = log_in(units, account_id, remember=True)

    assert use_every(units, clock, browser, timedelta(days=5), timedelta(days=90)) == timedelta(days=30)


def test_a_renewal_does_not_prolong_a_session(units: Units, account_id: int, clock: FakeClock) -> None:
    browser = log_in(units, account_id, remember=True)
    clock.advance(days=20)

    renewed = renew(units, browser)

    assert renewed is not None
    assert renewed.lifetime == timedelta(days=10)
    clock.advance(days=10)
    assert look_up(units, Browser(renewed.token)).actor is None


def test_the_cookie_of_a_remembered_session_lasts_as_long_as_the_session(units: Units, account_id: int) -> None:
    opened = redeem(units, issue(units, account_id, remember=True))

    assert opened is not None
    assert opened.lifetime == timedelta(days=30)


@pytest.mark.parametrize(("minutes", "works"), [(5, True), (6, False), (24 * 60, False)])
@pytest.mark.parametrize("remember", [False, True])
def test_a_session_that_a_clock_has_left_in_the_future_is_over(
    units: Units, account_id: int, clock: FakeClock, minutes: int, works: bool, remember: bool
) -> None:
    browser = log_in(units, account_id, remember=remember)
    clock.advance(minutes=-minutes)

    with units.read() as unit:
        assert bool(sessions.live_sessions(unit, account_id)) is works
    assert (look_up(units, browser).actor is not None) is works
    with units.write() as unit:
        sessions.purge(unit)
    clock.advance(minutes=minutes)
    assert (look_up(units, browser).actor is not None) is works, "and does not come back when its time does"


@pytest.mark.parametrize(("seconds", "long_ago"), [(59, False), (60, True), (-59, False), (-60, True)])
def test_use_is_noted_once_a_minute(
    units: Units, account_id: int, clock: FakeClock, seconds: int, long_ago: bool
) -> None:
    browser = log_in(units, account_id)
    clock.advance(seconds=seconds)

    assert look_up(units, browser).seen_long_ago is long_ago


# The holder of a cookie


def test_an_unknown_cookie_is_nobody(units: Units, account_id: int) -> None:
    browser = log_in(units, account_id)

    for token in (browser.token[:-1], browser.token.swapcase(), browser.digest, "x"):
        assert look_up(units, Browser(token)) == Lookup()


def test_a_missing_cookie_is_nobody(units: Units, account_id: int) -> None:
    log_in(units, account_id)  # has never been renewed: its superseded digest is empty, too

    with units.read() as unit:
        assert sessions.look_up(unit, "", BROWSER, HERE) == Lookup()


def test_the_actor_carries_where_the_event_came_from_and_not_where_the_session_began(
    units: Units, account_id: int
) -> None:
    elsewhere = Origin(address="203.0.113.9", browser="Chrome", system="Windows")
    browser = log_in(units, account_id)

    caller = look_up(units, browser, elsewhere).actor

    assert caller is not None
    assert caller.origin == elsewhere


def test_the_actor_knows_the_revision_of_the_account(units: Units, account_id: int) -> None:
    browser = log_in(units, account_id)
    with units.write() as unit:
        before = actor_of(unit, browser)
        profiles.edit_profile(unit, before, profiles.Profile(first_name="A", last_name="L"))

    after = look_up(units, browser).actor

    assert after is not None
    assert after.revision > before.revision


def test_a_gate_closes_a_live_session_and_opens_it_again(units: Units, account_id: int) -> None:
    browser = log_in(units, account_id)
    abroad = Origin(address="203.0.113.9")
    close_door("ip.refused", to=lambda origin: origin.address != HERE.address)

    assert look_up(units, browser, abroad) == Lookup(refusal="ip.refused")
    assert look_up(units, browser).actor is not None


def test_the_first_gate_that_refuses_names_the_reason(units: Units, account_id: int) -> None:
    def gate(reason: str | None) -> LoginPolicy:
        return LoginPolicy(name=reason or "open", refusal=lambda _u, _a, _o: reason)

    install((Feature(name="doors", login_policies=(gate(None), gate("first"), gate("second"))),))

    with units.read() as unit:
        assert login_policies.refusal(unit, account_id, HERE) == "first"


def test_a_disabled_account_has_no_live_session(units: Units, account_id: int) -> None:
    browser = log_in(units, account_id, remember=True)
    with units.write() as unit:
        operations.disable(unit, account_id)

    assert look_up(units, browser) == Lookup()


# Renewal


def renew(units: Units, browser: Browser, *, purpose: tickets.Purpose = "renew") -> OpenedSession | None:
    with units.write() as unit:
        caller = actor_of(unit, browser)
        ticket = tickets.issue_ticket(
            unit,
            purpose=purpose,
            account_id=caller.account_id,
            browser_digest=browser.browser_digest,
            session_id=caller.session_id,
        )
    return redeem(units, ticket, browser.browser_digest)


def test_a_renewal_replaces_the_token_of_the_same_session(units: Units, account_id: int, facts: list[Fact]) -> None:
    browser = log_in(units, account_id)
    before = look_up(units, browser).actor

    renewed = renew(units, browser)

    assert renewed is not None
    assert before is not None
    assert renewed.token != browser.token
    assert look_up(units, browser) == Lookup(renewed_elsewhere=True)
    after = look_up(units, Browser(renewed.token)).actor
    assert after is not None
    assert after.session_id == before.session_id
    assert names(facts) == ["LoggedIn"]


def test_the_token_before_the_last_one_is_nobody(units: Units, account_id: int) -> None:
    first = log_in(units, account_id)
    second = renew(units, first)
    assert second is not None
    third = renew(units, Browser(second.token))

    assert third is not None
    assert look_up(units, first) == Lookup()
    assert look_up(units, Browser(second.token)).renewed_elsewhere


@pytest.mark.parametrize(("purpose", "fresh"), [("step_up", True), ("renew", False)])
def test_only_a_step_up_makes_a_session_fresh(
    units: Units, account_id: int, clock: FakeClock, purpose: tickets.Purpose, fresh: bool
) -> None:
    browser = log_in(units, account_id)
    clock.advance(minutes=10)
    caller = look_up(units, browser).actor
    assert caller is not None
    assert not caller.is_fresh(clock())

    renewed = renew(units, browser, purpose=purpose)

    assert renewed is not None
    caller = look_up(units, Browser(renewed.token)).actor
    assert caller is not None
    assert caller.is_fresh(clock()) is fresh


def test_a_session_is_fresh_for_ten_minutes(units: Units, account_id: int, clock: FakeClock) -> None:
    caller = look_up(units, log_in(units, account_id)).actor

    assert caller is not None
    assert caller.fresh_until == clock() + timedelta(minutes=10)


def test_a_session_that_ended_cannot_be_renewed(units: Units, account_id: int) -> None:
    browser = log_in(units, account_id)
    caller = look_up(units, browser).actor
    assert caller is not None
    ticket = issue(units, account_id, purpose="renew", session_id=caller.session_id)
    with units.write() as unit:
        sessions.end_session(unit, browser.digest, HERE)

    assert redeem(units, ticket) is None
    assert look_up(units, browser) == Lookup()


def test_a_session_that_expired_cannot_be_renewed(units: Units, account_id: int, clock: FakeClock) -> None:
    browser = log_in(units, account_id)
    caller = look_up(units, browser).actor
    assert caller is not None
    clock.advance(hours=11, minutes=59, seconds=50)
    ticket = issue(units, account_id, purpose="renew", session_id=caller.session_id)
    clock.advance(seconds=10)

    assert redeem(units, ticket) is None


# The end


def test_a_customer_logs_out(units: Units, account_id: int, facts: list[Fact]) -> None:
    browser, other = log_in(units, account_id), log_in(units, account_id, browser_digest=OTHER_BROWSER)

    for _ in range(2):
        with units.write() as unit:
            sessions.end_session(unit, browser.digest, HERE)

    assert look_up(units, browser) == Lookup()
    assert look_up(units, other).actor is not None
    assert names(facts) == ["LoggedIn", "LoggedIn", "LoggedOut"]


def test_a_logout_with_an_unknown_cookie_does_nothing(units: Units, account_id: int, facts: list[Fact]) -> None:
    with units.write() as unit:
        sessions.end_session(unit, digest("unknown"), HERE)

    assert facts == []


def test_all_sessions_but_one_end_with_every_ticket_but_nobody_elses(units: Units, account_id: int) -> None:
    with units.write() as unit:
        other_account = make_account(unit, "bob@example.org")
    own, remembered = log_in(units, account_id), log_in(units, account_id, remember=True)
    others, others_ticket = log_in(units, other_account), issue(units, other_account)
    pending = issue(units, account_id)
    keep = look_up(units, own).actor
    assert keep is not None

    with units.write() as unit:
        ended = sessions.end_sessions(unit, account_id, keep=keep.session_id)

    assert ended == 1
    assert look_up(units, own).actor is not None
    assert look_up(units, remembered) == Lookup()
    assert redeem(units, pending) is None
    assert look_up(units, others).actor is not None
    assert redeem(units, others_ticket) is not None


def test_all_sessions_end(units: Units, account_id: int) -> None:
    browsers = [log_in(units, account_id) for _ in range(3)]

    with units.write() as unit:
        assert sessions.end_sessions(unit, account_id) == 3
    with units.write() as unit:
        assert sessions.end_sessions(unit, account_id) == 0

    assert [look_up(units, browser) for browser in browsers] == [Lookup()] * 3


def test_everybodys_sessions_end_with_every_ticket(units: Units, account_id: int) -> None:
    with units.write() as unit:
        other_account = make_account(unit, "bob@example.org")
    browsers = [log_in(units, account_id), log_in(units, other_account, remember=True)]
    ticket = issue(units, other_account)

    with units.write() as unit:
        assert sorted(sessions.logged_in(unit)) == [account_id, other_account]
        for each in sessions.logged_in(unit):
            sessions.end_sessions(unit, each)
        assert sessions.logged_in(unit) == []

    assert [look_up(units, browser) for browser in browsers] == [Lookup()] * 2
    assert redeem(units, ticket) is None
    assert look_up(units, log_in(units, account_id)).actor is not None, "who logs in again is in"


def close_account(unit: UnitOfWork, account_id: int) -> None:
    operations.disable(unit, account_id)


def revoke_all(unit: UnitOfWork, account_id: int) -> None:
    sessions.end_sessions(unit, account_id)
    unit.record(SessionsRevoked(account_id=account_id, at=unit.now))


@pytest.mark.parametrize("end", [close_account, revoke_all])
@pytest.mark.parametrize("purpose", ["login", "renew"])
def test_a_ticket_redeemed_while_all_sessions_end_leaves_no_session_behind(
    units: Units, account_id: int, end: Callable[[UnitOfWork, int], None], purpose: tickets.Purpose
) -> None:
    for _ in range(5):
        caller = look_up(units, log_in(units, account_id)).actor
        assert caller is not None
        session_id = caller.session_id if purpose == "renew" else None
        ticket = issue(units, account_id, purpose=purpose, session_id=session_id)

        def either(number: int, ticket: str = ticket) -> str:
            if number:
                redeem(units, ticket)
            else:
                with units.write() as unit:
                    end(unit, account_id)
            return ""

        at_once(2, either)

        with units.write() as unit:
            live = unit.session.exec(select(AccountSession).where(col(AccountSession.ended_at).is_(None))).all()
            unit.session.get_one(Account, account_id).disabled_at = None
        assert live == []


def test_locking_an_account_keeps_what_the_unit_has_changed_already(units: Units, account_id: int) -> None:
    with units.write() as unit:
        unit.session.get_one(Account, account_id).first_name = "Grace"

        assert lock_account(unit, account_id).first_name == "Grace"


def test_what_opens_nothing_any_more_is_purged(units: Units, account_id: int, clock: FakeClock) -> None:
    log_in(units, account_id)
    issue(units, account_id)
    clock.advance(hours=12, days=6)
    live = log_in(units, account_id)
    waiting = issue(units, account_id)

    with units.write() as unit:
        sessions.purge(unit)
        assert len(unit.session.exec(select(AccountSession)).all()) == 2
        assert len(unit.session.exec(select(Ticket)).all()) == 2  # the live session's own, and the waiting one
    clock.advance(days=1, seconds=1)
    with units.write() as unit:
        sessions.purge(unit)
        assert len(unit.session.exec(select(AccountSession)).all()) == 1
        assert unit.session.exec(select(Ticket)).all() == []

    assert look_up(units, live) == Lookup()
    assert redeem(units, waiting) is None


def test_session_cap_ends_the_one_that_was_idle_for_longest(
    units: Units, account_id: int, clock: FakeClock, facts: list[Fact]
) -> None:
    with units.write() as unit:
        other_account = make_account(unit, "bob@example.org")
    others = log_in(units, other_account)
    browsers = [log_in(units, account_id, remember=True)]
    for _ in range(tickets.MAX_SESSIONS - 1):
        clock.advance(seconds=1)
        browsers.append(log_in(units, account_id, remember=True))
    assert all(look_up(units, browser).actor for browser in browsers)
    facts.clear()
    clock.advance(seconds=1)
    first = look_up(units, browsers[0]).actor
    assert first is not None
    with units.write() as unit:
        sessions.mark_seen(unit, first.session_id)
    second = look_up(units, browsers[1]).actor
    assert second is not None

    newest = log_in(units, account_id)

    assert [look_up(units, browser).actor is not None for browser in browsers] == [True, False] + [True] * 48
    assert look_up(units, newest).actor is not None
    assert look_up(units, others).actor is not None
    assert names(facts) == ["SessionDisplaced", "LoggedIn"]
    assert facts[0] == SessionDisplaced(account_id=account_id, at=clock(), origin=HERE, session_id=second.session_id)


def test_session_cap_holds_when_many_log_in_at_once(units: Units, account_id: int, clock: FakeClock) -> None:
    for _ in range(tickets.MAX_SESSIONS):
        log_in(units, account_id)
    clock.advance(seconds=1)

    opened = at_once(6, lambda _: log_in(units, account_id))

    with units.read() as unit:
        assert len(sessions.live_sessions(unit, account_id)) == tickets.MAX_SESSIONS
    assert all(look_up(units, browser).actor for browser in opened)


def test_those_that_ended_lately_are_found_with_the_cookie_before(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    def found() -> set[str]:
        with units.read() as unit:
            return tab_sessions.ended_lately(unit, after=timedelta(seconds=1), until=timedelta(minutes=1))

    before, live = log_in(units, account_id), log_in(units, account_id)
    caller = look_up(units, before).actor
    assert caller is not None
    renewed = redeem(units, issue(units, account_id, purpose="renew", session_id=caller.session_id))
    assert renewed is not None
    with units.write() as unit:
        sessions.end_session(unit, digest(renewed.token), HERE)

    assert found() == set()
    clock.advance(seconds=1)
    assert found() == {before.digest, digest(renewed.token)}
    assert live.digest not in found()
    clock.advance(seconds=59)
    assert found() == set()


def test_cookies_of_open_sessions_are_the_present_ones_and_those_before(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    first, ended, live = (log_in(units, account_id) for _ in range(3))
    caller = look_up(units, first).actor
    assert caller is not None
    renewed = redeem(units, issue(units, account_id, purpose="renew", session_id=caller.session_id))
    assert renewed is not None
    with units.write() as unit:
        sessions.end_session(unit, ended.digest, HERE)

    def found() -> tuple[set[str], set[str]]:
        with units.read() as unit:
            present, replaced = tab_sessions.open_cookies(unit, {first.digest, ended.digest, live.digest})
            return present, replaced - {""}

    assert found() == ({digest(renewed.token), live.digest}, {first.digest})
    clock.advance(hours=1)
    assert found() == (set(), set()), "they have idled for too long"
