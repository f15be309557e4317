"""How much a browser loads before a page stands, and how soon it shows something."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright._impl._api_structures import SetCookieParam
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright

from tests.benchmarks.servers import ORIGIN, CounterServer, ProductServer
from tests.kit.harness import Server
from tests.kit.pages import SECURITY
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
PHONE = {"viewport": {"width": 412, "height": 823}, "is_mobile": True, "device_scale_factor": 1.75}
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
"""Milliseconds, and bytes a second: those of Lighthouse."""
CPU_SLOWER = 4
PHONE_TIMEOUT_MS = 120_000
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


@dataclass(frozen=True)
class Weight:
    """Bytes as they went over the wire, without headers."""

    code: int
    html: int
    encodings: str


def weigh(product: ProductServer, counter: CounterServer) -> tuple[Weight, Weight]:
    """First load of Connection and Security for a logged-in customer, and of the counter's page."""
    customer = product.make_customers(1, logged_in=True)[0]
    cookies: list[SetCookieParam] = [
        {"name": name, "value": value, "url": ORIGIN} for name, value in customer.cookies.items()
    ]

    def product_stands(page: Page) -> None:
        expect(page.get_by_role("heading", name="Connection and Security", level=1)).to_be_visible()
        expect(page.get_by_test_id("login-alerts-switch")).to_be_visible()

    def counter_stands(page: Page) -> None:
        expect(page.get_by_text("0", exact=True)).to_be_visible()

    return (
        _load(product, SECURITY, cookies, product_stands),
        _load(counter, "/", [], counter_stands),
    )


@dataclass(frozen=True)
class FirstView:
    """Until the network is idle: requests and bytes of their bodies. `seconds` is the first paint of content."""

    requests: int
    size: int
    seconds: float


def first_view(server: Server, path: str) -> FirstView:
    """A page on a phone that has seen none of the site, over slow 4G."""
    with _browser(server) as browser:
        page = browser.new_context(base_url=ORIGIN, **PHONE).new_page()
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.send("Network.emulateNetworkConditions", SLOW_4G)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWER})
        finished: list[Request] = []
        page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108
        page.goto(path, wait_until="networkidle", timeout=PHONE_TIMEOUT_MS)
        sizes = [request.sizes()["responseBodySize"] for request in finished]
        return FirstView(len(sizes), sum(sizes), page.evaluate(FIRST_PAINT) / 1000)


def _load(server: Server, path: str, cookies: list[SetCookieParam], stands: Callable[[Page], None]) -> Weight:
    with _browser(server) as browser:
        return _weigh_page(browser, path, cookies, stands)


@contextmanager
def _browser(server: Server) -> Iterator[Browser]:
    browser_path = find(BROWSER)
    if not browser_path:
        raise RuntimeError("no browser: `make test` finds or installs one")
    # The builds are made for port 3000; the browser is told where the server really listens.
    elsewhere = f"--host-resolver-rules=MAP localhost:3000 127.0.0.1:{server.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=[*ARGS, elsewhere])
        try:
            yield browser
        finally:
            browser.close()


def _weigh_page(browser: Browser, path: str, cookies: list[SetCookieParam], stands: Callable[[Page], None]) -> Weight:
    context = browser.new_context(base_url=ORIGIN, locale="en-GB", extra_http_headers={"Accept-Encoding": "gzip"})
    if cookies:
        context.add_cookies(cookies)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108  Playwright marks its handlers
    page.goto(path, wait_until="networkidle")
    stands(page)
    page.wait_for_load_state("networkidle")
    sizes: Counter[str] = Counter()
    encodings: Counter[str] = Counter()
    for request in finished:
        kind = _kind(request)
        response = request.response()
        if kind and response:
            sizes[kind] += request.sizes()["responseBodySize"]
            encodings[response.headers.get("content-encoding", "plain")] += 1
    return Weight(sizes["code"], sizes["html"], ", ".join(f"{n} {name}" for name, n in sorted(encodings.items())))


def _kind(request: Request) -> str:
    if request.resource_type == "document":
        return "html"
    return "code" if urlsplit(request.url).path.endswith((".js", ".mjs", ".css")) else ""
