"""From an alert to an account that is the owner's again, on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from netim_app.texts import catalog
from tests.browser.conftest import PASSWORD, PHONE
from tests.kit.hands import Keyboard, Mouse
from tests.kit.harness import Server, link_in
from tests.kit.languages import tag
from tests.kit.login import NEW_PASSWORD
from tests.kit.not_me import not_me_link
from tests.kit.pages import SECURITY
from tests.kit.phone import open_settings


@pytest.mark.parametrize(("language", "hand"), [("en", Mouse), ("fr", Keyboard), ("de", Mouse)])
def test_the_owner_stops_a_thief_and_comes_back(
    new_context: Callable[..., BrowserContext], server: Server, email: str, language: str, hand: type[Mouse | Keyboard]
) -> None:
    def say(key: str) -> str:
        return catalog.text(language, key)

    def field(key: str) -> Locator:
        return page.get_by_label(say(key), exact=True)

    server.create_account(email, language=language)
    page = new_context(viewport=PHONE, locale=tag(language)).new_page()
    by = hand(page)
    open_settings(page, server, email)
    thief = new_context().new_page()
    open_settings(thief, server, email)

    page.goto(not_me_link(server, email))
    expect(page.get_by_role("heading", name=say("not_me.title"))).to_be_visible()
    thief.goto(SECURITY)
    expect(thief.locator("#recent-activity")).to_be_visible()  # the page has changed nothing yet
    by.press(page.get_by_role("button", name=say("not_me.submit")))
    expect(page.get_by_test_id("not-me-done")).to_be_visible()
    expect(page.get_by_text(say("not_me.then.reset"))).to_be_visible()
    expect(thief.get_by_text(say("login.reason.ended"))).to_be_visible()
    thief.goto("/login")
    thief.locator("#field-email").fill(email)
    thief.locator("#field-password").fill(PASSWORD)
    thief.keyboard.press("Enter")
    expect(thief.get_by_role("alert")).to_be_visible()

    page.goto(link_in(server.wait_for_mail(email, subject=say("mail.reset.subject"))))
    by.type(field("field.new_password"), NEW_PASSWORD)
    by.press(page.get_by_role("button", name=say("reset.submit")))
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    page.goto("/login")
    by.type(field("field.email"), email)
    by.type(field("field.password"), NEW_PASSWORD)
    by.press(page.get_by_role("button", name=say("login.submit"), exact=True))
    panel = page.get_by_test_id("frozen")
    expect(panel).to_contain_text(say("not_me.panel.title"))
    page.goto(SECURITY)
    alerts = page.get_by_role("switch", name=say("login_alerts.switch"))
    by.press(alerts)
    expect(page.get_by_test_id("live-region")).to_contain_text(say("login_alerts.switched_on"))
    by.press(alerts)
    refused = catalog.template(language, "freeze.refused").partition("{until}")[2]
    expect(page.get_by_test_id("live-region")).to_contain_text(refused)
    page.goto(SECURITY)
    by.press(panel.get_by_role("link", name=say("not_me.look.activity")))
    expect(page.locator("#recent-activity")).to_contain_text(say("identity.summary.frozen"))
