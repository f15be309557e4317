"""Where a customer is logged in, and what happened before: two browsers, a phone, the keyboard."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, go_to_security, log_in
from tests.kit.hands import Keyboard
from tests.kit.harness import PASSWORD, Server


def test_one_browser_logs_out_another(
    page: Page, new_context: Callable[..., BrowserContext], server: Server, customer: str
) -> None:
    log_in(page, customer)
    elsewhere = new_context().new_page()
    log_in(elsewhere, customer)
    go_to_security(elsewhere)
    go_to_security(page)
    sessions = page.get_by_test_id("sessions")
    expect(sessions.get_by_role("listitem")).to_have_count(2)
    expect(sessions.get_by_role("listitem").first).to_contain_text("This device")

    sessions.get_by_role("button", name="Log out").click()

    expect(page.get_by_text("That browser has been logged out.")).to_be_visible()
    expect(sessions.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_text("You are not logged in anywhere else.")).to_be_visible()
    # Nobody touches the other browser.
    expect(elsewhere.get_by_text("Your session has ended. Please log in again.")).to_be_visible()
    expect(elsewhere.get_by_text("Anna Martin")).to_have_count(0)
    server.wait_for_mail(customer, subject="Logged out of Netim Direct")
    elsewhere.get_by_label("Email address").fill(customer)
    elsewhere.get_by_label("Password", exact=True).fill(PASSWORD)
    elsewhere.get_by_role("button", name="Log in").click()
    expect(elsewhere.get_by_role("heading", name="Connection and Security", level=1)).to_be_visible()


def test_history_on_a_phone_by_keyboard(
    server: Server, new_context: Callable[..., BrowserContext], customer: str
) -> None:
    page = new_context(viewport=PHONE).new_page()
    by = Keyboard(page)
    page.goto("/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill("wrong wrong wrong 1")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Wrong email address or password.")).to_be_visible()
    other = new_context().new_page()
    log_in(other, customer)
    log_in(page, customer)
    page.goto("/account/connection-and-security")
    activity = page.get_by_test_id("activity")
    expect(activity.get_by_role("listitem")).to_have_count(3)
    chip = page.get_by_role("group", name="Show").get_by_role("button", name="Failures")
    by.press(chip)
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(activity.get_by_role("listitem")).to_have_count(1)
    expect(activity).to_contain_text("Login failed")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    by.press(page.get_by_role("button", name="Log out everywhere else"))
    by.press(page.get_by_role("dialog").get_by_role("button", name="Log out everywhere else"))
    expect(page.get_by_text("You are now logged in on this browser only.")).to_be_visible()
    expect(other.get_by_text("Your session has ended. Please log in again.")).to_be_visible()


def test_a_page_that_was_logged_out_gets_another_socket_while_its_customer_types(
    page: Page, new_context: Callable[..., BrowserContext], customer: str
) -> None:
    """The server closes the one of the session: nothing of it is to be seen, and the login works."""
    log_in(page, customer)
    other = new_context().new_page()
    log_in(other, customer)
    go_to_security(other)

    with page.expect_websocket(timeout=60_000):
        other.get_by_test_id("sessions").get_by_role("button", name="Log out").click()
        expect(page.get_by_text("Your session has ended. Please log in again.")).to_be_visible()
        page.get_by_label("Email address").fill(customer)
        page.get_by_label("Password", exact=True).press_sequentially(PASSWORD[:5])

    expect(page.get_by_text("Your session has ended. Please log in again.")).to_be_visible()
    expect(page.get_by_test_id("connection-lost")).to_have_count(0)
    expect(page.get_by_label("Email address")).to_have_value(customer)
    page.get_by_label("Password", exact=True).press_sequentially(PASSWORD[5:])
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Anna Martin")).to_be_visible()
    expect(other.get_by_role("button", name="Anna Martin")).to_be_visible()


def test_a_change_of_the_settings_is_found_by_its_chip(page: Page, customer: str) -> None:
    log_in(page, customer)
    page.goto("/account/connection-and-security")
    page.get_by_test_id("login-alerts-switch").click()
    activity = page.get_by_test_id("activity")
    expect(activity.get_by_role("listitem").first).to_contain_text("Email alerts switched on")

    page.get_by_role("button", name="Changes", exact=True).click()

    expect(activity.get_by_role("listitem")).to_have_count(1)
    expect(activity).to_contain_text("Email alerts switched on")
    page.get_by_role("button", name="Logins", exact=True).click()
    expect(activity).to_contain_text("Logged in")
