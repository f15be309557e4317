"""Nothing moves while a page loads: cold cache, slow network, slow machine (web.dev: a shift above 0.1 needs work)."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.kit.harness import Server
from tests.kit.languages import tag
from tests.kit.phone import open_settings

MAX_SHIFT = 0.02
SECRET = "A" * 43
"""In the form of a mailed link's. Without one, a page says what is missing, which moves what is below."""
PAGES = (
    "/login",
    "/signup",
    "/forgot-password",
    f"/verify-email?for=sign-up#{SECRET}",
    f"/reset-password#{SECRET}",
    f"/restore-email#{SECRET}",
    f"/not-me#{SECRET}",
    f"/alert-copy#{SECRET}",
    "/nowhere",
)
ACCOUNT = ("/account/personal-information", "/account/connection-and-security")
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""About what Lighthouse calls slow 4G."""
WATCH = """() => {
  window.shifts = [];
  const box = ({x, y, width, height}) => [x, y, width, height].map(Math.round).join(" ");
  const what = ({node, previousRect, currentRect}) =>
    `${(node?.outerHTML ?? "text").slice(0, 120)}: ${box(previousRect)} -> ${box(currentRect)}`;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.shifts.push([entry.value, entry.sources.map(what)]);
  }).observe({type: "layout-shift", buffered: true});
}"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(window.shifts), 100)))"


@pytest.mark.parametrize(
    ("viewport", "language"),
    [(DESKTOP, "en"), (PHONE, "fr"), (PHONE, "de")],  # words are long where there is little room
    ids=["desktop-en", "phone-fr", "phone-de"],
)
def test_nothing_moves_while_a_page_loads(
    new_context: Callable[..., BrowserContext], server: Server, email: str, viewport: dict[str, int], language: str
) -> None:
    server.create_account(email, language=language)
    context = new_context(viewport=viewport, locale=tag(language))
    context.add_init_script(f"({WATCH})()")
    page = context.new_page()
    devices = context.new_cdp_session(page)
    devices.send("Network.enable")
    devices.send("Network.setCacheDisabled", {"cacheDisabled": True})
    devices.send("Network.emulateNetworkConditions", SLOW)
    devices.send("Emulation.setCPUThrottlingRate", {"rate": 2})

    def moved(path: str, shown: str) -> list[Any]:
        page.goto(path, wait_until="commit")
        expect(page.locator(shown)).to_be_visible(timeout=30_000)
        return [shift for shift in page.evaluate(SETTLED) if shift[0] > 0.001]

    found = {path: moved(path, "h1") for path in PAGES}
    open_settings(page, server, email)
    found |= {path: moved(path, "[data-testid=gauge]") for path in ACCOUNT}
    too_much = {path: shifts for path, shifts in found.items() if sum(value for value, _ in shifts) >= MAX_SHIFT}
    assert not too_much, json.dumps(too_much, indent=1)
