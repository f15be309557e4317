from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.facts import IpRestrictionSwitched, IpRuleAdded, IpRuleRemoved
from netim_app.features.ip_restriction.rules.reading import parse, parse_address
from netim_app.features.ip_restriction.rules.spans import MAX_RULES
from netim_app.features.ip_restriction.service import access, restriction, rule_list
from netim_app.features.ip_restriction.service.rule_list import Restriction
from netim_app.features.ip_restriction.tables import IpRestriction, IpRule
from netim_app.identity import flows, login, operations, recovery, sessions, tickets
from netim_app.identity.facts import AccountUnlocked
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    OTHER_BROWSER,
    PASSWORD,
    actor_of,
    at_once,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    make_session,
    quick_hash,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.listeners import heard
from tests.kit.pages import PERSONAL

ELSEWHERE = Origin(address="198.51.100.9", browser="Firefox", system="Linux")
NOWHERE = Origin(address="", browser="Firefox", system="Linux")
HERE_NETWORK = "192.0.2.0/24"


@pytest.fixture
def caller(units: Units) -> Actor:
    return logged_in_actor(units)


def add(units: Units, caller: Actor, *entries: str, note: str = "") -> rule_list.Added:
    added = None
    for entry in entries:
        with units.write() as unit:
            added = rule_list.add_rule(unit, caller, parse(entry), note)
    assert added is not None
    return added


def switch(units: Units, caller: Actor, on: bool, *, confirmed: bool = False) -> None:
    with units.write() as unit:
        restriction.switch(unit, caller, on, confirmed=confirmed)


def remove(units: Units, caller: Actor, text: str, *, confirmed: bool = False) -> None:
    with units.write() as unit:
        rule_list.remove_rule(unit, caller, rule_id(units, caller, text), confirmed=confirmed)


def view(units: Units, caller: Actor) -> Restriction:
    with units.read() as unit:
        return rule_list.view_restriction(unit, caller.account_id)


def rule_id(units: Units, caller: Actor, text: str) -> int:
    return next(rule.id for rule in view(units, caller).rules if rule.text == text)


def refusal(units: Units, caller: Actor, address: str) -> str | None:
    with units.read() as unit:
        return access.refusal(unit, caller.account_id, Origin(address=address))


def refused(call: Callable[..., object], *args: Any, **kwargs: Any) -> DomainError:
    with pytest.raises(DomainError) as found:
        call(*args, **kwargs)
    return found.value


def test_a_rule_is_shown_in_its_one_form_with_when_and_from_where(units: Units, caller: Actor) -> None:
    added = add(units, caller, "198.51.100.0 - 198.51.100.255", note="Office")

    [rule] = view(units, caller).rules

    assert added == rule_list.Added(text="198.51.100.0/24", inside="", covers=0, remark="reserved")
    assert (rule.text, rule.note, rule.added_from, rule.inside) == ("198.51.100.0/24", "Office", "192.0.2.7", "")
    assert "1 Mar 2026" in rule.added
    assert view(units, caller).since == ""


def test_rules_stand_in_the_order_of_their_addresses(units: Units, caller: Actor) -> None:
    add(units, caller, "2001:db8::/32", "203.0.113.1", "10.0.0.0/8", "9.255.255.255", "::1")

    assert [rule.text for rule in view(units, caller).rules] == [
        "9.255.255.255", "10.0.0.0/8", "203.0.113.1", "::1", "2001:db8::/32"
    ]  # fmt: skip


def test_what_is_there_already_is_refused(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK)

    error = refused(lambda: add(units, caller, "192.0.2.0 - 192.0.2.255"))

    assert (error.key, error.params) == ("ip_restriction.duplicate", {"rule": HERE_NETWORK})
    assert len(view(units, caller).rules) == 1


def test_rules_inside_others_are_pointed_out(units: Units, caller: Actor) -> None:
    add(units, caller, "192.0.2.8", "192.0.2.9")
    wide = add(units, caller, HERE_NETWORK)
    narrow = add(units, caller, "192.0.2.16/28")

    assert (wide.inside, wide.covers) == ("", 2)
    assert (narrow.inside, narrow.covers) == (HERE_NETWORK, 0)
    assert {rule.text: rule.inside for rule in view(units, caller).rules} == {
        HERE_NETWORK: "", "192.0.2.8": HERE_NETWORK, "192.0.2.9": HERE_NETWORK, "192.0.2.16/28": HERE_NETWORK
    }  # fmt: skip


def test_the_list_ends_at_200(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        for n in range(MAX_RULES - 1):
            rule_list.add_rule(unit, caller, parse(f"10.0.{n}.1"), "")
    results = at_once(4, lambda n: _tried(lambda: add(units, caller, f"10.1.{n}.1")))

    assert sorted(results) == ["", *["ip_restriction.full"] * 3]
    assert len(view(units, caller).rules) == MAX_RULES
    switch(units, caller, True, confirmed=True)
    assert refusal(units, caller, "10.0.100.1") is None
    assert refusal(units, caller, "10.0.100.2") == access.REFUSED


def _tried(call: Any) -> str:
    try:
        call()
    except DomainError as error:
        return error.key
    return ""


def test_the_same_rule_at_once_is_there_once(units: Units, caller: Actor) -> None:
    results = at_once(6, lambda _: _tried(lambda: add(units, caller, HERE_NETWORK)))

    assert sorted(results) == ["", *["ip_restriction.duplicate"] * 5]


def test_the_present_address_is_added(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        assert rule_list.add_present_address(unit, caller).text == "192.0.2.7"
    assert view(units, caller).covering_rule(parse_address("192.0.2.7")) == "192.0.2.7"
    with units.write() as unit:
        unknown = replace(caller, origin=NOWHERE)
        assert refused(lambda: rule_list.add_present_address(unit, unknown)).key == "ip_restriction.here.unknown"


def test_an_empty_list_cannot_be_on(units: Units, caller: Actor) -> None:
    for confirmed in (False, True):
        assert refused(lambda: switch(units, caller, True, confirmed=confirmed)).key == "ip_restriction.empty"  # noqa: B023
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)
    for confirmed in (False, True):
        assert refused(lambda: remove(units, caller, HERE_NETWORK, confirmed=confirmed)).key == "ip_restriction.empty"  # noqa: B023
    assert view(units, caller).since == "1 Mar 2026"
    switch(units, caller, False)
    remove(units, caller, HERE_NETWORK)
    assert view(units, caller) == Restriction(since="", rules=(), spans=())


def test_the_last_two_rules_do_not_both_go_at_once(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK, "192.0.2.7")
    switch(units, caller, True)
    ids = [rule.id for rule in view(units, caller).rules]

    def take(n: int) -> str:
        def call() -> None:
            with units.write() as unit:
                rule_list.remove_rule(unit, caller, ids[n], confirmed=True)

        return _tried(call)

    assert sorted(at_once(2, take)) == ["", "ip_restriction.empty"]
    assert len(view(units, caller).rules) == 1


def test_switching_on_while_the_last_rule_goes_leaves_no_empty_list_on(units: Units, caller: Actor) -> None:
    for _ in range(5):
        add(units, caller, HERE_NETWORK)
        calls = (lambda: switch(units, caller, True), lambda: remove(units, caller, HERE_NETWORK))
        results = at_once(2, lambda n: _tried(calls[n]))  # noqa: B023
        assert sorted(results) == ["", "ip_restriction.empty"]
        if view(units, caller).since:
            switch(units, caller, False)
            remove(units, caller, HERE_NETWORK)


@pytest.mark.parametrize("origin", [HERE, NOWHERE])
def test_shutting_oneself_out_has_to_be_confirmed(units: Units, caller: Actor, origin: Origin) -> None:
    caller = replace(caller, origin=origin)
    add(units, caller, "203.0.113.0/24")

    error = refused(lambda: switch(units, caller, True))

    assert (error.key, error.field) == (rule_list.LOCKS_OUT, "confirmed")
    assert view(units, caller).since == ""
    switch(units, caller, True, confirmed=True)
    assert refusal(units, caller, origin.address) == access.REFUSED


def test_so_has_the_removal_of_the_rule_that_lets_one_in(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK, "192.0.2.7", "203.0.113.0/24")
    switch(units, caller, True)
    remove(units, caller, HERE_NETWORK)

    assert refused(lambda: remove(units, caller, "192.0.2.7")).key == rule_list.LOCKS_OUT
    assert refusal(units, caller, "192.0.2.7") is None
    remove(units, caller, "192.0.2.7", confirmed=True)
    assert refusal(units, caller, "192.0.2.7") == access.REFUSED


def test_while_it_is_off_anything_may_be_removed(units: Units, caller: Actor) -> None:
    add(units, caller, "192.0.2.7", "203.0.113.0/24")

    remove(units, caller, "192.0.2.7")

    assert refusal(units, caller, "192.0.2.7") is None


def test_nobody_touches_the_rules_of_another(units: Units, caller: Actor) -> None:
    other = logged_in_actor(units, "bob@example.org", browser_digest=OTHER_BROWSER)
    add(units, caller, HERE_NETWORK)
    mine = rule_id(units, caller, HERE_NETWORK)

    gone = "ip_restriction.gone"
    for wrong in (mine, 987654):
        with units.write() as unit:
            assert refused(rule_list.remove_rule, unit, other, wrong, confirmed=True).key == gone
            assert refused(rule_list.view_removal, unit, other, wrong).key == gone

    assert view(units, other).rules == ()
    assert refusal(units, other, "198.51.100.9") is None
    assert len(view(units, caller).rules) == 1


@pytest.mark.parametrize("address", ["", "unknown", "192.0.2.7:80", "192.0.2.07", "fe80::1%eth0"])
def test_an_unknown_address_is_kept_out(units: Units, caller: Actor, address: str) -> None:
    add(units, caller, HERE_NETWORK, "fe80::/10")
    assert refusal(units, caller, address) is None
    switch(units, caller, True)

    assert refusal(units, caller, address) == access.REFUSED


@pytest.mark.parametrize(
    ("address", "let_in"),
    [
        ("192.0.1.255", ""), ("192.0.2.0", HERE_NETWORK), ("192.0.2.255", HERE_NETWORK), ("192.0.3.0", ""),
        ("::ffff:192.0.2.9", HERE_NETWORK), ("203.0.113.9", ""), ("203.0.113.10", "203.0.113.10 - 203.0.113.20"),
        ("203.0.113.20", "203.0.113.10 - 203.0.113.20"), ("203.0.113.21", ""), ("2001:db8::", "2001:db8::/127"),
        ("2001:db8::1", "2001:db8::/127"), ("2001:db8::2", ""), ("::c000:207", ""),
        ("255.255.255.255", "255.255.255.255"), ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff::/16"),
    ],
)  # fmt: skip
def test_the_database_counts_as_the_rules_do(units: Units, caller: Actor, address: str, let_in: str) -> None:
    add(units, caller, HERE_NETWORK, "203.0.113.10-203.0.113.20", "2001:db8::/127", "255.255.255.255", "ffff::/16")
    switch(units, caller, True)
    wanted = parse_address(address)

    with units.read() as unit:
        assert access.covering_rule(unit, caller.account_id, wanted) == (let_in or None)
    assert view(units, caller).covering_rule(wanted) == (let_in or None)
    assert refusal(units, caller, address) == (None if let_in else access.REFUSED)


def test_switching_twice_changes_nothing_and_tells_nobody(units: Units, caller: Actor, clock: FakeClock) -> None:
    add(units, caller, HERE_NETWORK)
    switch(units, caller, False)
    switch(units, caller, True)
    clock.advance(days=40)
    switch(units, caller, True)

    assert view(units, caller).since == "1 Mar 2026"
    assert mailed(units) == [("ip_restriction_changed", EMAIL)] * 2
    switch(units, caller, False)
    switch(units, caller, False)
    assert mailed(units) == [("ip_restriction_changed", EMAIL)] * 3


def test_every_change_is_recorded_and_mailed(units: Units, caller: Actor) -> None:
    facts = heard()
    subjects = []
    for change in (
        lambda: add(units, caller, HERE_NETWORK),
        lambda: add(units, caller, "198.51.100.9"),
        lambda: switch(units, caller, True),
        lambda: remove(units, caller, "198.51.100.9"),
        lambda: switch(units, caller, False),
    ):
        change()
        subjects.append(last_mail(units, "ip_restriction_changed").subject)

    about: dict[str, Any] = {"account_id": caller.account_id, "at": units.clock(), "origin": HERE}
    assert facts == [
        IpRuleAdded(**about, rule=HERE_NETWORK),
        IpRuleAdded(**about, rule="198.51.100.9"),
        IpRestrictionSwitched(**about, on=True),
        IpRuleRemoved(**about, rule="198.51.100.9"),
        IpRestrictionSwitched(**about, on=False),
    ]
    assert subjects == [
        f"IP restriction: {HERE_NETWORK} added",
        "IP restriction: 198.51.100.9 added",
        "IP restriction is on for your Netim Direct account",
        "IP restriction: 198.51.100.9 removed",
        "IP restriction is off for your Netim Direct account",
    ]


def test_it_counts_in_the_gauge_only_while_it_is_on(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK)
    with units.read() as unit:
        assert not access.is_on(unit, caller.account_id)
    switch(units, caller, True)
    with units.read() as unit:
        assert access.is_on(unit, caller.account_id)


# Where it holds


async def test_a_right_password_elsewhere_is_refused_recorded_and_mailed_once_an_hour(
    units: Units, caller: Actor, clock: FakeClock
) -> None:
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)

    async def come(password: str, origin: Origin) -> str:
        try:
            await flows.log_in(visitor_of(OTHER_BROWSER, origin), EMAIL, password, remember=False, return_to=PERSONAL)
        except DomainError as error:
            return error.key
        return ""

    def mails_about_refusals() -> int:
        return mailed(units).count(("login_blocked", EMAIL))

    assert await come("not the password", ELSEWHERE) == login.WRONG
    assert mails_about_refusals() == 0
    facts = heard()
    for origin in (ELSEWHERE, NOWHERE, ELSEWHERE):
        assert await come(PASSWORD, origin) == access.REFUSED
    assert [type(fact).__name__ for fact in facts] == ["LoginBlocked"] * 3
    assert mails_about_refusals() == 1
    mail = last_mail(units, "login_blocked").text
    assert "198.51.100.9" in mail
    assert "192.0.2" not in mail
    assert "IP restriction" in mail
    clock.advance(minutes=15)
    more = last_mail(units, "more_notices")
    assert "Login refused by the IP restriction" in more.text
    assert more.subject.startswith("2 more")
    assert "#recent-activity" in more.text
    clock.advance(minutes=44)
    await come(PASSWORD, ELSEWHERE)
    assert mails_about_refusals() == 1
    clock.advance(minutes=2)
    await come(PASSWORD, ELSEWHERE)
    assert mails_about_refusals() == 2
    assert await come(PASSWORD, HERE) == ""


def test_refused_at_once_is_mailed_once(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)

    def come(_: int) -> str:
        with units.write() as unit:
            guess = login.PasswordAttempt(
                caller.account_id, unit.session.get_one(Account, caller.account_id).password_hash, "k"
            )
            with pytest.raises(RecordedRefusal) as refused:
                login.accept_password(unit, guess, visitor_of(origin=ELSEWHERE), remember=False, return_to=PERSONAL)
            return refused.value.key

    assert at_once(6, come) == [access.REFUSED] * 6
    assert mailed(units).count(("login_blocked", EMAIL)) == 1


def test_sessions_that_are_open_are_refused_at_once(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        here = make_session(unit, account_id)
        there = make_session(unit, account_id, browser_digest=OTHER_BROWSER, origin=ELSEWHERE)
        caller = actor_of(unit, here)
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)

    with units.read() as unit:
        assert sessions.look_up(unit, here.digest, BROWSER, HERE).actor is not None
        assert sessions.look_up(unit, here.digest, BROWSER, ELSEWHERE).refusal == access.REFUSED
        assert sessions.look_up(unit, there.digest, OTHER_BROWSER, ELSEWHERE).refusal == access.REFUSED
        assert sessions.look_up(unit, there.digest, OTHER_BROWSER, NOWHERE).refusal == access.REFUSED
    switch(units, caller, False)
    with units.read() as unit:
        assert sessions.look_up(unit, there.digest, OTHER_BROWSER, ELSEWHERE).actor is not None


def test_a_ticket_is_not_redeemed_elsewhere(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)

    for origin, opened in ((ELSEWHERE, False), (HERE, True)):
        with units.write() as unit:
            ticket = tickets.issue_ticket(unit, purpose="login", account_id=caller.account_id, browser_digest=BROWSER)
            assert (tickets.redeem_ticket(unit, ticket, BROWSER, origin) is not None) is opened


def test_a_reset_is_refused_elsewhere_and_the_link_is_not_consumed(units: Units, caller: Actor) -> None:
    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)
    with units.write() as unit:
        recovery.ask_reset(unit, EMAIL, HERE)
    token = last_mail(units, "reset").token

    def reset(origin: Origin) -> None:
        with units.write() as unit:
            recovery.finish_reset(unit, token, quick_hash("new"), visitor_of(origin=origin))

    with pytest.raises(RecordedRefusal, match=access.REFUSED):
        reset(ELSEWHERE)
    assert "login_blocked" not in [event for event, _ in mailed(units)]  # nobody has given the password
    reset(HERE)
    with pytest.raises(DomainError, match=r"link\.dead"):
        reset(HERE)


# The way out


def test_the_operators_unlock_switches_it_off_keeps_the_rules_and_tells(units: Units, caller: Actor) -> None:
    add(units, caller, "203.0.113.0/24")
    switch(units, caller, True, confirmed=True)
    facts = heard()

    with units.write() as unit:
        operations.unlock(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))

    assert refusal(units, caller, "192.0.2.7") is None
    assert [rule.text for rule in view(units, caller).rules] == ["203.0.113.0/24"]
    assert [type(fact).__name__ for fact in facts] == ["IpRestrictionSwitched", "AccountUnlocked"]
    assert "IP restriction is on" in last_mail(units, "ip_restriction_changed").subject, "one mail tells of the unlock"
    assert mailed(units)[-1] == ("account_unlocked", EMAIL)
    assert "If IP restriction was on, it is now off." in last_mail(units, "account_unlocked").text


def test_an_unlock_of_somebody_without_it_says_nothing_of_it(units: Units, caller: Actor) -> None:
    with units.write() as unit:
        operations.unlock(unit, AccountUnlocked(account_id=caller.account_id, at=unit.now))

    assert mailed(units) == [("account_unlocked", EMAIL)]


def test_it_all_dies_with_the_account(units: Units, caller: Actor) -> None:
    from sqlmodel import select

    add(units, caller, HERE_NETWORK)
    switch(units, caller, True)
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(Account, caller.account_id))
    with units.read() as unit:
        assert unit.session.exec(select(IpRule)).all() == []
        assert unit.session.exec(select(IpRestriction)).all() == []
