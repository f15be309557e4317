"""No storage, an address that is not the public one, code that fails: each time the page shows a sentence of ours."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from netim_app.build import web_dir
from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, arguments, executable, log_in
from tests.kit.harness import PASSWORD, Server, free_port, running
from tests.kit.languages import choose_language
from tools.find_program import WHOLE_BROWSER, find

FORBIDDEN = "throw new DOMException('Access is denied for this document.', 'SecurityError')"
NO_STORAGE = ";".join(
    f"Object.defineProperty(window, '{name}', {{ configurable: true, get() {{ {FORBIDDEN} }} }})"
    for name in ("localStorage", "sessionStorage")
)


@pytest.fixture
def forbidding(chromium: Browser, server: Server, tmp_path: Path) -> Iterator[Page]:
    """A tab of a browser whose owner has forbidden all cookies, and with them all storage."""
    settings = tmp_path / "Default" / "Preferences"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"profile": {"default_content_setting_values": {"cookies": 2}}}))
    browser = find(WHOLE_BROWSER)
    assert browser, "no whole browser: run `make test`, which finds or installs one"
    context = chromium.browser_type.launch_persistent_context(
        tmp_path,
        executable_path=browser,
        args=arguments(server.port),
        locale="en-GB",
        viewport=DESKTOP,
        base_url=server.origin,
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("language", catalog.LOCALES)
def test_without_cookies(forbidding: Page, customer: str, language: str) -> None:
    forbidding.goto("/login")
    choose_language(forbidding, language)
    form = forbidding.get_by_test_id("login")
    form.locator("[name=email]").fill(customer)
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("[type=submit]").click()
    expect(form.get_by_role("alert")).to_contain_text(catalog.text(language, "login.no_cookies"))


def test_without_storage(chromium: Browser, server: Server, customer: str) -> None:
    """Reflex's own script looks for it before ours is there: the console says so, and the page works all the same."""
    context = chromium.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin)
    context.add_init_script(NO_STORAGE)
    page = context.new_page()
    log_in(page, customer)
    page.get_by_label("City").fill("Lyon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your details have been saved.")).to_be_visible()
    context.close()


TEST_ID = '"data-testid":`login`'
"""As it is in the built script of the page."""


def test_a_page_that_crashes(chromium: Browser, server: Server) -> None:
    page = chromium.new_page(locale="en-GB", base_url=server.origin)
    page.route("**/assets/_login_*.js", crash)
    page.goto("/login")
    expect(page.get_by_role("alert")).to_contain_text(catalog.text("en", "ui.crash.title"))
    page.unroute("**/assets/_login_*.js")
    page.get_by_role("link", name=catalog.text("en", "ui.crash.reload")).click()
    expect(page.get_by_test_id("login")).to_be_visible()
    page.close()


def crash(route: Route) -> None:
    """Makes the code of the page fail."""
    built = web_dir() / "build" / "client" / "assets" / route.request.url.rpartition("/")[2]
    script = built.read_text("utf-8")
    assert script.count(TEST_ID) == 1
    failing = script.replace(TEST_ID, f"...(() => {{ throw Error() }})(),{TEST_ID}")
    route.fulfill(content_type="text/javascript", body=failing)


def test_one_build_serves_any_address(chromium: Browser, tmp_path: Path) -> None:
    """The pages of all other tests, on another port: the socket is opened where the page was."""
    port = free_port()
    with running(tmp_path, port=port, public_url=f"http://localhost:{port}") as elsewhere:
        email = elsewhere.create_account("anna@example.com")
        browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(port)[:-1])
        page = browser.new_page(base_url=elsewhere.origin, locale="en-GB")
        log_in(page, email)
        browser.close()


def test_under_another_address(chromium: Browser, server: Server) -> None:
    elsewhere = f"--host-resolver-rules=MAP elsewhere.example:3000 127.0.0.1:{server.port}"
    browser = chromium.browser_type.launch(executable_path=executable(), args=[*arguments(server.port)[:-1], elsewhere])
    page = browser.new_page()
    page.goto("http://elsewhere.example:3000/login")
    said = page.get_by_test_id("connection-lost")
    for locale in catalog.LOCALES:
        expect(said.locator(f"[lang={locale}]")).to_contain_text(catalog.text(locale, "ui.connection.never"))
    browser.close()
