from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from netim_app.core.actor import Visitor
from netim_app.core.errors import DomainError
from netim_app.core.facts import Fact, Origin
from netim_app.feature import Feature, LoginPolicy, Subscription
from netim_app.identity import (
    account_creation,
    flows,
    login,
    operations,
    passwords,
    sessions,
    sign_up,
    stored_passwords,
    tickets,
)
from netim_app.identity.facts import IdentityProved, LoginBlocked, LoginFailed, PasswordChanged
from netim_app.identity.tables import Ticket
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install, offers
from reflex_guard.tokens import digest
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    logged_in_actor,
    make_account,
    make_session,
    quick_hash,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import PERSONAL


@pytest.fixture
def account_id(units: Units) -> int:
    with units.write() as unit:
        return make_account(unit)


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The hash of every bcrypt check."""
    done: list[str] = []
    real = passwords.password_matches

    def count(password: str, hashed: str) -> bool:
        done.append(hashed)
        return real(password, hashed)

    passwords.dummy_hash(4)
    monkeypatch.setattr(passwords, "password_matches", count)
    return done  # type: ignore[return-value]


@pytest.fixture
def facts(units: Units) -> list[Fact]:
    heard: list[Fact] = []
    listener = Feature(name="listener", subscriptions=(Subscription(fact=Fact, handle=lambda _u, f: heard.append(f)),))
    install((*offers().features, listener))
    return heard


async def attempt(email: str = EMAIL, password: str = PASSWORD, visitor: Visitor | None = None, **options: Any) -> str:
    """The key of the refusal; empty when a ticket was given."""
    try:
        await flows.log_in(
            visitor or visitor_of(), email, password, **{"remember": False, "return_to": PERSONAL, **options}
        )
    except DomainError as error:
        return error.key if (error.field, error.params) == ("", {}) else "says more than it should"
    return ""


async def exhaust(browser_digest: str = BROWSER, email: str = EMAIL) -> None:
    for _ in range(5):
        assert await attempt(email, "wrong", visitor_of(browser_digest)) == "login.wrong"


async def test_a_right_password_gives_a_ticket_for_this_browser(units: Units, account_id: int) -> None:
    result = await flows.log_in(visitor_of(), EMAIL, PASSWORD, remember=True, return_to="/account/x")

    assert isinstance(result, login.TicketIssued)
    with units.read() as unit:
        [row] = unit.session.exec(select(Ticket))
    assert row.digest == digest(result.ticket)
    assert (row.account_id, row.browser_digest, row.remember, row.return_to) == (
        account_id,
        BROWSER,
        True,
        "/account/x",
    )
    assert (row.purpose, row.session_id, row.used_at) == ("login", None, None)
    assert row.expires_at == units.clock() + timedelta(seconds=30)


@pytest.mark.parametrize("email", [EMAIL, EMAIL.lower(), EMAIL.upper(), f"  {EMAIL} "])
async def test_the_email_is_found_in_any_case(units: Units, account_id: int, email: str) -> None:
    assert await attempt(email) == ""


@pytest.mark.parametrize(
    "password", [PASSWORD + " ", " " + PASSWORD, PASSWORD.upper(), PASSWORD[:-1], PASSWORD + "\0", "x"]
)
async def test_a_password_that_is_not_exactly_the_same_is_refused(units: Units, account_id: int, password: str) -> None:
    assert await attempt(password=password) == "login.wrong"
    with units.read() as unit:
        assert unit.session.exec(select(Ticket)).all() == []


# One check and one answer for every cause


async def test_every_branch_costs_one_bcrypt_check_of_the_same_cost(
    units: Units, account_id: int, checks: list[str]
) -> None:
    with units.write() as unit:
        disabled = make_account(unit, "gone@example.org")
        operations.disable(unit, disabled)
        pending = account_creation.NewCustomer("new@example.org", "N", "E", PASSWORD, "en", "UTC")
        sign_up.sign_up(unit, pending, quick_hash(PASSWORD))

    async def cost(email: str, password: str) -> tuple[str, list[str]]:
        checks.clear()
        return await attempt(email, password), [hashed[:7] for hashed in checks]

    one = ["$2b$04$"]
    assert await cost(EMAIL, PASSWORD) == ("", one)
    assert await cost(EMAIL, "wrong") == ("login.wrong", one)
    assert await cost("nobody@example.org", PASSWORD) == ("login.wrong", one)
    assert await cost("gone@example.org", PASSWORD) == ("login.wrong", one)
    assert await cost("new@example.org", PASSWORD) == ("login.wrong", one)
    await exhaust()
    assert await cost(EMAIL, PASSWORD) == ("login.wrong", one)
    await exhaust(email="nobody@example.org")
    assert await cost("nobody@example.org", PASSWORD) == ("login.wrong", one)


async def test_a_throttled_attempt_is_checked_against_no_password_of_ours(
    units: Units, account_id: int, checks: list[str]
) -> None:
    await exhaust()
    checks.clear()

    assert await attempt() == "login.wrong"

    assert checks == [passwords.dummy_hash(4)]


# Guessing


async def test_after_five_failures_even_the_right_password_waits_fifteen_minutes(
    units: Units, account_id: int, clock: FakeClock
) -> None:
    await exhaust()
    assert await attempt() == "login.wrong"
    clock.advance(minutes=14, seconds=59)
    assert await attempt() == "login.wrong"

    clock.advance(seconds=1)

    assert await attempt() == ""


async def test_a_success_gives_the_guesses_back(units: Units, account_id: int) -> None:
    for _ in range(3):
        for _ in range(4):
            await attempt(password="wrong")
        assert await attempt() == ""


async def test_strangers_share_one_budget_with_any_browser_and_spelling(units: Units, account_id: int) -> None:
    for number in range(5):
        email = EMAIL.upper() if number % 2 else EMAIL
        await attempt(
            email, "wrong", Visitor(origin=Origin(address=f"203.0.113.{number}"), browser_digest=digest(str(number)))
        )

    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == "login.wrong"
    assert await attempt(visitor=Visitor()) == "login.wrong"


async def test_strangers_cannot_lock_the_owner_out(units: Units, account_id: int) -> None:
    with units.write() as unit:
        make_session(unit, account_id, browser_digest=BROWSER)
    await exhaust(OTHER_BROWSER)

    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == "login.wrong"
    assert await attempt(visitor=visitor_of(BROWSER)) == ""
    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == "login.wrong"  # not given back to strangers


async def test_a_known_browser_has_five_guesses_too_and_leaves_those_of_strangers_alone(
    units: Units, account_id: int
) -> None:
    with units.write() as unit:
        make_session(unit, account_id, browser_digest=BROWSER)
    await exhaust(BROWSER)

    assert await attempt(visitor=visitor_of(BROWSER)) == "login.wrong"
    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == ""


async def test_a_device_known_to_another_account_is_a_stranger_here(units: Units, account_id: int) -> None:
    with units.write() as unit:
        own = make_account(unit, "mallory@example.org")
        make_session(unit, own, browser_digest=OTHER_BROWSER)
    await exhaust(BROWSER)

    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == "login.wrong"


async def test_of_twenty_guesses_at_once_five_are_looked_at(units: Units, account_id: int, checks: list[str]) -> None:
    import asyncio

    real = stored_account(units, account_id).password_hash

    await asyncio.gather(*(attempt(password=f"guess {number}") for number in range(20)))

    assert len(checks) == 20
    assert checks.count(real) == 5


# Gates, facts


async def test_a_gate_refuses_after_a_right_password_and_the_refusal_is_recorded(
    units: Units, account_id: int, facts: list[Fact]
) -> None:
    gate = LoginPolicy(name="ip", refusal=lambda _u, _a, origin: "login.reason.refused" if origin == HERE else None)
    install((*offers().features, Feature(name="ip", login_policies=(gate,))))

    assert await attempt(password="wrong") == "login.wrong"  # and no gate is asked
    assert await attempt() == "login.reason.refused"

    said = {"account_id": account_id, "at": units.clock(), "origin": HERE}
    assert facts == [
        LoginFailed(**said, reason="wrong"),
        LoginBlocked(**said, reason="login.reason.refused", way="password"),
    ]
    with units.read() as unit:
        assert unit.session.exec(select(Ticket)).all() == []


async def test_an_attempt_records_no_login(units: Units, account_id: int, facts: list[Fact]) -> None:
    await attempt(password="wrong")
    await attempt("nobody@example.org")
    await attempt()  # a ticket only: nobody is in before it was redeemed

    assert facts == [LoginFailed(account_id=account_id, at=units.clock(), origin=HERE, reason="wrong")]


# Hashes


async def test_a_hash_of_an_old_cost_is_made_anew(
    units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = Units(units.engine, units.settings.model_copy(update={"bcrypt_cost": 5}), units.clock)
    monkeypatch.setattr("netim_app.infra.unit_of_work._units", raised)
    before = stored_account(units, account_id)

    assert await attempt(password="wrong") == "login.wrong"
    assert stored_account(units, account_id).password_hash == before.password_hash
    assert await attempt() == ""

    after = stored_account(units, account_id)
    assert after.password_hash.startswith("$2b$05$")
    assert passwords.password_matches(PASSWORD, after.password_hash)
    assert after.password_changed_at == before.password_changed_at
    assert await attempt() == ""


async def test_a_hash_of_an_old_cost_takes_as_long_as_one_of_todays(
    units: Units, account_id: int, checks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = Units(units.engine, units.settings.model_copy(update={"bcrypt_cost": 7}), units.clock)
    monkeypatch.setattr("netim_app.infra.unit_of_work._units", raised)

    async def work(email: str, password: str) -> int:
        """Rounds of bcrypt."""
        checks.clear()
        await attempt(email, password)
        return sum(2 ** int(hashed[4:6]) for hashed in checks)

    assert await work(EMAIL, "wrong") == await work("nobody@example.org", "wrong") == 2**7
    assert await work(EMAIL, PASSWORD) == 2**7
    assert await work(EMAIL, PASSWORD) == 2**7, "with its new hash"
    assert len(checks) == 1


def change_meanwhile(units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next bcrypt check takes so long that the owner changes the password in the meantime."""
    real = passwords.matches_in_pool

    async def slow(password: str, hashed: str, cost: int) -> bool:
        answer = await real(password, hashed, cost)
        with units.write() as unit:
            fact = PasswordChanged(account_id=account_id, at=unit.now, way="changed")
            stored_passwords.replace_password(unit, fact, quick_hash(NEW_PASSWORD))
            sessions.end_sessions(unit, account_id)
        return answer

    monkeypatch.setattr(passwords, "matches_in_pool", slow)


async def test_a_password_that_is_replaced_while_it_is_checked_signs_nobody_in(
    units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_meanwhile(units, account_id, monkeypatch)

    assert await attempt() == "login.wrong"

    with units.read() as unit:
        assert unit.session.exec(select(Ticket).where(Ticket.used_at == None)).all() == []  # noqa: E711


async def test_a_rehash_does_not_bring_an_old_password_back(
    units: Units, account_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = Units(units.engine, units.settings.model_copy(update={"bcrypt_cost": 5}), units.clock)
    monkeypatch.setattr("netim_app.infra.unit_of_work._units", raised)
    change_meanwhile(units, account_id, monkeypatch)

    assert await attempt() == "login.wrong"

    assert stored_account(units, account_id).password_hash == quick_hash(NEW_PASSWORD)


# Step-up


async def test_a_customer_proves_again_who_is_there(units: Units, clock: FakeClock, facts: list[Fact]) -> None:
    caller = logged_in_actor(units)
    clock.advance(minutes=20)

    ticket = await flows.prove_again(caller, PASSWORD, "", "/account/connection-and-security")

    with units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
        assert opened is not None
        found = sessions.look_up(unit, digest(opened.token), BROWSER, HERE).actor
    assert found is not None
    assert (found.session_id, found.is_fresh(clock())) == (caller.session_id, True)
    assert opened.return_to == "/account/connection-and-security"
    assert IdentityProved(account_id=caller.account_id, at=clock(), origin=HERE, session_id=caller.session_id) in facts


async def test_a_wrong_proof_is_refused_at_its_field_and_throttled_like_a_login(units: Units) -> None:
    caller = logged_in_actor(units)

    for password in ("wrong",) * 5 + (PASSWORD,):
        with pytest.raises(DomainError) as refused:
            await flows.prove_again(caller, password, "", PERSONAL)
        assert (refused.value.key, refused.value.field) == ("step_up.wrong", "password")

    assert await attempt(visitor=visitor_of(BROWSER)) == "login.wrong"
    assert await attempt(visitor=visitor_of(OTHER_BROWSER)) == ""


async def test_the_proof_of_a_password_that_is_replaced_meanwhile_counts_for_nothing(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = logged_in_actor(units)
    change_meanwhile(units, caller.account_id, monkeypatch)

    with pytest.raises(DomainError, match=r"step_up\.wrong"):
        await flows.prove_again(caller, PASSWORD, "", PERSONAL)
