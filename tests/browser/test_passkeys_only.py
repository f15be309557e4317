"""Passkeys only, and the way back, as a customer meets them."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from netim_app.features.passkeys.service import recovery
from tests.browser.conftest import go_to_security, log_in, log_out
from tests.kit.factories import account_id_of
from tests.kit.harness import PASSWORD, Server
from tests.kit.passkeys import mailed_page
from tests.kit.phone import finish
from tests.kit.proofs import WINDOW
from tests.kit.virtual_authenticator import NO_AUTOFILL, NO_PASSKEYS, Device, card, expect_account, use

TOGETHER = """
const { get, set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
  get,
  set(hear) {
    let waiting = [];
    set.call(this, (message) => {
      waiting.push(message);
      if (waiting.length > 1) return;
      setTimeout(() => {
        const all = waiting;
        waiting = [];
        all.forEach(hear);
      }, 200);
    });
  },
});
"""
"""Updates within 200 ms arrive at once: React draws no page in between. A busy browser does the same."""
SYNCED = {"defaultBackupEligibility": True, "defaultBackupState": True}
WRONG = "Wrong email address or password"


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A tab of a browser without passkeys behind fields."""
    context = new_context()
    context.add_init_script(NO_AUTOFILL)
    return context.new_page()


def add_with_codes(page: Page) -> list[str]:
    """The first passkey, and the backup codes that come with it."""
    go_to_security(page)
    card(page).get_by_role("button", name="Add a passkey").click()
    codes = page.get_by_test_id("backup-codes-list").locator("li")
    expect(codes).to_have_count(10)
    shown = codes.all_inner_texts()
    finish(page)
    expect(card(page)).to_contain_text("1 passkey")
    return shown


def switch_on(page: Page, code: str) -> None:
    page.get_by_test_id("passkeys-only").click()
    dialog = page.get_by_role("dialog", name="Use passkeys only?")
    expect(dialog).to_contain_text("24 hours")
    dialog.get_by_label("Backup code").fill(code)
    dialog.get_by_role("button", name="Confirm with a passkey").click()
    expect(dialog).to_have_count(0)
    expect(card(page)).to_contain_text("On: nothing but a passkey opens your account")


def type_password(page: Page, customer: str) -> None:
    page.goto("/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def ask_for_the_way_back(page: Page, customer: str) -> None:
    page.goto("/forgot-password")
    page.get_by_label("Email address").fill(customer)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_test_id("sent")).to_be_visible()


def test_nothing_but_a_passkey_opens_the_account_until_its_owner_says_so(page: Page, customer: str) -> None:
    Device(page, **SYNCED)
    log_in(page, customer)
    codes = add_with_codes(page)
    switch_on(page, codes[0])
    log_out(page)

    type_password(page, customer)
    expect(page.get_by_text(WRONG)).to_be_visible()
    use(page)
    expect_account(page)

    go_to_security(page)
    page.get_by_test_id("passkeys-only").click()
    page.get_by_test_id("passkeys-only-off-submit").click()
    expect(card(page)).to_contain_text("Off: your password opens your account too")
    log_out(page)
    type_password(page, customer)
    expect(page.get_by_role("heading", name="Confirm it’s you")).to_be_visible()


def test_who_has_lost_every_passkey_gets_back_in_after_a_day(page: Page, customer: str, server: Server) -> None:
    device = Device(page, **SYNCED)
    log_in(page, customer)
    codes = add_with_codes(page)
    switch_on(page, codes[0])
    log_out(page)
    device.forget()

    ask_for_the_way_back(page, customer)
    page.goto(mailed_page(server, customer, "Get back into your"))
    page.get_by_label("Backup code").fill(codes[1])
    page.get_by_role("button", name="Start the wait").click()
    expect(page.get_by_test_id("passkey-recovery-begun")).to_be_visible()

    server.move_clock(24 * 3600)
    with server.units.write() as unit:  # what the server does every minute
        recovery.mail_link_when_open(unit, account_id_of(unit, customer))
    page.goto(mailed_page(server, customer, "The wait is over"))
    page.get_by_role("button", name="Log in").click()

    expect_account(page)
    expect(page.get_by_role("region", name="Lost your device?")).to_contain_text("Remove the passkeys that are lost")
    go_to_security(page)
    expect(card(page)).to_contain_text("Off: your password opens your account too")


def test_an_open_session_and_a_mail_stop_a_stranger(
    page: Page, customer: str, server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    Device(page, **SYNCED)
    log_in(page, customer)
    codes = add_with_codes(page)
    switch_on(page, codes[0])
    stranger = new_context().new_page()
    panel = page.get_by_role("region", name="Someone wants to get into your account without a passkey")

    for number, by_mail in enumerate((False, True), start=1):
        ask_for_the_way_back(stranger, customer)
        stranger.goto(mailed_page(server, customer, "Get back into your"))
        stranger.get_by_label("Backup code").fill(codes[number])
        stranger.get_by_role("button", name="Start the wait").click()
        expect(stranger.get_by_test_id("passkey-recovery-begun")).to_be_visible()
        page.reload()
        expect(panel).to_be_visible()
        if by_mail:
            other = page.context.new_page()
            other.goto(mailed_page(server, customer, "Someone asks for your"))
            other.get_by_role("button", name="Stop it").click()
            expect(other.get_by_test_id("passkey-recovery-stopped")).to_be_visible()
            page.reload()
        else:
            panel.get_by_role("button", name="Stop it").click()
        expect(panel).to_have_count(0)
        expect(card(page)).to_contain_text("On: nothing but a passkey opens your account")
        for mail in server.folder.glob("**/*.eml"):
            mail.unlink()


def test_one_passkey_on_one_device_is_told_what_is_missing(page: Page, customer: str) -> None:
    Device(page)
    log_in(page, customer)
    add_with_codes(page)

    expect(card(page)).to_contain_text("add a second passkey first")
    expect(page.get_by_test_id("passkeys-only")).to_have_count(0)


def test_a_fresh_proof_in_a_browser_without_passkeys_says_where_to_go(
    page: Page, customer: str, server: Server
) -> None:
    Device(page, **SYNCED)
    log_in(page, customer)
    codes = add_with_codes(page)
    switch_on(page, codes[0])
    server.move_clock(11 * 60)

    page.add_init_script(NO_PASSKEYS)
    page.reload()
    page.get_by_test_id("totp-enable").click()

    dialog = page.get_by_test_id("step-up-dialog")
    expect(dialog.get_by_test_id("passkey-elsewhere")).to_be_visible()
    expect(dialog.get_by_role("button", name="Use a passkey")).to_have_count(0)


def test_a_passkey_alone_is_two_factor_authentication_on_every_line(page: Page, customer: str) -> None:
    Device(page)
    log_in(page, customer)
    go_to_security(page)
    expect(page.get_by_test_id("gauge-totp").get_by_role("button", name="Or add a passkey")).to_be_visible()

    add_with_codes(page)

    expect(page.locator("#two-factor")).to_contain_text("On · with your passkeys")
    expect(page.get_by_test_id("gauge-totp")).to_have_attribute("data-done", "true")


def test_tickets_and_prompts_that_arrive_with_later_answers_are_not_lost(
    page: Page, customer: str, server: Server
) -> None:
    page.add_init_script(TOGETHER)
    Device(page, **SYNCED)
    log_in(page, customer)
    codes = add_with_codes(page)
    switch_on(page, codes[0])

    server.move_clock(WINDOW + 1)
    page.get_by_test_id("phrase-begin").click()
    page.get_by_test_id("step-up-dialog").get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#field-phrase")).to_be_visible()
