"""The gauge's buttons do what they say, on both pages."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlmodel import col, update

from netim_app.identity.tables import Account
from tests.browser.conftest import gauge_percent, go_to_security, log_in
from tests.kit.harness import PASSWORD, Server
from tests.kit.pages import PERSONAL, SECURITY

MINUTE = 60
ENABLE = "Enable two-factor authentication"


@pytest.mark.parametrize("page_name", ["personal", "security"])
def test_enable_opens_the_wizard_from_both_pages(page: Page, customer: str, page_name: str) -> None:
    log_in(page, customer)
    if page_name == "security":
        go_to_security(page)
    items = page.locator("[data-testid^=gauge-]")
    expect(items.first).to_have_attribute("data-testid", "gauge-totp")

    page.get_by_role("button", name=ENABLE).click()

    expect(page.get_by_test_id("totp-wizard")).to_be_visible()
    expect(page.get_by_test_id("totp-key")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{SECURITY}(#two-factor)?$"))
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("totp-wizard")).to_have_count(0)
    if page_name == "personal":
        expect(page.get_by_role("region", name="Two-factor authentication")).to_be_in_viewport()
    page.reload()
    expect(page.get_by_test_id("gauge")).to_be_visible()
    expect(page.get_by_test_id("totp-wizard")).to_have_count(0)


def test_an_old_proof_is_asked_for_at_the_press_and_the_wizard_follows(
    page: Page, customer: str, server: Server
) -> None:
    log_in(page, customer)
    expect(page.get_by_test_id("gauge")).to_be_visible()
    server.move_clock(11 * MINUTE)

    page.get_by_role("button", name=ENABLE).click()
    dialog = page.get_by_role("dialog")
    expect(page).to_have_url(re.compile(f"{PERSONAL}$"))
    dialog.get_by_label("Password", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm").click()

    expect(page.get_by_test_id("totp-wizard")).to_be_visible()
    expect(page).to_have_url(re.compile(f"{SECURITY}#two-factor$"))


def test_alerts_are_switched_on_at_once_and_can_be_undone(page: Page, customer: str) -> None:
    log_in(page, customer)
    meter = page.get_by_role("meter")
    expect(meter).to_have_attribute("aria-valuenow", gauge_percent("password"))
    item = page.get_by_test_id("gauge-login_alerts")
    expect(item).to_contain_text("+20")

    item.get_by_role("button", name="Get an email for every login").click()

    notice = page.get_by_test_id("live-region")
    expect(notice).to_contain_text("Email alerts are on for every login.")
    expect(meter).to_have_attribute("aria-valuenow", gauge_percent("password", "login_alerts"))
    expect(item).to_contain_text("Done")
    expect(page).to_have_url(re.compile(f"{PERSONAL}$"))
    notice.get_by_role("button", name="Undo").click()
    expect(notice).to_contain_text("Email alerts are off.")
    expect(notice.get_by_role("button", name="Undo")).to_have_count(0)
    expect(meter).to_have_attribute("aria-valuenow", gauge_percent("password"))


@pytest.mark.parametrize(
    ("action", "dialog", "card"),
    [
        ("Limit access to your IP addresses", "ip-add-dialog", "ip-restriction"),
        ("Change your password", "password-dialog", "password"),
    ],
)
def test_other_steps_open_their_dialogs_beside_their_cards(
    page: Page, customer: str, server: Server, action: str, dialog: str, card: str
) -> None:
    with server.units.write() as unit:
        own = col(Account.email) == customer
        unit.session.exec(update(Account).where(own).values(password_changed_at=unit.now - timedelta(days=400)))
    log_in(page, customer)
    page.get_by_role("button", name=action).click()
    expect(page.get_by_test_id(dialog)).to_be_visible()
    expect(page).to_have_url(re.compile(f"{SECURITY}#{card}$"))
