"""The pictures of the README, taken from a server of their own: `python -m tools.screenshots [folder]`, from the root.

It builds the pages if they are not built yet, starts the server of the tests in a temporary folder, and makes an
account that nobody else ever sees. The clock stands at the same morning each time, so that dates do not change from
run to run; the key in the QR code does.
"""

import io
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pyotp
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from tests.kit.harness import PASSWORD, ROOT, Server, running
from tools.find_program import BROWSER, find

DOCS = ROOT / "docs"
MOMENT = datetime(2026, 9, 15, 9, 30, tzinfo=UTC)
SECURITY = "/account/connection-and-security"
DESKTOP = ViewportSize(width=1280, height=900)
TALL = ViewportSize(width=1280, height=1040)
PHONE = ViewportSize(width=360, height=740)
LIMIT = 120_000
# The browser's bars are hidden in pictures, and so must be the room that the page keeps for them.
NO_GUTTER = "document.documentElement.style.scrollbarGutter = 'auto'"


def main(folder: Path = DOCS) -> None:
    """Takes all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "netim_app", "build"], cwd=ROOT, check=True)
    with (
        tempfile.TemporaryDirectory() as var,
        running(Path(var) / "var") as server,
        sync_playwright() as playwright,
    ):
        server.move_clock(MOMENT.timestamp() - time.time())
        browser = playwright.chromium.launch(
            executable_path=find(BROWSER),
            args=[
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                f"--host-resolver-rules=MAP localhost:3000 127.0.0.1:{server.port}",
            ],
        )
        try:
            take_all(browser, server, folder)
        finally:
            browser.close()


def take_all(browser: Browser, server: Server, folder: Path) -> None:
    """The journey of one customer: two steps to a good level."""
    email = server.create_account("anna.martin@example.com")
    phone = browser.new_context(
        locale="en-GB", viewport=PHONE, is_mobile=True, has_touch=True, base_url=server.origin
    ).new_page()
    log_in(phone, email)
    save(phone, folder / "personal-information-phone.png")
    phone.context.close()

    page = browser.new_context(locale="en-GB", viewport=TALL, base_url=server.origin).new_page()
    log_in(page, email)
    page.goto(SECURITY)
    page.get_by_role("button", name="Enable", exact=True).click()
    wizard = page.get_by_test_id("totp-wizard")
    expect(wizard.get_by_test_id("totp-qr")).to_be_visible()
    page.evaluate("document.activeElement.blur()")
    save(page, folder / "two-factor-step-1.png")
    confirm(page, server, wizard)

    page.set_viewport_size(DESKTOP)
    page.goto(SECURITY)
    page.get_by_test_id("login-alerts-switch").click()
    expect(page.get_by_text("On since")).to_be_visible()
    page.get_by_role("button", name="Dismiss this message").click()
    expect(page.get_by_text("Email alerts are on.")).to_have_count(0)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.goto(SECURITY)
        expect(page.get_by_role("meter")).to_have_attribute("aria-valuenow", "80")
        page.evaluate("scrollTo(0, 0)")  # a page that is loaded again stays where it was
        save(page, folder / f"connection-and-security-{scheme}.png")


def log_in(page: Page, email: str) -> None:
    """By the form; ends on Personal information."""
    page.goto("/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Personal information", level=1)).to_be_visible()
    expect(page.get_by_role("meter")).to_be_visible()


def confirm(page: Page, server: Server, wizard: Locator) -> None:
    """The steps of the wizard after the first."""
    shown = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", wizard.get_by_test_id("totp-key").inner_text())
    if shown is None:
        raise RuntimeError("no key is shown")
    now = server.units.clock()
    wizard.get_by_role("button", name="Next").click()
    wizard.get_by_label("Code (6 digits)").fill(pyotp.TOTP(shown[0].replace(" ", "")).at(now))
    wizard.get_by_label("Name of the device").fill("Pixel")
    wizard.get_by_role("button", name="Check").click()
    codes = page.get_by_test_id("backup-codes-new")
    codes.get_by_label("I have saved them").check()
    codes.get_by_role("button", name="Done").click()
    expect(codes).to_have_count(0)


def save(page: Page, path: Path) -> None:
    """The window's present content, in 256 colours."""
    page.evaluate(NO_GUTTER)
    page.mouse.move(0, 0)
    page.wait_for_timeout(700)  # the ring of the gauge fills
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    # The method that keeps a colour of few pixels, such as that of the green check marks.
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LIMIT:
        raise RuntimeError(f"{path.name} has {size} bytes")
    print(f"{path.name}: {picture.width} x {picture.height}, {size // 1000} kB")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:2]))
