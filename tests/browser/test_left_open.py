"""A page that was left open until the server had forgotten its tab: the answer to a press reaches it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from redis import Redis

from tests.browser.conftest import DESKTOP, arguments, executable, open_public
from tests.browser.wire import Wire
from tests.kit.harness import PASSWORD, Server, link_in, redis_server, running
from tests.kit.languages import choose_language
from tests.kit.phone import open_settings

NEW_PASSWORD = "copper window giraffe 77"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Redis, str]]:
    """Where the server below keeps the states of its tabs."""
    with redis_server(tmp_path_factory.mktemp("tabs")) as started:
        yield started


@pytest.fixture(scope="module")
def server(store: tuple[Redis, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose tabs can be forgotten at any moment."""
    folder = tmp_path_factory.mktemp("left-open") / "var"
    with running(folder, env={"NETIM_REDIS_URL": store[1]}) as started:
        yield started


@pytest.fixture
def page(chromium: Browser, server: Server) -> Iterator[Page]:
    """A tab of a browser of its own: the one of other tests looks for another server."""
    browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(server.port))
    context = browser.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin)
    yield context.new_page()
    browser.close()


@pytest.fixture
def forget_tabs(store: tuple[Redis, str]) -> Callable[[], None]:
    """Forgets the states of a tab that nobody uses, as the server does: the connection stays."""

    def forget() -> None:
        keys = list(store[0].scan_iter(match="*_reflex___state*"))
        assert keys
        store[0].delete(*keys)

    return forget


def test_login(page: Page, customer: str, forget_tabs: Callable[[], None]) -> None:
    open_public(page, "/login")
    page.get_by_label("Email address").fill(customer)
    page.get_by_label("Password", exact=True).fill("wrong wrong wrong 1")
    forget_tabs()
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Wrong email address or password.")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value(customer)

    page.get_by_label("Password", exact=True).fill(PASSWORD)
    forget_tabs()
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def test_sign_up(page: Page, server: Server, email: str, forget_tabs: Callable[[], None]) -> None:
    open_public(page, "/signup")
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill("quiet meadow lantern 42")
    forget_tabs()
    page.get_by_role("button", name="Create my account").click()
    expect(page.get_by_test_id("sent")).to_contain_text(email)
    server.wait_for_mail(email)


def test_forgotten_and_reset(page: Page, server: Server, customer: str, forget_tabs: Callable[[], None]) -> None:
    open_public(page, "/forgot-password")
    page.get_by_label("Email address").fill(customer)
    forget_tabs()
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_test_id("sent")).to_contain_text(customer)

    page.goto(link_in(server.wait_for_mail(customer)))
    page.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    forget_tabs()
    page.get_by_role("button", name="Set the new password").click()
    expect(page.get_by_test_id("reset-done")).to_be_visible()
    expect(page.get_by_label("New password", exact=True)).to_have_count(0)


def test_a_dialog_of_an_account(page: Page, server: Server, customer: str, forget_tabs: Callable[[], None]) -> None:
    open_settings(page, server, customer)
    page.get_by_test_id("password-change").click()
    dialog = page.get_by_test_id("password-dialog")
    dialog.get_by_label("Current password").fill("wrong wrong wrong 1")
    dialog.get_by_label("New password", exact=True).fill(NEW_PASSWORD)
    forget_tabs()
    dialog.get_by_role("button", name="Change password").click()
    expect(dialog.get_by_text("Wrong password.")).to_be_visible()
    expect(dialog.get_by_label("New password", exact=True)).to_have_value(NEW_PASSWORD)

    dialog.get_by_label("Current password").fill(PASSWORD)
    forget_tabs()
    dialog.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password has been changed.")).to_be_visible()
    expect(dialog).to_have_count(0)


def test_a_session_that_has_ended_meanwhile(
    page: Page, server: Server, customer: str, forget_tabs: Callable[[], None]
) -> None:
    open_settings(page, server, customer)
    expect(page.get_by_role("switch", name="Email alerts")).to_be_visible()
    server.move_clock(31 * 60)
    forget_tabs()
    ended = page.get_by_text("Your session has ended.")
    # The server looks for ended sessions every few seconds: the page may be told before the press.
    page.get_by_role("switch", name="Email alerts").or_(ended).click()
    expect(ended).to_be_visible()
    expect(page.get_by_text("Anna Martin")).to_have_count(0)


@pytest.mark.parametrize("forgotten", [True, False], ids=["forgotten", "kept"])
def test_what_was_answered_outlives_a_lost_connection(
    chromium: Browser, server: Server, customer: str, forget_tabs: Callable[[], None], *, forgotten: bool
) -> None:
    """As on a phone whose owner looks into the mailbox meanwhile."""
    with Wire(server.port) as wire:
        browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(wire.port))
        page = browser.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin).new_page()
        page.goto("/forgot-password")
        page.get_by_label("Email address").fill(customer)
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_test_id("sent")).to_be_visible()
        wire.cut()
        expect(page.get_by_test_id("connection-lost")).to_be_visible()
        if forgotten:
            forget_tabs()
        wire.mend()
        expect(page.get_by_text("Connected again.")).to_be_visible()
        choose_language(page, "fr")  # the page has opened once more when this is answered
        expect(page.get_by_test_id("sent")).to_contain_text("Si ")
        browser.close()
