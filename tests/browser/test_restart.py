"""The server is restarted while the wizard is open: it has lost the states of its tabs, and the page goes on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, arguments, executable
from tests.kit.harness import Server, running
from tests.kit.phone import Phone, open_settings, open_wizard


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of its own, which keeps the states of its tabs in memory."""
    with running(tmp_path_factory.mktemp("restart") / "var") as started:
        yield started


@pytest.fixture
def page(chromium: Browser, server: Server, customer: str) -> Iterator[Page]:
    """A tab with the settings of a customer."""
    browser = chromium.browser_type.launch(executable_path=executable(), args=arguments(server.port))
    page = browser.new_context(locale="en-GB", viewport=DESKTOP, base_url=server.origin).new_page()
    open_settings(page, server, customer)
    yield page
    browser.close()


def restart(page: Page, server: Server) -> None:
    server.stop()
    expect(page.get_by_test_id("connection-lost").last).to_be_visible()
    server.start()
    expect(page.get_by_test_id("connection-lost")).to_have_count(0)


def test_the_wizard_goes_on_at_each_step(page: Page, server: Server) -> None:
    wizard = open_wizard(page)
    phone = Phone(server, wizard.get_by_test_id("totp-qr"))
    restart(page, server)
    expect(wizard.get_by_test_id("totp-qr")).to_be_visible()
    wizard.get_by_role("button", name="Next").click()
    wizard.get_by_label("Name of the device").fill("Pixel")
    restart(page, server)
    expect(wizard.get_by_label("Name of the device")).to_have_value("Pixel")
    wizard.get_by_label("Code (6 digits)").fill(phone.code())
    wizard.get_by_role("button", name="Check").click()
    sheet = page.get_by_test_id("backup-codes-new")
    codes = sheet.get_by_test_id("backup-codes-list").get_by_role("listitem")
    expect(codes).to_have_count(10)
    shown = codes.all_inner_texts()
    restart(page, server)
    assert codes.all_inner_texts() == shown
    sheet.get_by_label("I have saved them").check()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)
    expect(page.get_by_test_id("totp-devices")).to_contain_text("Pixel")
    expect(page.get_by_test_id("backup-codes-unsaved")).to_have_count(0)


def test_giving_up_after_a_restart_deletes_the_secret(page: Page, server: Server) -> None:
    wizard = open_wizard(page)
    restart(page, server)
    assert server.query("SELECT count(*) FROM totp_enrolment") == [1]
    wizard.get_by_role("button", name="Cancel").click()
    expect(wizard).to_have_count(0)
    assert server.query("SELECT count(*) FROM totp_enrolment") == [0]
