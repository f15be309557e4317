"""The part of the journal that the recent activity shows."""

from dataclasses import replace

import pytest
from sqlalchemy import event

from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError, RecordedRefusal
from netim_app.core.facts import Change, Fact, Origin
from netim_app.features.ip_restriction.facts import IpRulesAdded
from netim_app.features.journal.service import entries, recent, retention
from netim_app.features.journal.service.recent import Entry, Page
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
    make_account,
    make_session,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL


class Gone(Change):
    @property
    def summary(self) -> str:
        return "gone.summary"


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


def shown(units: Units, account_id: int) -> list[Entry]:
    with units.read() as unit:
        return list(recent.view_page(unit, account_id, "all", 0, 50).entries)


def shown_entries(units: Units, account_id: int) -> list[tuple[str, str, str]]:
    """(what, how, address), oldest first."""
    return [(entry.what, entry.how, entry.address) for entry in reversed(shown(units, account_id))]


def pages(units: Units, account_id: int, shown: str = "all", size: int = 10) -> list[Page]:
    found: list[Page] = []
    with units.read() as unit:
        while not found or found[-1].end:
            before = found[-1].end if found else 0
            found.append(recent.view_page(unit, account_id, shown, before, size))
    return found


def test_every_fact_of_the_list_is_one_entry_in_its_words(units: Units, account_id: int) -> None:
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
    record(units, account_id, facts.CodeRefused, reason="wrong", logged_in=False, only_fallback=True)
    record(units, account_id, facts.CodesLockedOut)
    before = shown(units, account_id)
    record(units, account_id, facts.LoggedOut, session_id=1, replaced=True)
    record(units, account_id, facts.CodeRefused, reason="wrong", logged_in=False)
    record(units, account_id, facts.IdentityProved, session_id=1)

    [page] = pages(units, account_id, size=50)

    assert list(page.entries) == before
    assert len(page.entries) == 14
    assert len({(entry.what, entry.how) for entry in page.entries}) == 14
    oldest = page.entries[-1]
    assert (oldest.what, oldest.how, oldest.sort) == ("Logged in", "With your password", "logins")
    assert (oldest.client, oldest.address, oldest.often) == ("Firefox on Linux", "192.0.2.7", "")
    assert oldest.when == "1 Mar 2026, 13:00"
    assert oldest.exact == "1 Mar 2026, 13:00 (UTC+1)"
    assert sum(entry.sort == "logins" for entry in page.entries) == 6


def test_moments_are_shown_in_the_customers_own_time(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit, language="fr", time_zone="Asia/Tokyo")
    fail(units, account_id)

    with units.read() as unit:
        page = recent.view_newest(unit, account_id)

    entry = page.entries[0]
    assert (entry.when, entry.what) == ("1er mars 2026 à 21:00", "Échec de connexion")
    assert (page.language, page.time_zone) == ("fr", "Asia/Tokyo")


def test_failures_from_one_place_within_an_hour_are_one_entry(units: Units, account_id: int, clock: FakeClock) -> None:
    fail(units, account_id)
    clock.advance(minutes=30)
    fail(units, account_id)
    clock.advance(minutes=29)
    fail(units, account_id)
    [thrice] = shown(units, account_id)
    assert (thrice.what, thrice.address) == ("Login failed", "192.0.2.7")
    assert thrice.often == "3 times since 1 Mar 2026, 13:00"
    assert thrice.when == "1 Mar 2026, 13:59"

    clock.advance(minutes=1)
    fail(units, account_id)

    assert [(entry.when[-5:], entry.often[:7]) for entry in shown(units, account_id)] == [
        ("14:00", "3 times"),
        ("13:00", ""),
    ], "an hour, from the newest back"


def test_what_is_not_alike_or_not_in_a_row_is_an_entry_of_its_own(units: Units, account_id: int) -> None:
    other = Origin(address=HERE.address, browser="Safari 18", system="iOS")
    for origin in (HERE, HERE, other, replace(HERE, system="Windows"), replace(HERE, address="203.0.113.9"), HERE):
        with units.write() as unit:
            unit.record(facts.LoginFailed(account_id=account_id, at=unit.now, origin=origin, reason="wrong"))
    record(units, account_id, facts.ProofFailed, HERE.address, reason="wrong")

    assert [(entry.what, entry.client, entry.address, entry.often[:1]) for entry in shown(units, account_id)] == [
        ("Confirmation failed", "Firefox on Linux", HERE.address, ""),
        ("Login failed", "Firefox on Linux", HERE.address, ""),
        ("Login failed", "Firefox on Linux", "203.0.113.9", ""),
        ("Login failed", "Firefox on Windows", HERE.address, ""),
        ("Login failed", "Safari 18 on iOS", HERE.address, ""),
        ("Login failed", "Firefox on Linux", HERE.address, "2"),
    ]


def test_logins_are_never_added_up(units: Units, account_id: int) -> None:
    for number in range(3):
        record(units, account_id, facts.LoggedIn, session_id=number, known_browser=True)

    assert [entry.often for entry in shown(units, account_id)] == ["", "", ""]


def test_mails_between_failures_do_not_part_them(units: Units, account_id: int) -> None:
    for _ in range(2):
        fail(units, account_id)
        with units.write() as unit:
            entries.add(unit, account_id, entries.What(sort="mails", event="mail_queued"))

    assert [entry.often[:1] for entry in shown(units, account_id)] == ["2"]


def test_a_change_is_shown_by_the_summary_of_its_fact(units: Units, account_id: int, clock: FakeClock) -> None:
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


def test_an_act_of_support_is_among_the_changes(units: Units, account_id: int) -> None:
    record(units, account_id, facts.SupportActed, act="viewed")

    [page] = pages(units, account_id, "changes")

    assert [(entry.what, entry.sort) for entry in page.entries] == [("Account looked at by Netim Direct", "changes")]


def test_a_change_of_the_language_alone_is_not_shown(units: Units, account_id: int) -> None:
    record(units, account_id, facts.ProfileChanged, language_alone=True)

    assert shown(units, account_id) == []


def test_a_change_whose_feature_is_gone_is_still_shown(units: Units, account_id: int) -> None:
    record(units, account_id, Gone)

    [page] = pages(units, account_id)

    assert page.entries[0].what == "Gone"


def test_each_fact_is_shown_or_was_thought_about() -> None:
    """A new fact that its owner should find in the list is a `core.facts.Change`."""
    features = ("netim_app.identity.", "netim_app.features.")
    known = {kind for kind in every(Fact) if kind.__module__.startswith(features) and not issubclass(kind, Change)}

    assert {kind.__name__ for kind in known if not issubclass(kind, recent.NOTED)} == {
        "AccountCreated", "AccountDeleted", "BackupCodesSaved", "BackupCodeUsed", "DeviceKept", "IdentityProved",
        "PasskeyUsed", "SessionDisplaced", "SessionsRevoked", "StayNoticeClosed",
    }  # fmt: skip


def every(kind: type[Fact]) -> set[type[Fact]]:
    return {found for sub in kind.__subclasses__() for found in (sub, *every(sub))}


def test_failures_beyond_those_of_a_day_are_shown_by_one_entry(
    units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_FAILURES_A_DAY", 3)
    monkeypatch.setattr(entries, "_FAILED_BEFORE", entries._FAILED_BEFORE.limit(3))
    for number in range(9):
        fail(units, account_id, f"198.51.100.{number}")

    [page] = pages(units, account_id, "failures")

    assert [(entry.what, entry.client, entry.address) for entry in page.entries[:2]] == [
        ("More failures on this day, not listed one by one", "", ""),
        ("Login failed", "Firefox on Linux", "198.51.100.2"),
    ]
    assert len(page.entries) == 4


def test_the_first_page_is_one_statement_however_long_the_journal_is(units: Units, account_id: int) -> None:
    for number in range(40):
        record(units, account_id, facts.LoggedOut, session_id=number)
    asked: list[str] = []

    def ask(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "journal_entry" in statement:
            asked.append(statement)

    event.listen(units.engine, "before_cursor_execute", ask)
    with units.read() as unit:
        page = recent.view_newest(unit, account_id)
    event.remove(units.engine, "before_cursor_execute", ask)

    assert (len(page.entries), page.end > 0, len(asked)) == (10, True, 1)


def test_many_alike_are_read_to_their_end_but_not_without_end(units: Units, account_id: int) -> None:
    for _ in range(recent.MAX_TIMES + 5):
        record(units, account_id, AlertsSwitched, setting="every", lowered=False)
    record(units, account_id, facts.LoggedOut, session_id=1)

    assert [(entry.what, entry.often[:9]) for entry in shown(units, account_id)] == [
        ("Logged out", ""),
        ("Email alerts switched on for every login", "100 times"),
        ("Email alerts switched on for every login", "5 times s"),
    ]


async def attempt(
    visitor: Visitor, password: str = PASSWORD, email: str = EMAIL
) -> login.TicketIssued | login.CodeRequired:
    return await flows.log_in(visitor, email, password, remember=False, return_to=PERSONAL)


async def test_wrong_passwords_are_noted_throttled_ones_too_and_unknown_addresses_nowhere(
    units: Units, account_id: int
) -> None:
    for _ in range(7):
        with pytest.raises(DomainError):
            await attempt(visitor_of(), "wrong")
    with pytest.raises(DomainError):
        await attempt(visitor_of(), email="nobody@example.org")

    [entry] = shown(units, account_id)
    assert (entry.what, entry.address, entry.often[:7]) == ("Login failed", HERE.address, "7 times")
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
    assert shown(units, account_id) == [], "it is not over yet"
    clock.advance(minutes=11)
    with units.write() as unit:
        pending_logins.expire(unit, BROWSER)
    half = ("Login not finished", "Right password, but a wrong code or none", HERE.address)
    assert shown_entries(units, account_id) == [half]

    assert await attempt(visitor_of()) == login.CodeRequired()
    with units.write() as unit:
        ticket = second_factor.finish_login(unit, visitor_of(), "123456")
    with units.write() as unit:
        assert tickets.redeem_ticket(unit, ticket, BROWSER, HERE) is not None
    assert shown_entries(units, account_id)[1:] == [("Logged in", "With your password and a code", HERE.address)]


async def test_failed_proofs_of_a_logged_in_customer_are_noted(units: Units, account_id: int) -> None:
    with units.write() as unit:
        caller = actor_of(unit, make_session(unit, account_id))

    with pytest.raises(DomainError):
        await flows.prove_again(caller, "wrong", "", "/")

    assert shown_entries(units, account_id) == [
        ("Logged in", "With your password", HERE.address),
        ("Confirmation failed", "Wrong password when asked to confirm", HERE.address),
    ]


def test_logging_in_anew_in_the_same_browser_is_no_logout(units: Units, account_id: int) -> None:
    with units.write() as unit:
        old, logged_out = make_session(unit, account_id), make_session(unit, account_id, browser_digest=digest("x"))
    with units.write() as unit:
        sessions.end_session(unit, old.digest, HERE, replaced=True)
        sessions.end_session(unit, logged_out.digest, HERE)

    assert [what for what, *_ in shown_entries(units, account_id)] == ["Logged in", "Logged in", "Logged out"]


def test_pages_follow_each_other_without_gap_or_repetition(units: Units, account_id: int) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")
    for number in range(25):
        record(units, account_id, facts.LoggedOut, session_id=number)
        record(units, other, facts.LoggedOut, session_id=number)
        record(units, account_id, facts.LoggedOut, session_id=number, replaced=True)
    for _ in range(40):
        fail(units, account_id)

    found = pages(units, account_id, size=10)

    assert [len(page.entries) for page in found] == [10, 10, 6]
    with units.read() as unit:
        newest = entries.newest(unit, account_id).number
    numbers = [entry.number for page in found for entry in page.entries]
    assert numbers == [newest, *range(newest - 41, newest - 90, -2)]
    assert found[0].entries[0].often.startswith("40 times")
    assert [len(page.entries) for page in pages(units, account_id, "failures")] == [1]
    assert sum(len(page.entries) for page in pages(units, account_id, "logins")) == 25


def test_a_page_that_ends_in_several_alike_goes_on_behind_them(units: Units, account_id: int) -> None:
    record(units, account_id, facts.LoggedOut, session_id=1)
    for _ in range(3):
        fail(units, account_id)

    found = pages(units, account_id, size=1)

    assert [entry.what for page in found for entry in page.entries] == ["Login failed", "Logged out"]


def test_places_that_were_erased_are_not_shown(units: Units, account_id: int, clock: FakeClock) -> None:
    fail(units, account_id)
    clock.advance(days=180, seconds=1)
    with units.write() as unit:
        retention.forget_places(unit)

    [entry] = shown(units, account_id)

    assert (entry.what, entry.client, entry.address) == ("Login failed", "", "")
