"""The line is cut after a press and before its answer: a page that comes back shows the account as it is."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import DESKTOP
from tests.browser.wire import Wire
from tests.kit.harness import Server
from tests.kit.pages import SECURITY
from tests.kit.phone import Phone, open_settings, open_wizard

SLOW_SECONDS = 3.0
"""Each way: the press has been handled long before its answer arrives."""


@pytest.fixture
def far(wired: Browser, wire: Wire, server: Server) -> Iterator[Page]:
    """A tab at the other end of the wire."""
    context = wired.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin)
    yield context.new_page()
    wire.mend()
    context.close()


def digests(server: Server, email: str) -> set[str]:
    rows = server.query(
        "SELECT digest FROM backup_code WHERE account_id = (SELECT id FROM account WHERE email = :email)", email=email
    )
    return {row[0] for row in rows}


def lose_the_answer(page: Page, wire: Wire, button: Locator, handled: Callable[[], bool]) -> None:
    """Presses, and cuts the line once the server has done what was asked and before the page hears of it.

    The line stays cut.
    """
    wire.delay = SLOW_SECONDS
    button.click(no_wait_after=True)
    for _ in range(200):
        if handled():
            break
        page.wait_for_timeout(50)
    assert handled()
    wire.cut()


@pytest.mark.parametrize("way", ["comes back", "reloads"])
def test_check(far: Page, wire: Wire, server: Server, customer: str, way: str) -> None:
    open_settings(far, server, customer)
    dialog = open_wizard(far)
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())

    def is_on() -> bool:
        return bool(
            server.query(
                "SELECT 1 FROM totp_authenticator t JOIN account a ON a.id = t.account_id WHERE a.email = :email",
                email=customer,
            )
        )

    lose_the_answer(far, wire, dialog.get_by_role("button", name="Check"), is_on)
    if way == "reloads":  # the page that goes must not come back first: it would renew the session meanwhile
        far.goto("about:blank")
    wire.mend()
    if way == "reloads":
        far.goto(SECURITY)

    sheet = far.get_by_test_id("backup-codes-new")
    expect(sheet.get_by_text("Step 3 of 3")).to_be_visible()
    expect(sheet.get_by_test_id("backup-codes-list").get_by_role("listitem")).to_have_count(10)
    expect(dialog).to_have_count(0)
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)


def test_make_new_codes(far: Page, wire: Wire, server: Server, customer: str) -> None:
    open_settings(far, server, customer)
    dialog = open_wizard(far)
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())
    dialog.get_by_role("button", name="Check").click()
    sheet = far.get_by_test_id("backup-codes-new")
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    far.get_by_test_id("backup-codes-make").click()
    before = digests(server, customer)
    make = far.get_by_test_id("backup-codes-make-submit")

    lose_the_answer(far, wire, make, lambda: digests(server, customer) != before)
    wire.mend()

    expect(sheet.get_by_test_id("backup-codes-list").get_by_role("listitem")).to_have_count(10)
    expect(far.get_by_test_id("backup-codes-ask")).to_have_count(0)
    shown = digests(server, customer)
    # A page that has the codes keeps them when it comes back: no others are made.
    wire.cut()
    expect(sheet.get_by_test_id("connection-lost")).to_be_visible()
    wire.mend()
    expect(sheet.get_by_test_id("connection-lost")).to_have_count(0)
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)
    assert digests(server, customer) == shown
