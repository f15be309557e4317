import math
from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.password.state import PasswordState
from netim_app.identity import passwords, tickets
from netim_app.identity.password_policy import REFUSED, UNKNOWN
from netim_app.identity.state.shell import ShellState
from netim_app.identity.tables import Account
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import (
    BROWSER,
    EMAIL,
    HERE,
    NEW_PASSWORD,
    PASSWORD,
    Tab,
    logged_in_actor,
    mailed,
    stored_account,
    tickets_of,
    visitor_of,
)
from tests.kit.pages import SECURITY

FORMS: list[Any] = [None, "", 5, True, math.nan, [], {}, {"current": [], "password": {}}, {"current": 1, "password": 2}]


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


async def test_a_change_closes_the_dialog_and_hands_out_the_ticket(sqlite_units: Units, caller: Actor) -> None:
    tab = Tab(SECURITY)
    await tab.run(PasswordState, "begin")

    state, steps = await tab.run(PasswordState, "submit", {"current": PASSWORD, "password": NEW_PASSWORD})

    assert (state.open, state.errors) == (False, {})
    assert "changed" in (await tab.state(ShellState)).notice
    [ticket] = tickets_of(steps)
    assert steps == [ticket]
    with sqlite_units.write() as unit:
        opened = tickets.redeem_ticket(unit, ticket, BROWSER, HERE)
    assert opened is not None
    assert opened.return_to == SECURITY
    assert passwords.password_matches(NEW_PASSWORD, stored_account(sqlite_units, caller.account_id).password_hash)
    assert mailed(sqlite_units) == [("password_changed", EMAIL)]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"current": PASSWORD, "password": "short"}, ["password"]),
        ({"current": PASSWORD, "password": "password1234"}, ["password"]),
        ({"current": PASSWORD, "password": EMAIL}, ["password"]),
        ({"current": PASSWORD, "password": "Lovelace 1815"}, ["password"]),
        ({"current": PASSWORD, "password": PASSWORD}, ["password"]),
        ({"current": "wrong", "password": NEW_PASSWORD}, ["current"]),
        ({"current": PASSWORD.title(), "password": NEW_PASSWORD}, ["current"]),
        ({"current": f" {PASSWORD}", "password": NEW_PASSWORD}, ["current"]),
        ({"password": NEW_PASSWORD}, ["current"]),
        ({"current": "wrong"}, ["password"]),
        ({"current": PASSWORD, "password": "x" * 129}, ["password"]),
    ],
)
async def test_a_refused_change_keeps_the_dialog_open_and_the_password(
    sqlite_units: Units, caller: Actor, form: dict[str, str], fields: list[str]
) -> None:
    tab = Tab(SECURITY)
    await tab.run(PasswordState, "begin")

    state, steps = await tab.run(PasswordState, "submit", form)

    assert (state.open, sorted(state.errors), steps) == (True, fields, [])
    assert passwords.password_matches(PASSWORD, stored_account(sqlite_units, caller.account_id).password_hash)
    assert mailed(sqlite_units) == []


async def test_a_weak_new_password_costs_no_guess(caller: Actor) -> None:
    for _ in range(7):
        await Tab(SECURITY).run(PasswordState, "submit", {"current": "wrong", "password": "short"})

    state, _ = await Tab(SECURITY).run(PasswordState, "submit", {"current": PASSWORD, "password": NEW_PASSWORD})

    assert state.errors == {}


@pytest.mark.parametrize("form", FORMS, ids=repr)
async def test_nonsense_changes_nothing(sqlite_units: Units, caller: Actor, form: object) -> None:
    state, steps = await Tab(SECURITY).run(PasswordState, "submit", form)

    assert set(state.errors) == {"current", "password"}
    assert steps == []


async def test_no_password_stays_in_the_states_of_a_tab(caller: Actor) -> None:
    tab = Tab(SECURITY)
    await tab.run(PasswordState, "begin")
    state, _ = await tab.run(PasswordState, "rate", NEW_PASSWORD)
    assert state.score == 4
    await tab.run(PasswordState, "submit", {"current": "wrong one", "password": NEW_PASSWORD})
    await tab.run(PasswordState, "submit", {"current": PASSWORD, "password": NEW_PASSWORD})

    shown = str(tab.root.dict())

    for secret in (PASSWORD, NEW_PASSWORD, "wrong one"):
        assert secret not in shown


@pytest.mark.parametrize("typed", [None, 5, [], {}, math.nan, "x" * 100_000])
async def test_what_is_no_password_is_not_rated(caller: Actor, typed: Any) -> None:
    state, _ = await Tab(SECURITY).run(PasswordState, "rate", typed)

    assert state.score == -1


async def test_the_dialog_opens_empty_and_is_closed(caller: Actor) -> None:
    tab = Tab(SECURITY)
    await tab.run(PasswordState, "submit", {})

    state, _ = await tab.run(PasswordState, "begin")
    assert (state.open, state.errors, state.score) == (True, {}, -1)
    state, _ = await tab.run(PasswordState, "close")
    assert not state.open


async def test_the_card_shows_what_is_stored(caller: Actor) -> None:
    tab = Tab(SECURITY)

    await tab.run(ShellState, "open_account_page")

    card = await tab.state(PasswordState)
    assert (card.changed, card.doubt) == ("just now", "")
    assert "1 Mar 2026" in card.changed_on


@pytest.mark.parametrize(("accepted_under", "doubt"), [(REFUSED, "refused"), (UNKNOWN, "old")])
async def test_the_card_says_why_a_new_password_is_due(
    sqlite_units: Units, caller: Actor, accepted_under: int, doubt: str
) -> None:
    with sqlite_units.write() as unit:
        unit.session.get_one(Account, caller.account_id).password_policy = accepted_under
    tab = Tab(SECURITY)

    await tab.run(ShellState, "open_account_page")

    assert (await tab.state(PasswordState)).doubt == doubt


async def test_nobody_changes_a_password_without_a_session(sqlite_units: Units) -> None:
    set_caller(visitor_of())

    with pytest.raises(PermissionError):
        await Tab(SECURITY).run(PasswordState, "submit", {"current": PASSWORD, "password": NEW_PASSWORD})
