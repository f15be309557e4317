import pathlib
import pytest
from tests.browser.test_two_factor import *
OUT = pathlib.Path("/tmp/tfshots"); OUT.mkdir(exist_ok=True)

@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_shots(server, new_context, email, viewport, scheme):
    server.create_account(email)
    page = new_context(viewport=viewport, color_scheme=scheme).new_page()
    n = f"{viewport['width']}-{scheme}"
    def shot(name, full=False):
        page.wait_for_timeout(300)
        page.screenshot(path=OUT / f"{name}-{n}.png", full_page=full)
    sign_in(page, email)
    page.goto(SECURITY)
    d = open_wizard(page); shot("1install")
    d.evaluate("e => e.scrollTo(0, 99999)"); shot("1bottom")
    phone = Phone(server, d.get_by_test_id("totp-qr"))
    d.get_by_role("button", name="Next").click(); d.get_by_label("Code (6 digits)").fill("123456"); d.get_by_role("button", name="Check").click(); expect(d.get_by_text("not right")).to_be_visible(); shot("2check")
    d.get_by_label("Code (6 digits)").fill(phone.code()); d.get_by_role("button", name="Check").click()
    s = page.get_by_test_id("backup-codes-new"); expect(s).to_be_visible(); shot("3codes")
    if scheme == "light" and viewport == DESKTOP:
        page.pdf(path=OUT / "sheet.pdf")
    finish(page); page.goto(SECURITY+"#two-factor"); page.reload(); page.wait_for_timeout(800); shot("card", True)
    d = open_wizard(page, "Add a device"); shot("4add"); page.keyboard.press("Escape")
    card(page).get_by_role("button", name="Remove My device").click(); shot("5disable")
