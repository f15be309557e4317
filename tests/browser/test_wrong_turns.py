"""Turns that people really take: mistype, go back, reload, open two tabs, wait too long."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from netim_app.settings import LOOPBACK_NAMES
from tests.browser.conftest import gauge_percent, go_to_security, log_in, log_out
from tests.kit.harness import PASSWORD, Server, link_in

NEW_PASSWORD = "copper window giraffe 77"


def test_wrong_password_says_so_and_keeps_the_address(page: Page, customer: str) -> None:
    page.goto("/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill("wrong wrong wrong 1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Wrong email address or password.")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def test_sign_up_shows_every_fault_at_its_field(page: Page) -> None:
    page.goto("/signup")
    page.get_by_label("Email address").fill("not an address")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_label("First name")).to_have_accessible_description("Please fill in this field.")
    expect(page.get_by_label("Email address")).to_have_accessible_description(
        "Please enter an email address such as name@example.com."
    )
    expect(page.get_by_text("Please use at least 12 characters.")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value("not an address")


def test_reload_keeps_the_customer_logged_in(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.reload()
    expect(page.get_by_role("button", name="Anna Martin")).to_be_visible()


def test_private_page_leads_to_log_in_and_back(page: Page, customer: str) -> None:
    page.goto("/account/connection-and-security")
    expect(page.get_by_label("Email address")).to_be_visible()
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Connection and Security", level=1)).to_be_visible()


def test_bare_address_leads_on(page: Page, customer: str) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    log_in(page, customer)
    page.goto("/")
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def test_client_remnants_after_log_out(page: Page, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    log_out(page)
    page.go_back()
    page.wait_for_timeout(500)
    expect(page.get_by_text("Anna Martin")).to_have_count(0)
    expect(page.get_by_text(customer)).to_have_count(0)
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert customer not in stored
    assert "Martin" not in stored


def test_log_out_in_one_tab_ends_the_other(page: Page, customer: str) -> None:
    log_in(page, customer)
    other = page.context.new_page()
    other.goto("/account/connection-and-security")
    expect(other.get_by_role("switch", name="Email alerts")).to_be_visible()
    log_out(page)
    expect(other.get_by_text("Your session has ended.")).to_be_visible()
    expect(other.get_by_text("Anna Martin")).to_have_count(0)


def test_change_in_one_tab_reaches_the_other_by_its_next_event(page: Page, customer: str) -> None:
    log_in(page, customer)
    other = page.context.new_page()
    other.goto("/account/connection-and-security")
    expect(other.get_by_role("meter")).to_have_attribute("aria-valuenow", gauge_percent("password"))
    go_to_security(page)
    page.get_by_role("switch", name="Email alerts").click()
    expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", gauge_percent("password", "login_alerts"))
    other.get_by_role("button", name="Change password").click()
    expect(other.get_by_role("meter", include_hidden=True)).to_have_attribute(
        "aria-valuenow", gauge_percent("password", "login_alerts")
    )
    expect(other.get_by_role("switch", name="Email alerts", include_hidden=True)).to_be_checked()


def test_new_password_lets_the_own_tabs_live_and_ends_other_browsers(
    page: Page, new_context: Callable[..., BrowserContext], customer: str
) -> None:
    log_in(page, customer)
    own_tab = page.context.new_page()
    own_tab.goto("/account/connection-and-security")
    expect(own_tab.get_by_role("switch", name="Email alerts")).to_be_visible()
    elsewhere = new_context().new_page()
    log_in(elsewhere, customer)
    go_to_security(page)
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password has been changed.")).to_be_visible()
    own_tab.get_by_role("switch", name="Email alerts").click()
    expect(own_tab.get_by_role("button", name="Anna Martin")).to_be_visible()
    go_to_security(page)
    expect(elsewhere.get_by_text("Your session has ended.")).to_be_visible()


def test_password_dialog_refuses_with_a_message_at_the_field(page: Page, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    page.get_by_role("button", name="Change password").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Current password").fill(PASSWORD)
    dialog.get_by_label("New password", exact=True).fill("password1234")
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_text("This password is in a list of leaked passwords.")).to_be_visible()
    expect(dialog.get_by_label("Current password")).to_have_value(PASSWORD)
    dialog.get_by_label("Current password").fill("something else 99")
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_text("Wrong password.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Change password")).to_be_focused()


def test_forgotten_password(page: Page, server: Server, customer: str) -> None:
    page.goto("/login")
    page.get_by_role("link", name="Forgot your password?").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()  # both pages have such a field
    page.get_by_label("Email address").fill(customer)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_test_id("sent")).to_be_visible()
    link = link_in(server.wait_for_mail(customer))
    page.goto(link)
    expect(page.get_by_role("heading", name="Choose a new password")).to_be_visible()
    assert "#" not in page.url, "the secret stays in the address bar"
    page.get_by_label("New password", exact=True).fill("password1234")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_text("This password is in a list of leaked passwords.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    server.wait_for_mail(customer, 2)
    log_in(page, customer, NEW_PASSWORD)
    page.goto("about:blank")
    page.goto(link)
    page.get_by_label("New password", exact=True).fill("walnut kettle saddle 31")
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_text("This link no longer works")).to_be_visible()


def test_idle_customer_is_asked_to_log_in_again(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    go_to_security(page)
    switch = page.get_by_role("switch", name="Email alerts")
    switch.click()
    expect(switch).to_be_checked()  # so nothing of the page's own is under way any more that would find the session old
    try:
        server.move_clock(31 * 60)
        switch.click()
        expect(page.get_by_text("Your session has ended.")).to_be_visible()
    finally:
        server.move_clock(0)


def test_unknown_address_helps(page: Page) -> None:
    response = page.goto("/no/such/page")
    assert response is not None
    assert response.status == 404
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.get_by_role("link", name="Go to your account").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_lost_connection_is_said_and_so_is_its_return(chromium: Browser, server: Server, customer: str) -> None:
    # Not a page of the fixture, which takes what the browser itself says of the outage for a fault.
    with chromium.new_context(base_url=server.origin, locale="en-GB") as context:
        page = context.new_page()
        log_in(page, customer)

        server.stop()
        try:
            expect(page.get_by_test_id("connection-lost")).to_be_visible(timeout=60_000)
        finally:
            server.start()

        expect(page.get_by_text("Connected again.")).to_be_visible(timeout=60_000)
        expect(page.get_by_test_id("connection-lost")).to_have_count(0)
        page.get_by_label("City").fill("Lyon")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Your details have been saved.")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "button"), [("/reset-password", "Set the new password"), ("/verify-email", "Confirm")]
)
def test_a_link_without_its_end_says_so_at_once(page: Page, path: str, button: str) -> None:
    page.goto(path)
    expect(page.get_by_test_id("link-missing")).to_contain_text("copy the whole link")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("alert")).to_contain_text("copy the whole link")
    expect(page.get_by_test_id("link-missing")).to_have_count(0)

    page.goto(f"{path}#{'A' * 44}")
    expect(page.get_by_role("button", name=button)).to_be_visible()
    expect(page.get_by_test_id("link-missing")).to_be_hidden()
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("alert")).to_contain_text("incomplete or has been changed")


def test_a_page_of_a_link_keeps_it_until_it_is_reloaded_and_says_so_then(
    page: Page, server: Server, customer: str
) -> None:
    page.goto("/forgot-password")
    page.get_by_label("Email address").fill(customer)
    page.get_by_role("button", name="Send the link").click()
    link = link_in(server.wait_for_mail(customer))
    page.goto(link)
    expect(page.get_by_role("button", name="Set the new password")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("link-missing")).to_contain_text("Open the link from the email again")

    page.goto(link)
    expect(page.get_by_test_id("link-missing")).to_be_hidden()
    page.get_by_role("link", name="Request a new link").click()
    expect(page.get_by_role("heading", name="Forgot your password?")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Set the new password")).to_be_visible()
    expect(page.get_by_test_id("link-missing")).to_be_hidden()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_text("Your password has been changed")).to_be_visible()


def test_a_link_with_one_sign_more_behind_it_works(page: Page, server: Server, customer: str) -> None:
    page.goto("/forgot-password")
    page.get_by_label("Email address").fill(f"\u200b{customer} ")
    page.get_by_role("button", name="Send the link").click()
    page.goto(link_in(server.wait_for_mail(customer)) + ">.")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_text("Your password has been changed")).to_be_visible()


def test_somebody_with_one_name_is_a_customer_like_others(page: Page, server: Server, customer: str) -> None:
    log_in(page, customer)
    page.get_by_label("First name").fill("Sukarno")
    page.get_by_label("Last name").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Sukarno", exact=True)).to_be_visible()


@pytest.mark.parametrize("name", LOOPBACK_NAMES)
def test_both_names_of_this_machine_lead_to_the_account(chromium: Browser, customer: str, name: str) -> None:
    """A tool or a person writes now the one, now the other; the page finds its server under both."""
    with chromium.new_context(base_url=f"http://{name}:3000", locale="en-GB") as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        log_in(page, customer)
        page.reload()
        expect(page.get_by_role("heading", name="Personal information")).to_be_visible()
        assert page.url.startswith(f"http://{name}:3000/")
        assert complaints == []
