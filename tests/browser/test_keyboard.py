"""Without a mouse: where the focus is can be seen, goes to what is wrong, and comes back to where it was."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, PHONE, open_public, unfold_rules
from tests.kit.harness import PASSWORD, Server
from tests.kit.languages import choose_language, tag
from tests.kit.pages import PERSONAL, SECURITY
from tests.kit.phone import open_settings

# The element that has the focus, and whether that can be seen: by an outline of its own. The page's end gives null.
FOCUSED = """() => {
  const element = document.activeElement, style = getComputedStyle(element);
  if (element === document.body) return null;
  const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const box = element.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  window.numbered ??= new Map();
  if (!window.numbered.has(element)) window.numbered.set(element, window.numbered.size);
  return [window.numbered.get(element), element.outerHTML.slice(0, 160), seen && inside];
}"""


def tab_through(page: Page) -> list[str]:
    """Presses Tab until the focus is where it began; returns what could not be seen to have it."""
    found: list[str] = []
    passed: set[int] = set()
    for _ in range(200):
        page.keyboard.press("Tab")
        focused: Any = page.evaluate(FOCUSED)
        if focused is None:
            continue
        number, html, seen = focused
        if number in passed:
            break
        passed.add(number)
        if not seen:
            found.append(html)
    assert len(passed) > 2
    return found


@pytest.mark.parametrize(("viewport", "forced"), [(DESKTOP, "none"), (PHONE, "none"), (DESKTOP, "active")])
def test_the_focus_can_be_seen_wherever_it_goes(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, viewport: dict[str, int], forced: str
) -> None:
    page = new_context(viewport=viewport, forced_colors=forced).new_page()
    for path in ("/login", "/signup", "/reset-password", "/nowhere"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert (path, tab_through(page)) == (path, [])
    open_settings(page, server, customer)
    for path in (PERSONAL, SECURITY):
        page.goto(path)
        expect(page.get_by_test_id("gauge")).to_be_visible()
        assert (path, tab_through(page)) == (path, [])
    unfold_rules(page)
    for opener, dialog in DIALOGS:
        page.get_by_test_id(opener).click()
        expect(page.get_by_test_id(dialog)).to_be_visible()
        assert (dialog, tab_through(page)) == (dialog, [])
        page.keyboard.press("Escape")
        expect(page.get_by_test_id(dialog)).to_have_count(0)


FIRST_FIELD_IS_FOCUSED = """(dialog) => {
  const field = dialog.querySelector("input:not([type=hidden], [type=checkbox], [hidden]), select, textarea");
  return !field || field === document.activeElement;
}"""
DIALOGS = (
    ("totp-enable", "totp-wizard"),
    ("ip-add", "ip-add-dialog"),
    ("ip-restriction-switch", "ip-add-dialog"),  # without a rule it asks for one first
    ("password-change", "password-dialog"),
)


@pytest.mark.parametrize("leave", ["Escape", "Close", "Cancel"])
def test_the_focus_comes_back_from_every_dialog(page: Page, server: Server, customer: str, leave: str) -> None:
    open_settings(page, server, customer)

    def goes_and_comes(opener: Locator, dialog: str) -> None:
        opener.focus()
        page.keyboard.press("Enter")
        shown = page.get_by_test_id(dialog)
        expect(shown).to_be_visible()
        assert shown.evaluate("(dialog) => dialog.contains(document.activeElement)"), dialog
        assert shown.evaluate(FIRST_FIELD_IS_FOCUSED), dialog
        if leave == "Escape":
            page.keyboard.press("Escape")
        else:
            shown.get_by_role("button", name=leave).focus()
            page.keyboard.press("Enter")
        expect(shown).to_have_count(0)
        expect(opener).to_be_focused()

    unfold_rules(page)
    for opener, dialog in DIALOGS:
        goes_and_comes(page.get_by_test_id(opener), dialog)
    page.goto(PERSONAL)
    goes_and_comes(page.get_by_test_id("email-change"), "email-dialog")


def test_the_menu_by_keyboard(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    button, menu = page.get_by_test_id("account-menu"), page.locator("#account-menu-list")
    first, last = menu.get_by_role("link").first, menu.get_by_role("button")
    tree = page.context.new_cdp_session(page)

    def is_open(expected: bool) -> None:
        expect(menu).to_be_visible(visible=expected)
        found = tree.send("Accessibility.queryAXTree", {"objectId": button_object(), "role": "button"})["nodes"][0]
        said = {each["name"]: each["value"]["value"] for each in found["properties"]}
        assert said["expanded"] is expected, "what a screen reader is told"

    def button_object() -> str:
        found = tree.send("Runtime.evaluate", {"expression": "document.querySelector('[data-testid=account-menu]')"})
        return str(found["result"]["objectId"])

    expect(button).to_be_visible()
    is_open(False)
    button.focus()
    page.keyboard.press("Enter")
    is_open(True)
    page.keyboard.press("Escape")
    is_open(False)
    expect(button).to_be_focused()

    page.keyboard.press("ArrowDown")
    is_open(True)
    expect(first).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(last).to_be_focused()
    page.keyboard.press("Escape")
    is_open(False)
    expect(button).to_be_focused()

    page.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    button.click()
    is_open(False)

    button.focus()
    page.keyboard.press("ArrowUp")
    expect(last).to_be_focused()
    page.keyboard.press("Tab")
    is_open(False)
    assert page.evaluate("document.activeElement !== document.body"), "Tab goes on behind the menu"
    button.click()
    is_open(True)
    page.get_by_role("heading", level=1).click()
    is_open(False)
    button.click()
    menu.get_by_role("link", name="Connection and Security").click()  # where the customer is already
    is_open(False)


def test_the_menu_stands_below_its_button(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    page.set_viewport_size({"width": 1600, "height": 900})
    button, menu = page.get_by_test_id("account-menu"), page.locator("#account-menu-list")
    button.click()
    above, below = button.bounding_box(), menu.bounding_box()
    assert above is not None
    assert below is not None
    assert 0 <= below["y"] - (above["y"] + above["height"]) < 12
    assert abs(below["x"] + below["width"] - (above["x"] + above["width"])) < 2


def test_the_focus_goes_to_the_first_field_that_is_wrong(page: Page, server: Server, customer: str) -> None:
    open_public(page, "/signup")
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Password", exact=True).fill("short")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Email address")).to_be_focused()
    open_public(page, "/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Email address").press("Enter")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    open_public(page, "/login")
    expect(page.get_by_test_id("passkey-login")).to_be_visible()
    page.get_by_label("Email address").fill(customer)
    # Passkeys are offered behind the field while the form is under way: that is not its answer.
    page.evaluate("""() => {
      document.querySelector("[data-autofill]").click();
      document.querySelector("main form").requestSubmit();
    }""")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()

    open_settings(page, server, customer)
    page.get_by_test_id("password-change").click()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("password1234")
    page.keyboard.press("Enter")
    expect(page.get_by_text("This password is in a list of leaked passwords.")).to_be_visible()
    expect(page.get_by_label("New password", exact=True)).to_be_focused()
    page.goto(PERSONAL)
    page.get_by_label("Phone").fill("call me")
    page.get_by_label("Company").press("Enter")
    expect(page.get_by_label("Phone")).to_be_focused()


def test_a_notice_is_said_once_and_takes_no_focus(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    switch = page.get_by_role("switch", name="Email alerts")
    switch.focus()
    page.keyboard.press("Space")
    notice = page.get_by_test_id("live-region")
    expect(notice).to_have_attribute("aria-live", "polite")
    expect(notice).to_contain_text("alerts")
    words = notice.inner_text().strip().splitlines()[-1]
    assert page.get_by_text(words, exact=True).count() == 1
    assert page.locator("[role=alert], [aria-live=assertive]").filter(has_text=words).count() == 0
    expect(switch).to_be_focused()


TITLES = {
    "/login": "login.title",
    "/signup": "sign_up.title",
    PERSONAL: "page.personal_information",
    SECURITY: "page.connection_and_security",
}


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_title_language_and_focus_follow_the_page(
    new_context: Callable[..., BrowserContext], server: Server, email: str, language: str
) -> None:
    """Loaded, and gone to inside of the app, where the browser itself says nothing."""
    server.create_account(email, language=language)
    page = new_context(locale=tag(language)).new_page()

    def is_at(path: str, spoken: str = language) -> None:
        expect(page).to_have_title(f"{catalog.text(spoken, TITLES[path])} · Netim Direct")
        expect(page.locator("html")).to_have_attribute("lang", spoken)

    page.goto("/login")
    is_at("/login")
    page.locator("main a[href='/signup']").click()
    is_at("/signup")
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    is_at("/login")
    open_settings(page, server, email)
    is_at(SECURITY)
    page.get_by_test_id("account-menu").click()
    page.locator(f"#account-menu-list a[href='{PERSONAL}']").click()
    is_at(PERSONAL)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    page.go_back()
    is_at(SECURITY)
    for other in catalog.LOCALES:
        choose_language(page, other)
        is_at(SECURITY, other)
