"""A further mailbox gets copies of alerts: asked, confirmed from there, and stopped from there."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE, go_to_security, log_in
from tests.kit.harness import Server, link_in
from tests.kit.kept_secrets import text_of


def test_a_second_mailbox_gets_copies_until_it_stops_them(
    new_context: Callable[..., BrowserContext], page: Page, server: Server, customer: str
) -> None:
    second = customer.replace("customer", "colleague")
    log_in(page, customer)
    go_to_security(page)
    card = page.get_by_role("region", name="Email alerts")
    card.get_by_role("switch", name="Email alerts").click()
    card.get_by_role("button", name="Send a copy to one more address").click()
    field = page.get_by_role("dialog").get_by_label("Email address")
    field.fill(customer)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("This is the address of your account")
    field.fill(second)
    page.keyboard.press("Enter")
    expect(card).to_contain_text("waiting for confirmation")

    link = link_in(server.wait_for_mail(second))
    other = new_context(viewport=PHONE).new_page()
    other.goto(link)
    other.get_by_role("button", name="Receive copies").click()
    expect(other.get_by_test_id("copy-confirmed")).to_be_visible()
    other.reload()
    expect(other.get_by_test_id("link-missing")).to_be_visible()
    other.goto(link)
    other.get_by_role("button", name="Receive copies").click()
    expect(other.get_by_role("alert")).to_contain_text("This link no longer works")

    log_in(new_context().new_page(), customer)
    copy = server.wait_for_mail(second, subject="Copy: new login")
    assert customer not in text_of([copy])
    other.goto(link_in(copy))
    other.get_by_role("button", name="Stop the copies").click()
    expect(other.get_by_test_id("copy-stopped")).to_be_visible()
    page.reload()
    expect(card.get_by_role("button", name="Send a copy to one more address")).to_be_visible()
