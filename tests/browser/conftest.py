"""A real server, a real Chromium, and a customer of one's own for each test."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from netim_app.registry import FEATURES
from netim_app.settings import LOOPBACK_NAMES
from tests.browser.wire import Wire
from tests.kit.harness import PASSWORD, Server, running
from tools.find_program import BROWSER, find

ARGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
EXPECTED_NOISE = ("Failed to load resource: the server responded with a status of 404",)
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 360, "height": 740}

expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all journeys."""
    with running(tmp_path_factory.mktemp("browser-server") / "var") as started:
        yield started


def executable() -> str:
    """The browser's program."""
    path = find(BROWSER)
    assert path, "no browser: run `make test`, which finds or installs one"
    return path


def arguments(port: int) -> list[str]:
    """Pages are opened at port 3000; the browser is told where the server really listens."""
    rules = ",".join(f"MAP {name}:3000 127.0.0.1:{port}" for name in LOOPBACK_NAMES)
    return [*ARGS, f"--host-resolver-rules={rules}"]


@pytest.fixture(autouse=True)
def clock_put_right(server: Server) -> Iterator[None]:
    """Each test begins at the present time: a `Phone` moves the clock to the next code."""
    yield
    server.move_clock(0)


@pytest.fixture(scope="module")
def chromium(server: Server) -> Iterator[Browser]:
    """One browser for all journeys of a module.

    Playwright keeps an event loop running until it stops, and no asynchronous test can run beside that loop.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=arguments(server.port))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def wire(server: Server) -> Iterator[Wire]:
    """A line to the server that can be slow, cut and mended."""
    with Wire(server.port) as made:
        yield made


@pytest.fixture(scope="module")
def wired(wire: Wire, chromium: Browser) -> Iterator[Browser]:
    """A browser whose every connection goes through the wire."""
    browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(wire.port))
    yield browser
    browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """The complaints of the browser's console: violations of the content security policy, for one."""
    return []


@pytest.fixture
def new_context(chromium: Browser, server: Server, complaints: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browsers without a past; `locale` and `viewport` as Playwright has them."""
    opened: list[BrowserContext] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED_NOISE):
            complaints.append(message.text)

    def note_foreign(request: Request) -> None:
        if not request.url.startswith((server.origin, "data:", "blob:")):
            complaints.append(f"asked somebody else: {request.url}")

    def make(**options: object) -> BrowserContext:
        context = chromium.new_context(
            **{"locale": "en-GB", "viewport": DESKTOP, "base_url": server.origin, **options}  # type: ignore[arg-type]
        )
        context.on("console", note)
        context.on("request", note_foreign)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()
    assert complaints == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A tab of a desktop browser that speaks English."""
    return new_context().new_page()


_numbers = itertools.count(1)


@pytest.fixture
def email() -> str:
    """An address that nobody else has."""
    return f"customer{next(_numbers)}@example.com"


@pytest.fixture
def customer(server: Server, email: str) -> str:
    """The address of a customer with an account."""
    return server.create_account(email)


@pytest.fixture(scope="module")
def own_limits(server: Server) -> Iterator[None]:
    """Counts of what comes from this address begin anew, for this module and for the next: here all mail is asked for
    from one address, and a server sends so many in an hour.
    """
    server.stop()
    server.start()
    yield
    server.stop()
    server.start()


def open_public(page: Page, path: str) -> None:
    """Waits until the server knows the tab: its form is there before."""
    page.goto(path)
    expect(page.get_by_test_id("locale-en")).to_have_attribute("aria-current", "true")


def log_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fills in the login form, in English."""
    page.goto("/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Personal information")).to_be_visible()


def go_to_security(page: Page) -> None:
    """Opens Connection and Security by the menu under the customer's name."""
    page.get_by_role("button", name="Anna Martin").click()
    page.get_by_role("link", name="Connection and Security").click()
    expect(page.get_by_role("heading", name="Connection and Security", level=1)).to_be_visible()


def unfold_rules(page: Page) -> None:
    """Shows the addresses of the IP restriction, which are folded while it is off."""
    page.locator("#ip-restriction summary").click()


def gauge_percent(*done: str) -> str:
    """The gauge's percentage when the protections of these keys are in force, and no others."""
    return str(sum(p.points for f in FEATURES for p in f.protections if p.key in done))


def log_out(page: Page) -> None:
    """Logs out by the menu."""
    page.get_by_role("button", name="Anna Martin").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
