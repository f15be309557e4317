"""From an alert to an account that is the owner's again, on a phone."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import PASSWORD, go_to_security, log_in
from tests.kit.harness import Server, link_in
from tests.kit.login import NEW_PASSWORD
from tests.kit.not_me import not_me_link

PHONE = {"width": 360, "height": 740}


def test_the_owner_stops_a_thief_and_comes_back(
    new_context: Callable[..., BrowserContext], server: Server, customer: str
) -> None:
    page = new_context(viewport=PHONE).new_page()
    log_in(page, customer)
    thief = new_context().new_page()
    log_in(thief, customer)

    page.goto(not_me_link(server, customer))
    expect(page.get_by_role("heading", name="This was not me")).to_be_visible()
    go_to_security(thief)  # the page has changed nothing yet
    page.get_by_role("button", name="Stop everything").click()
    expect(page.get_by_test_id("not-me-done")).to_be_visible()
    expect(page.get_by_text("Choose a new password: the link is in the email")).to_be_visible()
    expect(thief.get_by_text("Your session has ended.")).to_be_visible()
    thief.goto("/login")
    thief.get_by_label("Email address").fill(customer)
    thief.get_by_label("Password", exact=True).fill(PASSWORD)
    thief.keyboard.press("Enter")
    expect(thief.get_by_role("alert")).to_be_visible()

    page.goto(link_in(server.wait_for_mail(customer, subject="Choose a new password")))
    page.locator("#field-password").fill(NEW_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    log_in(page, customer, NEW_PASSWORD)
    go_to_security(page)
    expect(page.get_by_test_id("frozen")).to_contain_text("Your account is frozen")
    page.get_by_role("switch", name="Email alerts").click()
    expect(page.get_by_test_id("live-region")).to_contain_text("are on for every login")
    page.get_by_role("switch", name="Email alerts").click()
    expect(page.get_by_test_id("live-region")).to_contain_text("the account is frozen")
    page.get_by_test_id("frozen").get_by_role("link", name="Activity").click()
    expect(page.locator("#recent-activity")).to_contain_text("“This was not me”: everything stopped")
