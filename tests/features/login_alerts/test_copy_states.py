"""The line of the card, the dialog and the page about copies, without a browser."""

from typing import Any

import pytest

from netim_app.core.actor import Actor, set_caller
from netim_app.features.login_alerts.service import copies
from netim_app.features.login_alerts.state.copy_dialog import COPY_REQUEST_PER_ACCOUNT, CopyDialogState
from netim_app.features.login_alerts.state.copy_line import CopyState
from netim_app.features.login_alerts.state.copy_page import CopyLinkState
from netim_app.identity.state.shell import ShellState
from netim_app.infra import rate_limit
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import (
    EMAIL,
    OTHER_BROWSER,
    Tab,
    last_mail,
    logged_in_actor,
    mailed,
    make_session,
    visitor_of,
)
from tests.kit.pages import SECURITY

SECOND = "second@example.net"


@pytest.fixture
def caller(sqlite_units: Units) -> Actor:
    found = logged_in_actor(sqlite_units)
    set_caller(found)
    return found


@pytest.fixture
async def tab(caller: Actor) -> Tab:
    opened = Tab(SECURITY)
    await opened.run(ShellState, "open_account_page")
    return opened


async def enter(tab: Tab, email: Any = SECOND) -> dict[str, str]:
    """The messages at the dialog's field; empty when it has closed."""
    await tab.run(CopyDialogState, "begin")
    dialog, _ = await tab.run(CopyDialogState, "submit", {"email": email})
    assert dialog.open is bool(dialog.errors)
    return dialog.errors


async def press(units: Units, query: str = "", token: str = "") -> CopyLinkState:
    """The page behind a link, in the browser of the other mailbox."""
    set_caller(visitor_of(OTHER_BROWSER))
    page = Tab(f"/alert-copy{query}")
    await page.run(CopyLinkState, "open_page")
    state, _ = await page.run(CopyLinkState, "submit", {"token": token})
    return state


async def test_an_address_is_entered_confirmed_and_removed(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    line, shell = await tab.state(CopyState), await tab.state(ShellState)
    assert (line.email, line.confirmed) == ("", False)

    assert await enter(tab) == {}
    assert (line.email, line.confirmed) == (SECOND, False)
    assert shell.notice == f"We have sent a link to {SECOND}. Copies begin once it is confirmed there."

    page = await press(sqlite_units, token=last_mail(sqlite_units, "alert_copy_confirm").token)
    assert (page.done, page.stops, page.errors) == (True, False, {})
    set_caller(caller)
    await tab.run(CopyState, "ask_again")
    assert (line.email, line.confirmed) == (SECOND, True), "another tab was faster"
    assert [event for event, _ in mailed(sqlite_units)] == ["alert_copy_confirm", "alert_copy_changed"]

    await tab.run(CopyState, "remove")
    assert line.email == ""
    assert shell.notice == "This address is removed. No copies go to it."


async def test_the_link_is_sent_again(sqlite_units: Units, tab: Tab) -> None:
    await tab.run(CopyState, "ask_again")
    assert mailed(sqlite_units) == [], "nobody waits for one"
    await enter(tab)

    await tab.run(CopyState, "ask_again")

    assert mailed(sqlite_units) == [("alert_copy_confirm", SECOND)] * 2


async def test_an_address_that_another_tab_has_removed_goes_from_the_line(sqlite_units: Units, tab: Tab) -> None:
    await enter(tab)
    await Tab(SECURITY).run(CopyState, "remove")
    line = await tab.state(CopyState)
    assert line.email == SECOND

    await tab.run(CopyState, "ask_again")

    assert line.email == ""
    assert mailed(sqlite_units) == [("alert_copy_confirm", SECOND)]


async def test_link_scanner_confirms_no_address_for_copies(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    await enter(tab)
    token = last_mail(sqlite_units, "alert_copy_confirm").token
    set_caller(visitor_of())
    page = Tab(f"/alert-copy#{token}")
    for _ in range(3):
        await page.run(CopyLinkState, "open_page")
    with sqlite_units.read() as unit:
        assert not copies.view_copy(unit, caller.account_id).confirmed

    assert (await press(sqlite_units, token=token)).done


async def test_copies_are_stopped_by_a_form_that_was_sent_at_once(sqlite_units: Units, caller: Actor, tab: Tab) -> None:
    """Its event may be handled before the one that opens the page."""
    await enter(tab)
    await press(sqlite_units, token=last_mail(sqlite_units, "alert_copy_confirm").token)
    with sqlite_units.write() as unit:
        make_session(unit, caller.account_id, browser_digest=OTHER_BROWSER)
    token = last_mail(sqlite_units, "alert_copy").token

    page, _ = await Tab("/alert-copy?for=stop").run(CopyLinkState, "submit", {"token": token})

    assert (page.done, page.stops) == (True, True)
    with sqlite_units.read() as unit:
        assert copies.view_copy(unit, caller.account_id).email == ""


@pytest.mark.parametrize("query", ["", "?for=stop", "?for=x"])
@pytest.mark.parametrize("token", ["", 7, None, ["x"], "x" * 501, "A" * 43])
async def test_a_link_that_does_not_work_gets_a_message(tab: Tab, sqlite_units: Units, query: str, token: Any) -> None:
    page = await press(sqlite_units, query, token)

    assert page.errors
    assert not page.done


@pytest.mark.parametrize("email", [EMAIL, "", "nobody", "é@example.net", 7, None, ["a@b.fr"], f"{'x' * 300}@b.fr"])
async def test_what_is_no_further_address_is_refused_at_its_field(sqlite_units: Units, tab: Tab, email: Any) -> None:
    assert (await enter(tab, email)).keys() == {"email"}
    assert mailed(sqlite_units) == []

    assert await enter(tab) == {}


@pytest.mark.parametrize("form", [None, [], {}, "x"])
async def test_a_form_of_another_shape_is_refused(tab: Tab, form: Any) -> None:
    dialog, _ = await tab.run(CopyDialogState, "submit", form)

    assert dialog.errors.keys() == {"email"}


async def test_copy_address_floods_no_mailbox(
    sqlite_units: Units, tab: Tab, caller: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From all accounts together a mailbox is asked five times an hour, and one account asks ten mailboxes."""
    monkeypatch.setattr(rate_limit, "MAIL_PER_ADDRESS", rate_limit.Limit("mail_per_address", 1000, 3600))
    for _ in range(rate_limit.MAIL_PER_RECIPIENT.amount):
        assert await enter(tab) == {}
    refused = {"email": "Too many attempts. Please wait a few minutes and try again."}
    assert await enter(tab) == refused
    await tab.run(CopyState, "ask_again")
    assert (await tab.state(ShellState)).notice_kind == "warning"
    set_caller(logged_in_actor(sqlite_units, "bob@example.org", browser_digest=OTHER_BROWSER))
    other = Tab(SECURITY)
    assert await enter(other) == refused
    assert await enter(other, "third@example.net") == {}

    left = COPY_REQUEST_PER_ACCOUNT.amount - 2
    answers = [await enter(other, f"one{number}@example.net") for number in range(left + 1)]

    assert answers == [{}] * left + [refused]
    assert [to for _, to in mailed(sqlite_units)].count(SECOND) == rate_limit.MAIL_PER_RECIPIENT.amount


async def test_links_of_the_other_mailbox_are_limited_by_address(
    sqlite_units: Units, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    await enter(tab)
    token = last_mail(sqlite_units, "alert_copy_confirm").token
    with monkeypatch.context() as patched:
        patched.setattr(rate_limit, "LINK_PER_ADDRESS", rate_limit.Limit("link_per_address", 1, 3600))
        assert (await press(sqlite_units, token="A" * 43)).errors
        assert not (await press(sqlite_units, token=token)).done

    assert (await press(sqlite_units, token=token)).done


async def test_a_dialog_that_was_closed_has_changed_nothing(sqlite_units: Units, tab: Tab) -> None:
    await enter(tab, "nobody")

    dialog, _ = await tab.run(CopyDialogState, "close")

    assert (dialog.open, dialog.errors) == (False, {})
    assert mailed(sqlite_units) == []
