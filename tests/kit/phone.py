"""An authenticator application, and the wizard in a browser."""

import io

import pyotp
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from netim_app.features.totp.rules import STEP_SECONDS, step_at
from netim_app.identity import tickets
from reflex_guard.tokens import digest
from tests.kit.factories import account_id_of
from tests.kit.harness import PASSWORD, Server
from tests.kit.pages import SECURITY

SCANS = 100


def scan(picture: Locator) -> str:
    """The text of the QR code, as soon as it can be read: a page may be scrolling, or not be drawn yet."""
    for _ in range(SCANS):
        shot = Image.open(io.BytesIO(picture.screenshot()))
        if found := zxingcpp.read_barcodes(shot, formats=zxingcpp.BarcodeFormat.QRCode):
            return str(found[0].text)
        picture.page.wait_for_timeout(100)
    raise AssertionError("the QR code cannot be read")


class Phone:
    """An application that scans QR codes and shows codes. Each code is given out once, as the server takes it once."""

    def __init__(self, server: Server, picture: Locator) -> None:
        expect(picture).to_be_visible()
        self.uri = scan(picture)
        self._server = server
        self._totp = pyotp.parse_uri(self.uri)
        self._last = 0

    def code(self, steps: int = 0) -> str:
        """The next code that nobody has seen yet; time is moved until there is one."""
        now = step_at(self._server.units.clock())
        if steps:
            return str(self._totp.generate_otp(now + steps))
        if now <= self._last:
            self._server.move_clock(self._offset() + (self._last + 1 - now) * STEP_SECONDS)
            now = self._last + 1
        self._last = now
        return str(self._totp.generate_otp(now))

    def _offset(self) -> int:
        path = self._server.folder / "clock"
        return int(float(path.read_text() or 0)) if path.exists() else 0


def open_settings(page: Page, server: Server, email: str) -> None:
    """Logs in without the form, which counts how often it is used from one address, and opens the page."""
    over_http, address = page.context.request, f"http://localhost:{server.port}"  # the host whose cookies the page has
    over_http.get(f"{address}/login")
    browser = next(str(c["value"]) for c in page.context.cookies() if "browser" in str(c["name"]))
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        ticket = tickets.issue_ticket(unit, purpose="login", account_id=account_id, browser_digest=digest(browser))
    headers = {"Sec-Fetch-Site": "same-origin"}
    answer = over_http.post(f"{address}/auth/session", form={"ticket": ticket}, headers=headers, max_redirects=0)
    assert answer.status == 303
    page.goto(SECURITY)


def open_wizard(page: Page, name: str = "Enable") -> Locator:
    page.get_by_role("button", name=name, exact=True).click()
    dialog = page.get_by_test_id("totp-wizard")
    expect(dialog).to_be_visible()
    return dialog


def enable(page: Page, server: Server) -> tuple[Phone, list[str]]:
    """Enables two-factor authentication; returns the phone and the backup codes."""
    return go_through(page, server, open_wizard(page))


def go_through(page: Page, server: Server, dialog: Locator) -> tuple[Phone, list[str]]:
    """The steps of the open wizard."""
    expect(dialog.get_by_text("Step 1 of 3")).to_be_visible()
    phone = Phone(server, dialog.get_by_test_id("totp-qr"))
    dialog.get_by_role("button", name="Next").click()
    expect(dialog.get_by_text("Step 2 of 3")).to_be_visible()
    dialog.get_by_label("Code (6 digits)").fill(phone.code())
    dialog.get_by_label("Name of the device").fill("Pixel")
    dialog.get_by_role("button", name="Check").click()
    sheet = page.get_by_test_id("backup-codes-new")
    expect(sheet.get_by_text("Step 3 of 3")).to_be_visible()
    codes = sheet.get_by_test_id("backup-codes-list").get_by_role("listitem").all_inner_texts()
    assert len(set(codes)) == 10
    return phone, codes


def finish(page: Page) -> None:
    """Says that the shown backup codes are saved."""
    sheet = page.get_by_test_id("backup-codes-new")
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)


def give_password(page: Page, email: str) -> None:
    """The first step of a login that asks for a code."""
    page.goto("/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def give_code(page: Page, code: str) -> None:
    """The second step. Six digits send themselves: the button may be gone by then."""
    page.get_by_label("Code (6 digits)").fill(code)
    page.get_by_role("button", name="Log in").evaluate_all("buttons => buttons.forEach((button) => button.click())")
