from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from netim_app.infra import mail_templates
from netim_app.texts.catalog import LOCALES
from netim_app.ui.theme import DARK, LIGHT
from tests.browser.conftest import PASSWORD, log_in
from tests.kit.fitting import misfits
from tests.kit.harness import Server
from tests.kit.reviewed import additions, joined

UNREADABLE = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3)
    .map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? behind(element.parentElement) : colour;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()))
    .map((e) => [light(getComputedStyle(e).color), light(behind(e)), e.outerHTML])
    .filter(([text, back]) => (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05) < 4.5)
    .map(([, , html]) => html);
}"""
"""Texts whose contrast is below 4.5 : 1 (WCAG 1.4.3)."""


def rgb(colour: str) -> str:
    """A colour as browsers name it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.parametrize(("scheme", "colours"), [("light", LIGHT), ("dark", DARK)])
@pytest.mark.parametrize("width", [360, 700])
def test_every_mail_fits_and_can_be_read(
    new_context: Callable[..., BrowserContext],
    scheme: Literal["light", "dark"],
    colours: dict[str, str],
    width: int,
) -> None:
    page = new_context(viewport={"width": width, "height": 600}, color_scheme=scheme).new_page()
    for event in mail_templates.templates().events:
        for locale in LOCALES:
            page.set_content(mail_templates.render(event, locale, params_of(event), additions()).html)
            seen = f"{event} {locale}"
            assert page.evaluate("document.documentElement.scrollWidth") == width, seen
            assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == rgb(colours["canvas"])
            assert page.evaluate(UNREADABLE) == [], seen
            assert misfits(page) == [], seen


def params_of(event: str) -> dict[str, object]:
    """Long ones, and those that only this mail of a feature has."""
    mails = joined("mails")
    return (dict(mails[event].params) if event in mails else {}) | PARAMS


PARAMS = {
    "first_name": "Zoé",
    "when": "24 Nov 2026, 09:05 (UTC+1)",
    "address": "2001:db8:1234:5678:9abc:def0:1234:5678",
    "browser": "Samsung Internet 29",
    "system": "Android",
    "client": "Samsung Internet 29 on Android",
    "support": "the.support.of.a.long.name@subdomain.of.a.company.example.org",
    "security_url": "https://account.netim.example/account/connection-and-security",
    "profile_url": "https://account.netim.example/account/personal-information",
    "login_url": "https://account.netim.example/login",
    "forgot_url": "https://account.netim.example/forgot-password",
    "act": "disabled",
    "link": "https://account.netim.example/verify-email?for=sign-up#" + "w" * 43,
    "new_email": "zoe.with.a.very.long.name.indeed@subdomain.of.a.company.example.org",
    "rule": "2001:db8:1234:5678:9abc:def0:1234:0/112",
    "device": "W" * 40,
    "which": "Samsung Internet 29 on Android (2001:db8:1234:5678:9abc:def0:1234:5678)",
    "days": 7,
    "sole": True,
    "count": 53,
    "about": "New login from a new device",
    "card": "recent-activity",
    "hours": 24,
    "minutes": 60,
    "left": 7,
    "last": True,
    "two_factor_off": True,
    "known_browser": False,
    "restored": True,
    "frozen": False,
    "can_be_undone": True,
    "way": "reset",
}
"""Long values for all that any mail may hold."""


def test_a_link_of_a_mail_leads_to_its_card_past_the_login(page: Page, server: Server, customer: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 500})
    log_in(page, customer)
    page.goto("/account/connection-and-security")
    page.get_by_test_id("login-alerts-switch").click()
    expect(page.get_by_text("On since")).to_be_visible()
    page.get_by_test_id("login-alerts-switch").click()
    told = server.wait_for_mail(customer, subject="alerts are off").get_body(("html",))
    assert told is not None
    letter = page.context.new_page()
    letter.set_content(told.get_content())
    link = letter.get_by_role("link", name="Change my password").get_attribute("href")
    assert link == f"{server.origin}/account/connection-and-security#password"

    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(link)
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()

    expect(page).to_have_url(link)
    expect(page.get_by_role("heading", name="Password")).to_be_in_viewport()


def test_the_mailbox_of_development_shows_a_mail_as_its_reader_sees_it(page: Page, email: str) -> None:
    page.goto("/signup")
    page.locator("#field-first_name").fill("Zoé")
    page.locator("#field-last_name").fill("Martin")
    page.locator("#field-email").fill(email)
    page.locator("#field-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text(email)).to_be_visible()
    mine = page.get_by_role("article").filter(has_text=email)
    for _ in range(20):  # the mail is on its way
        page.goto("/dev/mailbox")
        expect(page.get_by_role("heading", name="Mailbox")).to_be_visible()
        expect(page.get_by_role("article").first.or_(page.get_by_text("No mail yet."))).to_be_visible()
        if mine.count():
            break

    frame = mine.locator("iframe")
    expect(frame).to_have_attribute("sandbox", "")
    expect(frame.content_frame.get_by_text("Hello,")).to_be_visible()
    mine.get_by_text("As plain text").click()
    expect(mine.locator("pre")).to_contain_text("Hello,")
    mine.get_by_role("link", name="Open its link").click()
    expect(page.get_by_role("heading", name="Confirm your email address")).to_be_visible()
