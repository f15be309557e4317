"""A customer reads, checks and exports the journal, and verifies the export on another machine."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from netim_app.features.journal.service import checking, keys
from netim_app.identity import operations
from tests.browser.conftest import DESKTOP, PHONE, go_to_security, log_in
from tests.kit.harness import PASSWORD, Server
from tests.kit.journal import lengthen, unpack
from tests.kit.proofs import WINDOW


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_journal_is_read_checked_exported_and_verified_elsewhere(
    server: Server, new_context: Callable[..., BrowserContext], customer: str, viewport: dict[str, int], tmp_path: Path
) -> None:
    page = new_context(viewport=viewport).new_page()
    log_in(page, customer)
    with server.units.write() as unit:
        account_id = operations.find_account(unit, customer) or 0
        lengthen(unit, account_id, checking.PART)
        operations.note_and_tell(unit, account_id, "exported", operations.Origin())
    witness = small_print(server, customer, "Help with your")
    server.move_clock(WINDOW + 1)
    go_to_security(page)
    card = page.get_by_role("region", name="Journal", exact=True)

    card.get_by_role("button", name="Show the journal").click()
    shown = page.get_by_test_id("journal").get_by_role("listitem")
    expect(shown.first).to_contain_text("Help with your Netim Direct account")
    expect(shown.first).to_contain_text(witness.replace("Journal no.", "No."))
    card.get_by_role("button", name="By us").click()
    expect(shown).to_have_count(1)
    card.get_by_label("From").fill("0001-01-01")
    card.get_by_role("button", name="Filter").click()
    expect(card.get_by_text("Enter a date such as")).to_be_visible()
    card.get_by_label("From").fill("2020-01-01")
    card.get_by_label("IP address").fill("203.0.113.99")
    card.get_by_role("button", name="Filter").click()
    expect(card.get_by_text("No entries.")).to_be_visible()
    card.get_by_role("button", name="Check my journal").click()
    expect(page.get_by_text(re.compile(r"Verified from no\. 1 to \d+\."))).to_be_visible()

    card.get_by_role("button", name="Export").click()
    page.get_by_role("dialog").get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_download() as download:
        page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    assert download.value.suggested_filename == "netim-direct-journal.zip"
    export = unpack(Path(download.value.path()).read_bytes(), tmp_path)
    published = page.request.get(f"{server.address}{keys.PATH}").text()
    mails = (witness, small_print(server, customer, "journal was exported"))
    last = json.loads(export.lines()[-1])["no"]
    said = export.verify("--key", published, *(part for mail in mails for part in ("--mail", mail)))
    assert said == (0, f"verified from no. 1 to {last}, account {account_id}")

    export.write_lines(export.lines()[:-1])
    assert export.verify("--mail", mails[1])[0] == 1


def small_print(server: Server, customer: str, subject: str) -> str:
    """The line of the journal in a mail."""
    body = server.wait_for_mail(customer, subject=subject).get_body(("plain",))
    found = re.search(r"Journal no\. \d+ · [0-9a-f-]+", body.get_content() if body else "")
    assert found
    return found[0]
