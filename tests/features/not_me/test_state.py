from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.not_me import service
from netim_app.features.not_me.state import FreezeState, NotMeState
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import Tab, logged_in_actor, mailed, make_session, visitor_of
from tests.kit.not_me import alerted, is_frozen, press


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    return logged_in_actor(sqlite_units)


async def test_link_scanner_changes_nothing_and_the_button_does(sqlite_units: Units, caller: Actor) -> None:
    """Programs that look into mails open every link in them, in a browser of their own."""
    token = alerted(sqlite_units, caller.account_id)
    before = mailed(sqlite_units)
    set_caller(visitor_of())
    tab = Tab("/not-me")
    for _ in range(3):
        await tab.run(NotMeState, "open_page")
    assert not is_frozen(sqlite_units, caller.account_id)
    assert mailed(sqlite_units) == before

    page, _ = await tab.run(NotMeState, "submit", {"token": token})

    assert (page.errors, page.then) == ({}, "reset")
    assert is_frozen(sqlite_units, caller.account_id)


@pytest.mark.parametrize(
    "form", [None, {}, {"token": ""}, {"token": 7}, {"token": ["x"]}, {"token": "x" * 501}, [], ""]
)
async def test_a_form_without_a_secret_gets_a_message(sqlite_units: Units, caller: Actor, form: Any) -> None:
    set_caller(visitor_of())

    page, _ = await Tab("/not-me").run(NotMeState, "submit", form)

    assert page.errors
    assert page.then == ""


async def test_the_panel_is_shown_after_the_next_login(sqlite_units: Units, caller: Actor) -> None:
    press(sqlite_units, alerted(sqlite_units, caller.account_id))
    with sqlite_units.write() as unit:
        make_session(unit, caller.account_id)
    set_caller(caller)
    tab = Tab("/account/connection-and-security")

    await tab.run(ShellState, "open_account_page")

    panel = await tab.state(FreezeState)
    assert (panel.until, panel.begun) == ("2 Mar 2026, 13:00", "1 Mar 2026, 13:00")
    assert panel.where.startswith("Safari on iOS")


@pytest.mark.parametrize(
    ("query", "mark", "then"),
    [
        ("then=reset", True, "reset"),
        ("then=ask", True, ""),
        ("then=x", True, ""),
        ("then=reset", False, ""),
        ("", True, ""),
    ],
)
async def test_the_page_that_opens_anew_goes_on_where_it_was(
    sqlite_units: Units, query: str, mark: bool, then: str
) -> None:
    """And tells nobody else, by an address that somebody made up, that everything is stopped."""
    set_caller(visitor_of())
    with sqlite_units.read() as unit:
        made = service.mark_of(unit, "reset", visitor_of() if mark else visitor_of("another browser"))

    page, _ = await Tab(f"/not-me?{query}&mark={made}").run(NotMeState, "open_page")

    assert page.then == then
