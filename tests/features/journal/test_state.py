import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.core.facts import Origin
from netim_app.features.journal.service import checking, reading
from netim_app.features.journal.state import check as check_state
from netim_app.features.journal.state.activity import ActivityState
from netim_app.features.journal.state.check import JournalCheckState
from netim_app.features.journal.state.journal import MAX_SHOWN, JournalState
from netim_app.features.journal.tables import JournalEntry
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.passkeys.facts import PasskeyRenamed
from netim_app.identity import facts
from netim_app.identity.state.shell import ShellState
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import EMAIL, HERE, Tab, logged_in_actor, mailed
from tests.kit.fakes import FakeClock
from tests.kit.journal import lengthen, unpack
from tests.kit.pages import SECURITY


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    made = Tab(SECURITY)
    await made.run(ShellState, "open_account_page")
    return made


def fail(units: Units, caller: Actor, address: str) -> None:
    origin = Origin(address=address, browser="Firefox", system="Linux")
    with units.write() as unit:
        unit.record(facts.LoginFailed(account_id=caller.account_id, at=unit.now, origin=origin, reason="wrong"))


def prove(units: Units, caller: Actor, count: int) -> None:
    with units.write() as unit:
        for number in range(count):
            unit.record(facts.IdentityProved(account_id=caller.account_id, at=unit.now, origin=HERE, session_id=number))


async def notice(tab: Tab) -> tuple[str, str]:
    shell = await tab.state(ShellState)
    return shell.notice_kind, shell.notice


async def test_nothing_is_loaded_before_the_customer_asks(tab: Tab) -> None:
    assert (await tab.state(JournalState)).entries == []

    card, _ = await tab.run(JournalState, "choose", "all")

    assert [entry.what for entry in card.entries] == ["Logged in", "Account created"]
    assert [entry.number for entry in card.entries] == [2, 1]
    assert card.entries[0].how == "With your password"
    assert (card.entries[0].address, card.entries[0].client) == (HERE.address, "Firefox on Linux")


async def test_pages_come_one_after_the_other_up_to_a_length(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    prove(sqlite_units, caller, 250)
    card, _ = await tab.run(JournalState, "choose", "logins")
    for _ in range(20):
        await tab.run(JournalState, "show_more")

    numbers = [entry.number for entry in card.entries]
    assert numbers == list(range(252, 252 - MAX_SHOWN, -1))
    assert (card.more, card.full) == (False, True)


async def test_the_list_is_narrowed_by_sort_day_and_address(
    sqlite_units: Units, clock: FakeClock, caller: Actor, tab: Tab
) -> None:
    """Days are those of the customer's time zone: half past eleven in London is the next day in Paris."""
    fail(sqlite_units, caller, "192.0.2.7")
    clock.advance(hours=11, minutes=30)
    fail(sqlite_units, caller, "2001:db8::1")
    day, next_day = "2026-03-01", "2026-03-02"
    cases: list[tuple[str, dict[str, str], list[int]]] = [
        ("all", {}, [4, 3, 2, 1]),
        ("failures", {}, [4, 3]),
        ("failures", {"address": "2001:0DB8::0001"}, [4]),
        ("all", {"address": "192.0.2.7"}, [3, 2]),
        ("all", {"until": day}, [3, 2, 1]),
        ("all", {"since": next_day}, [4]),
        ("all", {"since": next_day, "until": day}, []),
        ("failures", {"since": day, "until": day, "address": "192.0.2.7"}, [3]),
        ("all", {"address": "192.0.2.9"}, []),
    ]
    for sort, form, numbers in cases:
        await tab.run(JournalState, "choose", sort)
        card, _ = await tab.run(JournalState, "narrow", form)
        assert ([entry.number for entry in card.entries], card.errors) == (numbers, {}), (sort, form)


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"since": "yesterday"}, {"since"}),
        ({"until": "2026-02-30"}, {"until"}),
        ({"since": "0001-01-01", "until": "9999-12-31"}, {"since", "until"}),
        ({"address": "somewhere", "since": 5}, {"address", "since"}),
        ({"address": ["192.0.2.7"]}, {"address"}),
        ({"address": "1" * 5000}, {"address"}),
    ],
)
async def test_what_is_no_day_or_address_is_refused_at_its_field(tab: Tab, form: Any, fields: set[str]) -> None:
    await tab.run(JournalState, "choose", "all")
    card, _ = await tab.run(JournalState, "narrow", form)
    assert card.errors.keys() == fields
    assert len(card.entries) == 2


@pytest.mark.parametrize("value", [None, True, 1, "", "ALL", [], {}, "all' OR 1=1"])
async def test_what_is_no_choice_changes_nothing(tab: Tab, value: Any) -> None:
    card, _ = await tab.run(JournalState, "choose", value)
    assert (card.shown, card.entries) == ("", [])


async def test_journal_of_another_account_is_neither_shown_nor_exported(
    sqlite_units: Units, tab: Tab, caller: Actor, tmp_path: Path
) -> None:
    """Whose journal it is says the session alone: no handler takes an account."""
    other = logged_in_actor(sqlite_units, "other@example.org")
    fail(sqlite_units, other, "198.51.100.9")
    card, _ = await tab.run(JournalState, "choose", "all")
    await tab.run(JournalState, "narrow", {"address": "198.51.100.9", "account_id": str(other.account_id)})
    assert card.entries == []
    _, answers = await tab.run(JournalState, "export")
    text = "".join(unpack(archive_of(answers), tmp_path).lines())
    assert "198.51.100.9" not in text
    assert {json.loads(line)["account"] for line in text.splitlines()} == {caller.account_id}


def archive_of(answers: Any) -> bytes:
    """The archive that the browser is handed."""
    arguments: dict[str, Any] = {str(name): value for name, value in answers[-1].args}
    url = json.loads(str(arguments["url"]))
    assert url.startswith("data:application/zip;base64,")
    assert "netim-direct-journal.zip" in str(arguments["filename"])
    return b64decode(url.partition(",")[2])


async def test_the_export_is_handed_to_the_browser_mailed_and_verified(
    sqlite_units: Units, caller: Actor, tab: Tab, tmp_path: Path
) -> None:
    card, answers = await tab.run(JournalState, "export")

    export = unpack(archive_of(answers), tmp_path)
    assert export.verify() == (0, f"verified from no. 1 to 4, account {caller.account_id}")
    assert [json.loads(line)["event"] for line in export.lines()[-2:]] == ["journal_exported", "mail_queued"]
    assert mailed(sqlite_units)[-1] == ("journal_exported", EMAIL)
    assert (await notice(tab))[0] == "success"
    assert "salt" not in str(card.dict())


async def test_too_many_exports_and_checks_are_refused(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: tuple[tuple[Any, str, Any, str], ...] = (
        (rate_limit, "DOWNLOAD_PER_ACCOUNT", JournalState, "export"),
        (check_state, "JOURNAL_CHECK_PER_ACCOUNT", JournalCheckState, "check"),
    )
    for module, name, state, handler in cases:
        monkeypatch.setattr(module, name, replace(getattr(module, name), amount=1))
        await tab.run(state, handler)
        assert (await notice(tab))[0] == "success"
        _, answers = await tab.run(state, handler)
        assert answers == [None]
        assert (await notice(tab))[0] == "danger"


async def test_the_check_says_from_where_to_where_or_where_it_breaks(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    await tab.run(JournalCheckState, "check")
    assert await notice(tab) == ("success", "Verified from no. 1 to 2.")
    with sqlite_units.write() as unit:
        unit.session.get_one(JournalEntry, (caller.account_id, 2)).event = "logged_out"

    await tab.run(JournalCheckState, "check")

    kind, words = await notice(tab)
    assert kind == "danger"
    assert words.startswith("No. 2 does not fit")


async def test_the_check_says_that_nobody_vouches_for_a_beginning_that_is_missing(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    with sqlite_units.write() as unit:
        unit.session.delete(unit.session.get_one(JournalEntry, (caller.account_id, 1)))

    await tab.run(JournalCheckState, "check")

    kind, words = await notice(tab)
    assert kind == "danger"
    assert words.startswith("Nobody vouches for the beginning of your journal")


async def test_a_long_check_says_how_far_it_is_and_counts_once(
    sqlite_units: Units, caller: Actor, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PART", 100)
    monkeypatch.setattr(
        check_state, "JOURNAL_CHECK_PER_ACCOUNT", replace(check_state.JOURNAL_CHECK_PER_ACCOUNT, amount=1)
    )
    with sqlite_units.write() as unit:
        lengthen(unit, caller.account_id, 248)

    check, answers = await tab.run(JournalCheckState, "check")
    assert (check.number, check.end, await notice(tab)) == (100, 250, ("info", ""))
    assert answers == [JournalCheckState.check], "the page asks for the next part"
    check, answers = await tab.run(JournalCheckState, "check")
    assert (check.number, answers) == (200, [JournalCheckState.check])
    check, answers = await tab.run(JournalCheckState, "check")
    assert (check.number, answers) == (0, [None])
    assert await notice(tab) == ("success", "Verified from no. 1 to 250.")


async def test_a_check_that_was_left_begins_anew(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PART", 1)
    check, _ = await tab.run(JournalCheckState, "check")
    assert check.number == 1

    tab.visit("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    assert (await tab.state(JournalCheckState)).number == 0

    tab.visit(SECURITY)
    check, _ = await tab.run(JournalCheckState, "check")
    assert check.number == 1


async def test_what_an_entry_was_about_is_in_words(sqlite_units: Units, caller: Actor) -> None:
    about: dict[str, Any] = {"account_id": caller.account_id, "at": sqlite_units.clock(), "origin": HERE}
    expected = [
        (facts.EmailChanged(old_email="a@b.fr", new_email="c@d.fr", **about), "a@b.fr → c@d.fr"),
        (PasskeyRenamed(old_name="Phone", name="Old phone", **about), "Phone → Old phone"),
        (facts.EmailChangeAsked(new_email="c@d.fr", **about), "c@d.fr"),
        (facts.LoginFailed(reason="throttled", **about), "Too many attempts"),
        (facts.LoginFailed(reason="a reason without words", **about), ""),
        (
            facts.LoginBlocked(reason="ip_restriction.refused", **about),
            "Access from this network is not allowed for this account. Use a network on your list.",
        ),
    ]
    newest = ""
    for fact, how in expected:
        with sqlite_units.write() as unit:
            unit.record(fact)
        with sqlite_units.read() as unit:
            page = reading.view_page(unit, caller.account_id, reading.Wanted(), 0, 3)
        assert how in [entry.how for entry in page.entries], how
        newest = page.entries[0].how
    assert newest == "Netim Direct login refused from …", "the mail about it"


async def test_entries_follow_the_language_of_the_page(tab: Tab) -> None:
    await tab.run(JournalState, "choose", "logins")
    await tab.run(ShellState, "set_language", "fr")
    card = await tab.state(JournalState)

    assert [entry.what for entry in card.entries] == ["Connexion", "Compte créé"]


async def test_an_open_journal_stays_as_it_is_when_something_changes(
    sqlite_units: Units, caller: Actor, tab: Tab
) -> None:
    prove(sqlite_units, caller, 15)
    card, _ = await tab.run(JournalState, "choose", "logins")
    await tab.run(JournalState, "show_more")
    shown = card.entries

    await tab.run(LoginAlertsState, "switch", True)

    assert (await tab.state(ActivityState)).entries[0].what.startswith("Email alerts switched on")
    assert len(shown) == 17
    assert (await tab.state(JournalState)).entries == shown
