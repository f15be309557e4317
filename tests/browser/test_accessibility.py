"""Everything that a customer can open, looked at by axe (WCAG 2.2 AA), in both themes and both languages."""

from collections.abc import Callable, Iterator
from typing import Literal

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import PHONE
from tests.harness import PASSWORD, Server

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SECURITY = "/account/connection-and-security"


def look(page: Page, what: str) -> None:
    """Lets axe look at the page as it is now. What it finds is named with the place."""
    found = Axe().run(page, options={"runOnly": STANDARDS, "resultTypes": ["violations"]}).response["violations"]
    assert [(what, v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{what} scrolls sideways"
    assert page.title(), f"{what} has no title"


@pytest.fixture(autouse=True)
def clock_put_right(server: Server) -> Iterator[None]:
    yield
    server.move_clock(0)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(
    new_context: Callable[..., BrowserContext],
    server: Server,
    customer: str,
    scheme: Literal["light", "dark"],
    locale: str,
    viewport: dict[str, int] | None,
) -> None:
    options = {"viewport": viewport} if viewport else {}
    page = new_context(locale=locale, color_scheme=scheme, reduced_motion="reduce", **options).new_page()

    visit_public_pages(page)
    page.goto("/login")
    page.locator("#field-email").fill(customer)
    page.locator("#field-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/personal-information")
    expect(page.get_by_test_id("gauge")).to_be_visible()
    look(page, "personal information")
    page.locator("header [aria-expanded]").click()
    look(page, "the menu")
    page.goto(SECURITY)
    expect(page.get_by_test_id("gauge")).to_be_visible()
    look(page, "connection and security, fresh")
    visit_two_factor(page, server)
    visit_ip_restriction(page)
    visit_password(page)
    page.goto("/dev/kit")
    expect(page.get_by_test_id("kit-form")).to_be_visible()
    look(page, "the kit")
    page.goto(SECURITY)
    server.move_clock(660)
    visit_step_up(page)


def visit_public_pages(page: Page) -> None:
    for path in ("/login", "/signup", "/forgot-password", "/verify-email", "/reset-password", "/nowhere"):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        look(page, path)
    page.goto("/signup")
    page.locator("#field-password").fill("short")
    page.get_by_test_id("sign-up").locator("[type=submit]").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    look(page, "sign-up with faults")


def visit_two_factor(page: Page, server: Server) -> None:
    page.get_by_test_id("totp-enable").click()
    key = page.get_by_test_id("totp-key").inner_text().split("\n")[0].replace(" ", "")
    look(page, "wizard, step 1")
    page.get_by_test_id("totp-next").click()
    confirm = page.get_by_test_id("totp-confirm")
    confirm.locator("[name=code]").fill("000000")
    confirm.locator("[type=submit]").click()
    expect(confirm.locator("[aria-invalid=true]")).to_be_visible()
    look(page, "wizard, step 2, wrong code")
    confirm.locator("[name=code]").fill(pyotp.TOTP(key).at(server.units.clock()))
    confirm.locator("[type=submit]").click()
    codes = page.get_by_test_id("backup-codes-new")
    expect(codes).to_be_visible()
    look(page, "wizard, step 3")
    codes.get_by_role("checkbox").check()
    page.get_by_test_id("backup-codes-finish").locator("[type=submit]").click()
    expect(codes).to_have_count(0)
    look(page, "connection and security with a device")
    for opener, opened in (("totp-disable", "totp-disable-dialog"), ("totp-add", "totp-wizard")):
        page.get_by_test_id(opener).click()
        expect(page.get_by_test_id(opened)).to_be_visible()
        look(page, opened)
        page.keyboard.press("Escape")
        expect(page.get_by_test_id(opened)).to_have_count(0)


def visit_ip_restriction(page: Page) -> None:
    page.get_by_test_id("ip-add").click()
    form = page.get_by_test_id("ip-add-form")
    form.get_by_role("textbox").first.fill("no address")
    form.locator("[type=submit]").click()
    expect(form.locator("[aria-invalid=true]")).to_be_visible()
    look(page, "add a rule, with a fault")
    form.get_by_role("textbox").first.fill("127.0.0.0/8")
    form.locator("[type=submit]").click()
    expect(form).to_have_count(0)
    look(page, "a rule")


def visit_password(page: Page) -> None:
    page.get_by_test_id("password-change").click()
    expect(page.get_by_test_id("password-dialog")).to_be_visible()
    look(page, "change the password")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("password-dialog")).to_have_count(0)


def visit_step_up(page: Page) -> None:
    page.get_by_test_id("totp-add").click()
    expect(page.get_by_test_id("step-up-dialog")).to_be_visible()
    look(page, "prove it again")
    page.keyboard.press("Escape")
