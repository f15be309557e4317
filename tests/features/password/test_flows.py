import asyncio
import unicodedata

import pytest

from netim_app.core.actor import Actor
from netim_app.core.errors import DomainError
from netim_app.feature import Feature, SecondFactor
from netim_app.features.password.flows import change_password
from netim_app.identity import flows, password_policy, passwords, recovery, sessions, tickets
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install, offers
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    OTHER_BROWSER,
    PASSWORD,
    Browser,
    actor_of,
    last_mail,
    logged_in_actor,
    mailed,
    make_account,
    make_session,
    stored_account,
    visitor_of,
)
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY


async def change(caller: Actor, current: str = PASSWORD, new: str = NEW_PASSWORD, code: str = "") -> tuple[str, str]:
    """(field, key) of the refusal, or two empty texts."""
    try:
        await change_password(caller, current, new, code, SECURITY)
    except DomainError as error:
        return error.field, error.key
    return "", ""


def has_password(units: Units, account_id: int, password: str) -> bool:
    return passwords.password_matches(password, stored_account(units, account_id).password_hash)


async def test_a_new_password_is_in_force_and_mailed(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    clock.advance(days=3)

    assert await change(caller) == ("", "")

    account = stored_account(units, caller.account_id)
    assert passwords.password_matches(NEW_PASSWORD, account.password_hash)
    assert not passwords.password_matches(PASSWORD, account.password_hash)
    assert (account.password_changed_at, account.password_policy) == (clock(), password_policy.policy(12))
    assert mailed(units) == [("password_changed", EMAIL)]
    assert NEW_PASSWORD not in last_mail(units, "password_changed").text


async def test_the_own_session_is_renewed_and_all_others_end_with_every_link(units: Units) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        own = make_session(unit, account_id)
        other = make_session(unit, account_id, browser_digest=OTHER_BROWSER, remember=True)
        waiting = tickets.issue_ticket(unit, purpose="login", account_id=account_id, browser_digest=BROWSER)
        recovery.ask_reset(unit, EMAIL, HERE)
        caller = actor_of(unit, own)
    reset = last_mail(units, "reset").token

    ticket = await change_password(caller, PASSWORD, NEW_PASSWORD, "", SECURITY)

    with units.write() as unit:
        assert sessions.look_up(unit, other.digest, OTHER_BROWSER, HERE).actor is None
        assert tickets.redeem_ticket(unit, waiting, BROWSER, HERE) is None
        with pytest.raises(DomainError):
            recovery.owner_of(unit, reset)
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
        assert opened is not None
        assert opened.return_to == SECURITY
        assert sessions.look_up(unit, own.digest, BROWSER, HERE).renewed_elsewhere
        assert actor_of(unit, Browser(opened.token)).session_id == caller.session_id


async def test_a_wrong_current_password_changes_nothing_and_is_throttled_like_a_login(units: Units) -> None:
    caller = logged_in_actor(units)

    for current in ("wrong", PASSWORD + " ", PASSWORD.upper(), "", "x" * 128, PASSWORD):
        assert await change(caller, current) == ("current", "password.current_wrong")

    assert has_password(units, caller.account_id, PASSWORD)
    assert mailed(units) == []
    with pytest.raises(DomainError):
        await flows.log_in(visitor_of(BROWSER), EMAIL, PASSWORD, remember=False, return_to=SECURITY)


async def test_of_twenty_guesses_of_the_current_password_at_once_five_are_looked_at(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = logged_in_actor(units)
    real_hash = stored_account(units, caller.account_id).password_hash
    checked: list[str] = []
    real = passwords.password_matches

    def count(password: str, hashed: str) -> bool:
        checked.append(hashed)
        return real(password, hashed)

    monkeypatch.setattr(passwords, "password_matches", count)

    await asyncio.gather(*(change(caller, f"guess {number}") for number in range(20)))

    assert (len(checked), checked.count(real_hash)) == (20, 5)


async def test_the_same_password_is_refused(units: Units) -> None:
    caller = logged_in_actor(units)

    assert await change(caller, new=PASSWORD) == ("password", "password.same")

    assert mailed(units) == []


async def test_the_same_password_is_the_same_in_either_form(units: Units) -> None:
    chosen = "café à la crème brûlée"
    caller = logged_in_actor(units, password=chosen)
    decomposed = unicodedata.normalize("NFD", chosen)

    assert await change(caller, current=chosen, new=decomposed) == ("password", "password.same")
    assert await change(caller, current=decomposed, new=chosen) == ("password", "password.same")


async def test_of_two_changes_at_once_the_second_finds_its_current_password_wrong(
    units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    with units.write() as unit:
        account_id = make_account(unit)
        owner = actor_of(unit, make_session(unit, account_id))
        thief = actor_of(unit, make_session(unit, account_id, browser_digest=OTHER_BROWSER))
    real = passwords.hash_in_pool

    async def slow(password: str, cost: int) -> str:
        monkeypatch.setattr(passwords, "hash_in_pool", real)
        assert await change(owner, new="the owner's own new one") == ("", "")
        return await real(password, cost)

    monkeypatch.setattr(passwords, "hash_in_pool", slow)

    assert await change(thief, new="what the thief would like") == ("current", "password.current_wrong")
    assert has_password(units, account_id, "the owner's own new one")


async def test_one_customer_cannot_change_the_password_of_another(units: Units) -> None:
    caller, other = logged_in_actor(units), logged_in_actor(units, "bob@example.org", password="bob's very own one")

    assert await change(caller) == ("", "")

    assert has_password(units, other.account_id, "bob's very own one")


RIGHT = "482915"


@pytest.fixture
def second_factor() -> None:
    factor = SecondFactor(
        name="fake",
        logged_in="totp.logged_in",
        enrolled=lambda _unit, _account: True,
        consume=lambda _unit, _account, code, _origin: code == RIGHT,
        was_used=lambda _unit, _account, _code: False,
        valid_code_count=lambda _unit, _account: 1,
    )
    install((*offers().features, Feature(name="fake", second_factors=(factor,))))


@pytest.mark.usefixtures("second_factor")
@pytest.mark.parametrize(
    ("minutes", "code", "refusal"),
    [(11, "", "code"), (11, "482916", "code"), (11, RIGHT, ""), (9, "", "")],
    ids=["none", "wrong", "right", "the proof is fresh"],
)
async def test_an_old_proof_takes_a_code_besides_the_password(
    units: Units, clock: FakeClock, minutes: int, code: str, refusal: str
) -> None:
    caller = logged_in_actor(units)
    clock.advance(minutes=minutes)

    assert (await change(caller, code=code))[0] == refusal

    assert has_password(units, caller.account_id, PASSWORD if refusal else NEW_PASSWORD)


@pytest.mark.usefixtures("second_factor")
async def test_a_code_is_no_use_without_the_password(units: Units, clock: FakeClock) -> None:
    caller = logged_in_actor(units)
    clock.advance(minutes=11)

    assert await change(caller, current="not the password 1", code=RIGHT) == ("current", "password.current_wrong")

    assert has_password(units, caller.account_id, PASSWORD)
