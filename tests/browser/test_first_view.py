"""Login, sign-up and "forgotten" are in the HTML: they can be read, filled in and sent before any script loads."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from netim_app.texts import catalog
from tests.kit.harness import PASSWORD, Server
from tests.kit.languages import tag

NEEDED = re.compile(r"/assets/.*\.js$")


class Scripts:
    """The scripts of a page, held back on their way."""

    def __init__(self, page: Page) -> None:
        self._held: list[Route] | None = []
        page.route(NEEDED, self._hold)

    def _hold(self, route: Route) -> None:
        if self._held is None:
            route.continue_()
        else:
            self._held.append(route)

    def let_through(self) -> None:
        held, self._held = self._held or [], None
        for route in held:
            route.continue_()


def password_of(page: Page) -> Locator:
    """Its label holds the other language, too, which nobody sees or hears; Playwright reads that."""
    return page.locator("input[name=password]")


def press_enter(page: Page) -> None:
    """Without its button, which may not have come yet, the browser does not send a form of several fields."""
    expect(page.locator("main form [type=submit]")).to_be_visible()
    page.keyboard.press("Enter")


@pytest.fixture
def early(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()


def test_login_is_sent_before_any_script_is_there(early: Page, server: Server, customer: str) -> None:
    scripts = Scripts(early)
    early.goto("/login", wait_until="commit")
    early.get_by_label("Email address").fill(customer)
    password_of(early).fill(PASSWORD)
    early.get_by_label("Keep me logged in").check()
    button = early.get_by_role("button", name="Log in")
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    password_of(early).press("Enter")
    assert early.url == f"{server.origin}/login", "nothing that was typed is in the address"
    scripts.let_through()
    expect(early.get_by_role("heading", name="Personal information")).to_be_visible()
    sessions = "SELECT count(*) FROM account_session WHERE account_id = (SELECT id FROM account WHERE email = :email)"
    assert server.query(sessions, email=customer) == [1]
    (cookie,) = (cookie for cookie in early.context.cookies() if cookie["name"] == "netim_session")
    assert cookie["expires"] > 0, "the tick was kept, too"


def test_what_was_typed_outlives_the_coming_of_the_scripts_and_the_answer_is_shown(early: Page, customer: str) -> None:
    scripts = Scripts(early)
    early.goto("/login", wait_until="commit")
    early.get_by_label("Email address").fill(customer)
    password_of(early).fill("wrong wrong wrong 1")
    press_enter(early)
    scripts.let_through()
    expect(early.get_by_text(catalog.text("en", "login.wrong"))).to_be_visible()
    expect(early.get_by_label("Email address")).to_have_value(customer)
    expect(early.get_by_role("button", name="Log in")).to_have_attribute("aria-disabled", "false")


def test_a_form_that_react_makes_anew_keeps_what_was_typed_and_sent(
    early: Page, customer: str, complaints: list[str]
) -> None:
    """As after an extension, such as a password manager, has put something of its own into the page."""
    scripts = Scripts(early)
    early.goto("/login", wait_until="commit")
    early.get_by_label("Email address").fill(customer)
    early.get_by_label("Keep me logged in").check()
    password_of(early).fill("wrong wrong wrong 1")
    press_enter(early)
    early.evaluate("() => document.querySelector('main form').prepend(document.createElement('main'))")
    first = early.get_by_test_id("login").element_handle()
    assert first is not None
    scripts.let_through()
    expect(early.get_by_text(catalog.text("en", "login.wrong"))).to_be_visible()
    assert not first.evaluate("form => form.isConnected"), "React has made another form"
    expect(early.get_by_label("Email address")).to_have_value(customer)
    expect(early.get_by_label("Keep me logged in")).to_be_checked()
    assert ["error #418" in complaint for complaint in complaints] == [True], "which is how it says so"
    complaints.clear()


@pytest.mark.parametrize(
    ("path", "heading"), [("/signup", "sign_up.sent.title"), ("/forgot-password", "forgot.sent.title")]
)
def test_other_forms_are_sent_early_as_well(early: Page, email: str, path: str, heading: str) -> None:
    scripts = Scripts(early)
    early.goto(path, wait_until="commit")
    early.get_by_label("Email address").fill(email)
    if path == "/signup":
        early.get_by_label("First name").fill("Anna")
        password_of(early).fill(PASSWORD)
    press_enter(early)
    scripts.let_through()
    expect(early.get_by_role("heading", name=catalog.text("en", heading))).to_be_visible()


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_a_form_speaks_the_language_of_the_browser_at_once(
    new_context: Callable[..., BrowserContext], language: str
) -> None:
    page = new_context(locale=tag(language)).new_page()
    scripts = Scripts(page)
    page.goto("/login", wait_until="commit")
    label = catalog.text(language, "field.email")
    expect(page.get_by_label(label)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.get_by_label(label).fill("anna")
    scripts.let_through()
    expect(page.get_by_test_id(f"locale-{language}")).to_have_attribute("aria-current", "true")
    expect(page.get_by_label(label)).to_have_value("anna")
    expect(page.locator("h1 span")).to_have_count(0)
