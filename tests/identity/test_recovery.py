import asyncio

import pytest
from sqlmodel import select

from netim_app.core.errors import DomainError
from netim_app.feature import Feature, LoginPolicy
from netim_app.identity import attempts, flows, passwords, recovery, sessions, stored_passwords, tickets
from netim_app.identity.facts import PasswordChanged
from netim_app.identity.tables import MailedLink
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install
from netim_app.registry import FEATURES
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    at_once,
    last_mail,
    mailed,
    make_account,
    make_session,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


def ask(units: Units, email: str = EMAIL) -> None:
    with units.write() as unit:
        recovery.ask_reset(unit, email, HERE)


def asked(units: Units) -> str:
    """The secret of a new reset link."""
    ask(units)
    return last_mail(units, "reset").token


def finish(units: Units, token: str, password: str = NEW_PASSWORD, browser_digest: str = BROWSER) -> str:
    """The key of the refusal, or empty."""
    try:
        with units.write() as unit:
            recovery.finish_reset(unit, token, quick_hash(password), visitor_of(browser_digest))
    except DomainError as error:
        return error.key
    return ""


def has_password(units: Units, account_id: int, password: str) -> bool:
    return passwords.password_matches(password, stored_account(units, account_id).password_hash)


@pytest.mark.parametrize("email", [EMAIL, EMAIL.lower(), f" {EMAIL.upper()}"])
def test_a_link_is_mailed_to_the_address_that_is_stored(units: Units, account_id: int, email: str) -> None:
    ask(units, email)

    mail = last_mail(units, "reset")
    assert mail.to == EMAIL
    assert f"https://account.netim.example/reset-password#{mail.token}" in mail.text
    for told in (HERE.address, HERE.browser, HERE.system):
        assert told in mail.text, "who has not asked for it wants to know who did"


def test_nothing_happens_for_an_address_that_is_no_customers(units: Units, account_id: int) -> None:
    ask(units, "nobody@example.org")

    assert mailed(units) == []
    with units.read() as unit:
        assert unit.session.exec(select(MailedLink)).all() == []


def test_a_reset_changes_the_password_tells_it_and_ends_all_sessions(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    with units.write() as unit:
        browser = make_session(unit, account_id, remember=True)
        ticket = tickets.issue_ticket(
            unit, purpose="login", account_id=account_id, browser_digest=browser.browser_digest
        )
    token = asked(units)
    clock.advance(seconds=20)

    assert finish(units, token) == ""

    assert has_password(units, account_id, NEW_PASSWORD)
    assert not has_password(units, account_id, PASSWORD)
    assert stored_account(units, account_id).password_changed_at == clock()
    with units.write() as unit:
        assert sessions.look_up(unit, browser.digest, browser.browser_digest, HERE).actor is None
        assert tickets.redeem_ticket(unit, ticket, browser.browser_digest, HERE) is None
    assert mailed(units)[-1] == ("password_changed", EMAIL)


def test_a_link_names_its_owner_without_being_consumed(units: Units, account_id: int) -> None:
    token = asked(units)

    with units.read() as unit:
        assert [recovery.owner_of(unit, token) for _ in range(2)] == [account_id] * 2
    assert finish(units, token) == ""
    with units.read() as unit, pytest.raises(DomainError, match=r"link\.dead"):
        recovery.owner_of(unit, token)


@pytest.mark.parametrize(("seconds", "answer"), [(3599, ""), (3600, "link.dead")])
def test_a_link_lives_for_an_hour(units: Units, account_id: int, clock: FakeClock, seconds: int, answer: str) -> None:
    token = asked(units)
    clock.advance(seconds=seconds)

    assert finish(units, token) == answer


def test_a_link_works_once(units: Units, account_id: int) -> None:
    token = asked(units)

    assert [finish(units, token), finish(units, token, "another one")] == ["", "link.dead"]
    assert has_password(units, account_id, NEW_PASSWORD)


def test_of_twenty_resets_at_once_one_succeeds(units: Units, account_id: int) -> None:
    token = asked(units)

    answers = at_once(20, lambda number: finish(units, token, f"password {number}"))

    assert sorted(answers) == [""] + ["link.dead"] * 19
    assert has_password(units, account_id, f"password {answers.index('')}")
    assert [event for event, _ in mailed(units)].count("password_changed") == 1


def test_a_newer_link_kills_the_older(units: Units, account_id: int) -> None:
    old, new = asked(units), asked(units)

    assert [finish(units, old), finish(units, new)] == ["link.dead", ""]


def test_a_change_of_password_kills_the_link(units: Units, account_id: int) -> None:
    token = asked(units)
    with units.write() as unit:
        fact = PasswordChanged(account_id=account_id, at=unit.now, way="changed")
        stored_passwords.replace_password(unit, fact, quick_hash("changed meanwhile"))

    assert finish(units, token) == "link.dead"


def test_a_reset_and_a_change_at_once_do_not_wait_for_each_other(units: Units, account_id: int) -> None:
    def change() -> str:
        with units.write() as unit:
            fact = PasswordChanged(account_id=account_id, at=unit.now, way="changed")
            stored_passwords.replace_password(unit, fact, quick_hash("changed"))
            sessions.end_sessions(unit, account_id)
        return ""

    for _ in range(5):
        token = asked(units)

        answers = at_once(2, lambda number, token=token: finish(units, token) if number else change())  # type: ignore[misc]

        assert answers[1] in ("", "link.dead")


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_an_unknown_link_changes_nothing(units: Units, account_id: int, token: str) -> None:
    asked(units)

    assert finish(units, token) == "link.dead"
    with units.read() as unit, pytest.raises(DomainError, match=r"link\.dead"):
        recovery.owner_of(unit, token)
    assert has_password(units, account_id, PASSWORD)


def test_a_gate_keeps_a_reset_out_and_the_link_is_not_lost(units: Units, account_id: int) -> None:
    token = asked(units)
    gate = LoginPolicy(name="ip", refusal=lambda _u, _a, _o: "login.reason.refused")
    install((*FEATURES, Feature(name="ip", login_policies=(gate,))))
    assert finish(units, token) == "login.reason.refused"
    assert has_password(units, account_id, PASSWORD)

    install(FEATURES)

    assert finish(units, token) == ""


def test_a_reset_link_of_one_customer_changes_nobody_elses_password(units: Units, account_id: int) -> None:
    with units.write() as unit:
        other = make_account(unit, "bob@example.org")

    assert finish(units, asked(units)) == ""

    assert has_password(units, other, PASSWORD)


def test_a_reset_opens_that_browser_while_strangers_guess_and_older_browsers_are_strangers(
    units: Units, account_id: int
) -> None:
    with units.write() as unit:
        make_session(unit, account_id, browser_digest=OTHER_BROWSER)
    token = asked(units)
    stranger = digest("a stranger's browser")
    for _ in range(attempts.MAX_FAILURES):
        assert logging_in(stranger, "guessed") == "login.wrong"
    for _ in range(attempts.MAX_FAILURES):
        assert logging_in(BROWSER, "guessed") == "login.wrong"  # unknown so far: the owner is kept out, too

    assert finish(units, token, browser_digest=BROWSER) == ""

    assert logging_in(stranger, NEW_PASSWORD) == "login.wrong"
    assert logging_in(OTHER_BROWSER, NEW_PASSWORD) == "login.wrong"
    assert logging_in(BROWSER, NEW_PASSWORD) == ""


def logging_in(browser_digest: str, password: str) -> str:
    """The key of the refusal, or empty."""
    try:
        asyncio.run(flows.log_in(visitor_of(browser_digest), EMAIL, password, remember=False, return_to="/"))
    except DomainError as error:
        return error.key
    return ""
