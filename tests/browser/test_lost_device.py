"""After a login by backup code one panel leads through the new device, the lost one, and new codes."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import go_to_security, log_in, log_out
from tests.kit.harness import Server
from tests.kit.phone import Phone, enable, finish, give_code, give_password


def log_in_by_backup_code(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    _, codes = enable(page, server)
    finish(page)
    log_out(page)
    give_password(page, customer)
    give_code(page, codes[0])
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def test_the_panel_leads_from_the_backup_code_to_a_new_phone(page: Page, server: Server, customer: str) -> None:
    log_in_by_backup_code(page, server, customer)
    panel = page.get_by_role("region", name="Lost your device?")
    expect(panel).to_be_in_viewport()
    expect(panel.get_by_role("button")).to_have_count(2)

    panel.get_by_role("button", name="Add a device").click()
    dialog = page.get_by_test_id("totp-wizard")
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())
    dialog.get_by_label("Name of the device").fill("New phone")
    dialog.get_by_role("button", name="Check").click()
    expect(dialog).to_have_count(0)

    panel.get_by_role("button", name="Remove the lost phone").click()
    expect(page.get_by_role("dialog")).to_contain_text("Pixel")
    page.get_by_test_id("totp-remove-submit").click()
    devices = page.get_by_test_id("totp-devices").get_by_role("listitem")
    expect(devices).to_have_count(1)
    expect(devices).to_contain_text("New phone")

    panel.get_by_role("button", name="Generate new backup codes").click()
    page.get_by_test_id("backup-codes-make-submit").click()
    finish(page)
    expect(panel).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("gauge")).to_be_visible()
    expect(panel).to_have_count(0)


def test_who_still_has_the_phone_takes_the_panel_away(page: Page, server: Server, customer: str) -> None:
    log_in_by_backup_code(page, server, customer)

    page.get_by_role("button", name="I still have my device").click()

    expect(page.get_by_role("region", name="Lost your device?")).to_have_count(0)
    go_to_security(page)
    expect(page.get_by_test_id("gauge")).to_be_visible()
    expect(page.get_by_role("region", name="Lost your device?")).to_have_count(0)


def test_the_wizard_ends_at_its_card_and_says_that_it_is_on(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    page.set_viewport_size({"width": 1280, "height": 600})
    go_to_security(page)
    enable(page, server)

    finish(page)

    expect(page.get_by_test_id("live-region")).to_contain_text("Two-factor authentication is on.")
    expect(page.get_by_test_id("live-region")).to_be_in_viewport()
    expect(page.locator("#two-factor").get_by_role("heading", name="Two-factor authentication")).to_be_in_viewport()
