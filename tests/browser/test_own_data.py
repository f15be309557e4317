"""A customer takes the data along, deletes the account, and comes back."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import DESKTOP, PHONE, log_in
from tests.kit.harness import PASSWORD, Server
from tests.kit.proofs import WINDOW


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_download_deletion_and_the_way_back(
    server: Server, new_context: Callable[..., BrowserContext], customer: str, viewport: dict[str, int]
) -> None:
    page = new_context(viewport=viewport).new_page()
    elsewhere = new_context().new_page()
    log_in(elsewhere, customer)
    log_in(page, customer)
    server.move_clock(WINDOW + 1)
    card = page.get_by_role("region", name="Your data", exact=True)

    card.get_by_role("button", name="Download").click()
    page.get_by_role("dialog").get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Your data has been downloaded.")).to_be_visible()
    assert download.value.suggested_filename == "netim-direct-data.json"
    saved = json.loads(Path(download.value.path()).read_text())
    assert saved["data"]["identity"]["account"]["email"] == customer
    server.wait_for_mail(customer, subject="data was downloaded")

    card.get_by_role("button", name="Delete account").click()
    dialog = page.get_by_role("dialog", name="Delete your account?")
    dialog.get_by_label("Type your email address to confirm").fill("somebody@example.com")
    dialog.get_by_role("button", name="Delete my account").click()
    expect(dialog.get_by_text("This is not the email address of this account.")).to_be_visible()
    dialog.get_by_label("Type your email address to confirm").fill(customer)
    dialog.get_by_role("button", name="Delete my account").click()

    expect(page.get_by_text("your account will be deleted")).to_be_visible()
    expect(elsewhere.get_by_text("Your session has ended. Please log in again.")).to_be_visible()
    server.wait_for_mail(customer, subject="Your account will be deleted on")
    page.goto("/account/personal-information")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()

    log_in(page, customer)

    panel = page.get_by_role("region", name="Your account stays")
    expect(panel).to_contain_text("nothing is deleted")
    server.wait_for_mail(customer, subject="account stays")
    panel.get_by_role("button", name="I have read this").click()
    expect(panel).to_have_count(0)
    page.reload()
    expect(page.get_by_role("region", name="Your data", exact=True)).to_be_visible()
    expect(panel).to_have_count(0)
