from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlmodel import col, select

from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Change, Fact, Origin
from netim_app.features.activity import service
from netim_app.features.activity.service import Page
from netim_app.features.activity.tables import ActivityEntry
from netim_app.features.ip_restriction.facts import IpRuleAdded, IpRuleRemoved, IpRulesAdded
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.totp.facts import AuthenticatorAdded
from netim_app.identity import accounts, facts, flows, login, pending_logins, second_factor, sessions, tickets
from netim_app.infra.unit_of_work import Units
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    PASSWORD,
    actor_of,
    at_once,
    make_account,
    make_session,
    visitor_of,
)
from tests.kit.fakes import START, FakeClock


class Gone(Change):
    @property
    def told(self) -> str:
        return "gone.told"


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


def record(units: Units, account_id: int, cls: type[Fact], address: str = "192.0.2.7", **values: object) -> None:
    with units.write() as unit:
        origin = replace(HERE, address=address)
        unit.record(cls(account_id=account_id, at=unit.now, origin=origin, **values))


def fail(units: Units, account_id: int, address: str = "192.0.2.7") -> None:
    record(units, account_id, facts.LoginFailed, address, reason="wrong")


def stored(units: Units) -> list[tuple[str, str, int, str]]:
    with units.read() as unit:
        rows = unit.session.exec(select(ActivityEntry).order_by(col(ActivityEntry.id))).all()
        return [(row.kind, row.factor, row.times, row.address) for row in rows]


def pages(units: Units, account_id: int, shown: str = "all", size: int = 10) -> list[Page]:
    found: list[Page] = []
    before = None
    with units.read() as unit:
        while not found or before is not None:
            found.append(service.view_page(unit, account_id, shown, before, size))
            before = found[-1].end
    return found


def test_every_fact_of_the_list_becomes_one_entry_that_has_its_words(units: Units, account_id: int) -> None:
    record(units, account_id, facts.LoggedIn, session_id=1, known_browser=False)
    record(units, account_id, facts.LoggedIn, session_id=1, known_browser=False, factor="totp")
    record(units, account_id, facts.LoggedIn, session_id=1, known_browser=False, factor="backup_codes")
    record(units, account_id, facts.LoggedIn, session_id=1, known_browser=False, factor="of the future")
    record(units, account_id, facts.LoggedOut, session_id=1)
    record(units, account_id, facts.OtherSessionsRevoked, count=2)
    fail(units, account_id)
    record(units, account_id, facts.SecondFactorNotCompleted)
    record(units, account_id, facts.LoginBlocked, reason="x")
    record(units, account_id, facts.LoginBlocked, reason="x", way="reset")
    record(units, account_id, facts.ProofFailed, reason="wrong")
    record(units, account_id, facts.CodeRefused, reason="wrong", logged_in=True)
    record(units, account_id, facts.CodeRefused, reason="wrong", logged_in=False, spare=True)
    record(units, account_id, facts.CodesStopped)
    before = len(stored(units))
    record(units, account_id, facts.LoggedOut, session_id=1, replaced=True)
    record(units, account_id, facts.CodeRefused, reason="wrong", logged_in=False)
    record(units, account_id, facts.IdentityProved, session_id=1)

    [page] = pages(units, account_id, size=50)

    assert len(stored(units)) == before == len(page.entries) == 14
    assert len({(entry.what, entry.how) for entry in page.entries}) == 14
    assert {kind for kind, *_ in stored(units)} == set(service.WHAT) - {"changed"}
    oldest = page.entries[-1]
    assert (oldest.what, oldest.how, oldest.sort) == ("Logged in", "With your password", "logins")
    assert (oldest.client, oldest.address, oldest.often) == ("Firefox on Linux", "192.0.2.7", "")
    assert oldest.when == "1 Mar 2026, 13:00"
    assert oldest.exact == "1 Mar 2026, 13:00 (UTC+1)"
    assert sum(entry.sort == "logins" for entry in page.entries) == 6


def test_moments_are_stored_in_utc_and_shown_in_the_customers_own_time(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit, language="fr", time_zone="Asia/Tokyo")
    fail(units, account_id)

    with units.read() as unit:
        row = unit.session.exec(select(ActivityEntry)).one()
        entry = service.view_newest(unit, account_id).entries[0]
        time_zone = service.view_newest(unit, account_id).time_zone

    assert row.at == START
    assert row.at.utcoffset() == timedelta()
    assert (entry.when, entry.what, time_zone) == ("1er mars 2026 à 21:00", "Échec de connexion", "Asia/Tokyo")


def test_failures_from_one_address_within_an_hour_are_one_entry(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    fail(units, account_id)
    clock.advance(minutes=30)
    fail(units, account_id, "203.0.113.9")
    clock.advance(minutes=29)
    fail(units, account_id)
    record(units, account_id, facts.ProofFailed, reason="wrong")

    assert stored(units) == [
        ("failed", "password", 2, "192.0.2.7"),
        ("failed", "password", 1, "203.0.113.9"),
        ("proof_failed", "password", 1, "192.0.2.7"),
    ]
    [page] = pages(units, account_id)
    by_address = {(entry.what, entry.address): entry for entry in page.entries}
    twice = by_address["Login failed", "192.0.2.7"]
    assert twice.often == "2 times since 1 Mar 2026, 13:00"
    assert twice.when == "1 Mar 2026, 13:59"
    clock.advance(minutes=1)
    fail(units, account_id)
    assert len(stored(units)) == 4, "after an hour a new entry begins"


def test_failures_of_two_browsers_at_one_address_are_two_entries(units: Units, account_id: int) -> None:
    other = Origin(address=HERE.address, browser="Safari 18", system="iOS")
    for origin in (HERE, other, HERE, replace(HERE, system="Windows")):
        with units.write() as unit:
            unit.record(facts.LoginFailed(account_id=account_id, at=unit.now, origin=origin, reason="wrong"))

    [page] = pages(units, account_id)

    assert sorted((entry.client, entry.often[:1]) for entry in page.entries) == [
        ("Firefox on Linux", "2"),
        ("Firefox on Windows", ""),
        ("Safari 18 on iOS", ""),
    ]


def test_a_change_is_told_in_the_words_of_its_fact(units: Units, account_id: int, clock: FakeClock) -> None:
    record(units, account_id, AlertsSwitched, setting="every", lowered=False)
    clock.advance(minutes=1)
    record(units, account_id, IpRulesAdded, rules=tuple(f"198.51.100.{n}" for n in range(200)))
    clock.advance(minutes=1)
    record(units, account_id, AuthenticatorAdded, name="Pixel <b>")
    fail(units, account_id)

    [page] = pages(units, account_id, "changes")

    assert [(entry.what, entry.sort) for entry in page.entries] == [
        ("Device added", "changes"),
        ("Rules added to the IP restriction", "changes"),
        ("Email alerts switched on for every login", "changes"),
    ]
    assert page.entries[0].how == "Pixel <b>"
    assert page.entries[1].how.startswith("198.51.100.0, 198.51.100.1,")
    assert page.entries[1].how.endswith(" …")
    assert page.entries[2].how == ""
    assert (page.entries[0].client, page.entries[0].address) == ("Firefox on Linux", "192.0.2.7")


def test_changes_do_not_flood_the_table(units: Units, account_id: int) -> None:
    for number in range(service.MAX_ALIKE_A_DAY + 30):
        record(units, account_id, IpRuleAdded, rule=f"198.51.100.{number}")
    record(units, account_id, IpRuleRemoved, rule="198.51.100.1")

    [page] = pages(units, account_id, "changes", size=100)

    assert len(page.entries) == service.MAX_ALIKE_A_DAY + 2
    assert [(entry.what, entry.how, entry.often[:2]) for entry in page.entries[:2]] == [
        ("Rule removed from the IP restriction", "198.51.100.1", ""),
        ("Rule added to the IP restriction", "", "30"),
    ]


def test_a_change_whose_feature_is_gone_is_still_told(units: Units, account_id: int) -> None:
    record(units, account_id, Gone)

    [page] = pages(units, account_id)

    assert page.entries[0].what == "Setting changed"


def test_each_fact_is_told_or_was_thought_about() -> None:
    """A new fact that its owner should find in the list is a `core.facts.Change`."""
    features = ("netim_app.identity.", "netim_app.features.")
    known = {kind for kind in every(Fact) if kind.__module__.startswith(features) and not issubclass(kind, Change)}

    assert {kind.__name__ for kind in known} - {kind.__name__ for kind in service.NOTED} == {
        "AccountCreated", "AccountDeleted", "BackupCodesSaved", "BackupCodeUsed", "DeviceKept", "IdentityProved",
        "PasskeyUsed", "Refusal", "SessionDisplaced", "SessionsRevoked", "StayNoticeClosed",
    }  # fmt: skip


def every(kind: type[Fact]) -> set[type[Fact]]:
    return {found for sub in kind.__subclasses__() for found in (sub, *every(sub))}


def test_strangers_from_many_addresses_do_not_flood_the_table(units: Units, account_id: int, clock: FakeClock) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
    for number in range(service.MAX_ALIKE_A_DAY + 30):
        fail(units, account_id, f"2001:db8::{number:x}")
    fail(units, other)
    record(units, account_id, facts.LoggedIn, session_id=1, known_browser=True)

    rows = stored(units)

    assert len(rows) == service.MAX_ALIKE_A_DAY + 3
    assert rows[service.MAX_ALIKE_A_DAY] == ("failed", "password", 30, "")
    assert rows[-2:] == [("failed", "password", 1, "192.0.2.7"), ("logged_in", "", 1, "192.0.2.7")]
    [bad] = pages(units, account_id, "failures", size=100)
    assert bad.entries[0].client == "From several places"
    assert bad.entries[0].often.startswith("30 times")
    fail(units, account_id, "2001:db8::1")
    assert stored(units)[1] == ("failed", "password", 2, "2001:db8::1"), "an address that has its entry keeps it"
    clock.advance(days=1)
    fail(units, account_id, "198.51.100.1")
    assert stored(units)[-1] == ("failed", "password", 1, "198.51.100.1")


def test_many_failures_at_once_are_one_entry(units: Units, account_id: int) -> None:
    at_once(8, lambda _: fail(units, account_id))

    assert stored(units) == [("failed", "password", 8, "192.0.2.7")]


async def attempt(
    visitor: Visitor, password: str = PASSWORD, email: str = EMAIL
) -> login.TicketIssued | login.CodeRequired:
    return await flows.log_in(visitor, email, password, remember=False, return_to=sessions.HOME)


async def test_wrong_passwords_are_noted_throttled_ones_too_and_unknown_addresses_nowhere(
    units: Units, account_id: int
) -> None:
    for _ in range(7):
        with pytest.raises(DomainError):
            await attempt(visitor_of(), "wrong")
    with pytest.raises(DomainError):
        await attempt(visitor_of(), email="nobody@example.org")

    assert stored(units) == [("failed", "password", 7, HERE.address)]
    with units.read() as unit:
        assert accounts.view_shell(unit, account_id).revision == 1, "strangers do not make open pages refresh"


async def test_half_a_login_is_one_entry_and_a_whole_one_names_its_factor(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    from netim_app.feature import Feature, SecondFactor
    from netim_app.offers import install, offers

    wheel = SecondFactor(
        name="totp",
        logged_in="totp.logged_in",
        enrolled=lambda _u, _a: True,
        consume=lambda _u, _a, code, _o: code == "123456",
        was_used=lambda _u, _a, _code: False,
        valid_code_count=lambda _u, _a: 1,
    )
    others = [f for f in offers().features if not f.second_factors]
    install((*others, Feature(name="wheel", second_factors=(wheel,))))
    assert await attempt(visitor_of()) == login.CodeRequired()
    with pytest.raises(RecordedRefusal, match=r"second_factor\.wrong"), units.write() as unit:
        second_factor.finish_login(unit, visitor_of(), "000000")
    assert stored(units) == [], "it is not over yet"
    clock.advance(minutes=11)
    with units.write() as unit:
        pending_logins.expire(unit, BROWSER)
    assert stored(units) == [("half", "code", 1, HERE.address)]

    assert await attempt(visitor_of()) == login.CodeRequired()
    with units.write() as unit:
        ticket = second_factor.finish_login(unit, visitor_of(), "123456")
    with units.write() as unit:
        assert tickets.redeem_ticket(unit, ticket, BROWSER, HERE) is not None
    assert stored(units)[1:] == [("logged_in", "totp", 1, HERE.address)]


async def test_failed_proofs_of_a_logged_in_customer_are_noted(units: Units, account_id: int) -> None:
    with units.write() as unit:
        caller = actor_of(unit, make_session(unit, account_id))

    with pytest.raises(DomainError):
        await flows.prove_again(caller, "wrong", "", "/")

    assert stored(units) == [("logged_in", "", 1, HERE.address), ("proof_failed", "password", 1, HERE.address)]


def test_logging_in_anew_in_the_same_browser_is_no_logout(units: Units, account_id: int) -> None:
    with units.write() as unit:
        old, logged_out = make_session(unit, account_id), make_session(unit, account_id, device=digest("x"))
    with units.write() as unit:
        sessions.end_session(unit, old.digest, HERE, replaced=True)
        sessions.end_session(unit, logged_out.digest, HERE)

    assert [kind for kind, *_ in stored(units)] == ["logged_in", "logged_in", "logged_out"]


def test_pages_follow_each_other_without_gap_or_repetition(units: Units, account_id: int, clock: FakeClock) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
    for number in range(25):
        record(units, account_id, facts.LoggedOut, session_id=number)
        record(units, other, facts.LoggedOut, session_id=number)
        if number % 3 == 0:  # several at one moment: the id decides
            clock.advance(seconds=1)
    fail(units, account_id)

    found = pages(units, account_id, size=10)

    assert [len(page.entries) for page in found] == [10, 10, 6]
    shown = [entry.id for page in found for entry in page.entries]
    with units.read() as unit:
        own = unit.session.exec(select(ActivityEntry.id).where(ActivityEntry.account_id == account_id)).all()
    assert shown == sorted((row or 0 for row in own), reverse=True)
    assert [len(page.entries) for page in pages(units, account_id, "failures")] == [1]
    assert sum(len(page.entries) for page in pages(units, account_id, "logins")) == 25


def test_retention(units: Units, account_id: int, clock: FakeClock) -> None:
    fail(units, account_id)
    clock.advance(days=1)
    record(units, account_id, facts.LoggedOut, session_id=1)
    clock.advance(days=179, seconds=1)

    with units.write() as unit:
        service.purge(unit)

    assert [kind for kind, *_ in stored(units)] == ["logged_out"]


def test_the_history_dies_with_the_account(units: Units, account_id: int) -> None:
    from netim_app.identity.tables import Account

    fail(units, account_id)
    with units.write() as unit:
        unit.session.delete(unit.session.get_one(Account, account_id))

    assert stored(units) == []


def test_what_a_browser_says_of_itself_is_kept_within_bounds(units: Units, account_id: int) -> None:
    with units.write() as unit:
        unit.record(
            facts.LoginFailed(account_id=account_id, at=datetime.now(START.tzinfo), reason="x", origin=Origin())
        )

    [page] = pages(units, account_id)
    assert (page.entries[0].client, page.entries[0].address) == ("Unknown browser", "")
