"""The entries of journals, by whom, and in which order."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from netim_app.core.facts import Change, Fact, Origin
from netim_app.features.journal import rules
from netim_app.features.journal.service import entries, reading, words
from netim_app.features.journal.tables import JournalEntry
from netim_app.identity import facts, operations, second_factor, sessions
from netim_app.identity.notices import notify
from netim_app.infra import outbox
from netim_app.infra.handlers import MailAbout
from netim_app.infra.unit_of_work import UnitOfWork, Units
from netim_app.texts import catalog
from tests.kit.factories import HERE, last_mail, logged_in_actor, make_account
from tests.kit.fakes import FakeClock
from tests.kit.journal import check


def journal(unit: UnitOfWork, account_id: int) -> list[JournalEntry]:
    wanted = select(JournalEntry).where(JournalEntry.account_id == account_id).order_by(col(JournalEntry.number))
    return list(unit.session.exec(wanted))


def events(unit: UnitOfWork, account_id: int) -> list[str]:
    return [entry.event for entry in journal(unit, account_id)]


def fail(unit: UnitOfWork, account_id: int, address: str = "192.0.2.7") -> None:
    origin = Origin(address=address, browser="Firefox", system="Linux")
    unit.record(facts.LoginFailed(account_id=account_id, at=unit.now, origin=origin, reason="wrong"))


def test_a_fact_is_one_entry_with_what_it_says_and_from_where(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        unit.record(
            facts.EmailChanged(
                account_id=account_id, at=unit.now, origin=HERE, old_email="a@example.org", new_email="b@example.org"
            )
        )
    with units.read() as unit:
        entry = next(entry for entry in journal(unit, account_id) if entry.event == "email_changed")
        hashed = reading.entry_of(
            unit.rows(
                reading._page_of(by_sort=True, by_address=False),
                account=account_id,
                after=0,
                before=99,
                size=1,
                sort="changes",
            )[0]
        )
    assert (entry.sort, entry.address, entry.browser, entry.system) == ("changes", HERE.address, "Firefox", "Linux")
    assert json.loads(entry.others) == {"old_email": "a@example.org", "new_email": "b@example.org"}
    assert hashed.details == {"summary": "identity.summary.email_changed"}
    assert hashed.personal.keys() == {"address", "browser", "system", "old_email", "new_email"}
    assert "example.org" not in entry.details + entry.commitments, "a personal value is in no hash"


def test_an_edit_is_kept_as_commitments_and_words_follow_the_language(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    edits = (
        facts.Edit("company", "", "ACME"),
        facts.Edit("city", "Paris", "Zürich"),
        facts.Edit("country", "FR", "DE"),
        facts.Edit("language", "en", "fr"),
        facts.Edit("time_zone", "Europe/Paris", "America/New_York"),
    )
    with units.write() as unit:
        unit.record(facts.ProfileChanged(account_id=account_id, at=unit.now, origin=HERE, edits=edits))
    with units.read() as unit:
        [row] = unit.rows(entries.sa.select(entries._ENTRIES).where(entries._entry.event == "profile_changed"))
        hashed = reading.entry_of(row)
        assert check(unit, account_id)[2] == 0
    salt = row.others_salt
    assert hashed.personal["old_city"] == rules.commitment(salt, "Paris")
    assert hashed.personal["new_city"] == rules.commitment(salt, "Zürich")
    assert hashed.personal["old_company"] == rules.commitment(salt, "")
    assert not {"Paris", "ACME", "FR"} & set(re.split(r"\W+", row.details + row.commitments))
    assert words.how(row, hashed.details, "en").split(" · ") == [
        "Company: Not given → ACME",
        "City: Paris → Zürich",
        "Country: France → Germany",
        "Language of pages and emails: English → Français",
        "Time zone: Europe/Paris → America/New York",
    ]
    assert "Ville\u00a0: Paris → Zürich · Pays\u00a0: France → Allemagne" in words.how(row, hashed.details, "fr")
    assert "Land: Frankreich → Deutschland" in words.how(row, hashed.details, "de")


def test_what_happens_is_written_before_the_mail_about_it(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        unit.record(facts.CodesLockedOut(account_id=account_id, at=unit.now, origin=HERE))
    with units.read() as unit:
        assert events(unit, account_id)[-2:] == ["codes_locked_out", "mail_queued"]


def test_a_mail_to_the_owner_tells_its_own_entry(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        operations.end_sessions(unit, account_id, Origin())
    mail = last_mail(units, "support_acted")
    with units.read() as unit:
        head = entries.newest(unit, account_id)
        assert journal(unit, account_id)[-1].event == "mail_queued"
    for part in (mail.text, mail.html):
        assert f"Journal no. {head.number} · {head.fingerprint}" in part


def test_a_mail_that_somebody_without_a_session_asked_for_tells_nothing_of_the_journal(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        fact = facts.SupportActed(account_id=account_id, at=unit.now, act="exported")
        notify(unit, "support_acted", fact, before_login=True, act="exported")
        other = entries.note_mail(unit, MailAbout("sign_up", None, is_personal=True))
    assert "Journal no." not in last_mail(units, "support_acted").text
    assert other is None
    with units.read() as unit:
        assert events(unit, account_id)[-1] == "mail_queued"


def test_a_mail_that_is_taken_back_is_written_down_too(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        fact = facts.SupportActed(account_id=account_id, at=unit.now, act="exported")
        notify(unit, "support_acted", fact, act="exported")
        outbox.withdraw(unit, account_id, "support_acted")
        outbox.withdraw(unit, account_id, "support_acted")
    with units.read() as unit:
        assert events(unit, account_id)[-2:] == ["mail_queued", "mail_withdrawn"]


def test_what_is_undone_leaves_no_entry(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.read() as unit:
        before = events(unit, account_id)
    with units.write() as unit:
        unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now))
        unit.session.rollback()
    with units.read() as unit:
        assert events(unit, account_id) == before


def test_twenty_at_once_get_numbers_without_gap(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.read() as unit:
        before = entries.newest(unit, account_id).number

    def one(_number: int) -> None:
        with units.write() as unit:
            unit.record(facts.IdentityProved(account_id=account_id, at=unit.now, origin=HERE, session_id=1))

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(one, range(20)))
    with units.read() as unit:
        assert [entry.number for entry in journal(unit, account_id)] == list(range(1, before + 21))
        assert check(unit, account_id)[2] == 0


def test_journals_of_two_accounts_have_numbers_of_their_own(units: Units) -> None:
    one, other = (logged_in_actor(units, email).account_id for email in ("one@example.org", "two@example.org"))
    with units.read() as unit:
        assert [entry.number for entry in journal(unit, one)] == list(range(1, 1 + len(journal(unit, one))))
        assert journal(unit, one)[0].hash != journal(unit, other)[0].hash


def test_journal_flood_strangers_write_so_many_failures_a_day_and_hide_nothing_else(
    units: Units, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_id = logged_in_actor(units).account_id
    monkeypatch.setattr(entries, "MAX_FAILURES_A_DAY", 5)
    monkeypatch.setattr(entries, "_FAILED_BEFORE", entries._FAILED_BEFORE.limit(5))
    with units.write() as unit:
        for _ in range(20):
            fail(unit, account_id)
        unit.record(facts.LoginBlocked(reason="ip_restriction.refused", account_id=account_id, at=unit.now))
        unit.record(facts.SessionsRevoked(account_id=account_id, at=unit.now))
    with units.read() as unit:
        expected = [*["login_failed"] * 5, "more_failures", "login_blocked", "mail_queued", "sessions_revoked"]
        assert events(unit, account_id)[-len(expected) :] == expected, "nor that somebody knew the password"
    clock.advance(days=1, minutes=1)
    with units.write() as unit:
        fail(unit, account_id)
    with units.read() as unit:
        assert events(unit, account_id)[-1] == "login_failed", "the next day"
        assert check(unit, account_id)[2] == 0


def test_each_kind_of_fact_belongs_to_a_sort(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    about: dict[str, Any] = {"account_id": account_id, "at": units.clock(), "origin": HERE}
    sorts = {
        "logins": facts.LoggedOut(session_id=1, **about),
        "failures": facts.LoginBlocked(reason="ip_restriction.refused", **about),
        "changes": facts.ProfileChanged(**about),
        "operator": facts.SupportActed(act="viewed", **about),
    }
    for sort, fact in sorts.items():
        assert entries._what(fact).sort == sort


def test_whatever_the_operator_does_is_of_its_sort_and_nobody_else_can_look_so(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    for fact in (facts.SessionsRevoked, facts.AccountCreated, facts.SecondFactorDisabled):
        about = {"account_id": account_id, "at": units.clock()}
        assert entries._what(fact(origin=operations.OPERATOR, **about)).sort == "operator"
        stranger = Origin(address="192.0.2.7", browser="", system="operator")
        assert entries._what(fact(origin=stranger, **about)).sort != "operator"


def test_a_deleted_account_takes_its_journal_along(units: Units) -> None:
    account_id = logged_in_actor(units).account_id
    with units.write() as unit:
        unit.run(sessions.sa.delete(sessions.table_of(sessions.Account)), {})
    with units.write() as unit:
        assert events(unit, account_id) == []
        assert entries.add(unit, account_id, entries.What(sort="logins", event="late")) is None


def test_wrong_codes_are_in_the_journal_with_their_reason(units: Units) -> None:
    caller = logged_in_actor(units)
    with units.write() as unit, pytest.raises(second_factor.RecordedRefusal):
        second_factor.check_code(unit, caller.account_id, "123456", caller)
    with units.read() as unit:
        entry = next(entry for entry in journal(unit, caller.account_id) if entry.event == "code_refused")
    assert json.loads(entry.details)["reason"] == "wrong"
    assert "123456" not in entry.details + entry.others


def test_addresses_and_browsers_are_erased_after_half_a_year_and_the_chain_stays(
    units: Units, clock: FakeClock
) -> None:
    from netim_app.features.journal.service import retention

    account_id = logged_in_actor(units).account_id
    clock.advance(days=179)
    with units.write() as unit:
        retention.forget_places(unit)
        assert any(entry.address for entry in journal(unit, account_id))
    clock.advance(days=2)
    with units.write() as unit:
        retention.forget_places(unit)
    with units.write() as unit:
        fail(unit, account_id)
    with units.read() as unit:
        *old, new = journal(unit, account_id)
        assert {(e.address, e.browser, e.system, e.place_salt, e.forget_at) for e in old} == {("", "", "", b"", None)}
        assert any("address" in json.loads(entry.commitments) for entry in old)
        assert new.address == "192.0.2.7"
        assert check(unit, account_id)[2] == 0
    assert timedelta(days=180) == entries.KEEP_PLACES


def test_each_fact_of_the_product_has_words() -> None:
    """A change brings its own."""

    def kinds(fact: type[Fact]) -> set[type[Fact]]:
        return {fact, *(each for kind in fact.__subclasses__() for each in kinds(kind))}

    wordless = {kind.__name__ for kind in kinds(Fact) if not issubclass(kind, Change)} - {"Fact", "Refusal"}
    named = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in wordless if not name.startswith("_")}
    assert named - {"account_deleted"} - set(words.EVENTS) == set()
    assert set(words.REASONS.values()) | set(words.EVENTS.values()) <= catalog.keys()
