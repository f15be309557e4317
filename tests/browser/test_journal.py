"""A customer reads, checks and exports the journal, and verifies the export on another machine."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, expect

from netim_app.features.journal.service import checking, keys
from netim_app.identity import operations
from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, PHONE
from tests.kit.factories import account_id_of
from tests.kit.hands import Keyboard, Mouse
from tests.kit.harness import PASSWORD, Server
from tests.kit.journal import lengthen, unpack
from tests.kit.pages import SECURITY
from tests.kit.phone import open_settings
from tests.kit.proofs import WINDOW


@pytest.mark.parametrize(("language", "viewport", "hand"), [("en", DESKTOP, Mouse), ("fr", PHONE, Keyboard)])
def test_a_journal_is_read_checked_exported_and_verified_elsewhere(
    server: Server,
    new_context: Callable[..., BrowserContext],
    email: str,
    language: str,
    viewport: dict[str, int],
    hand: type[Mouse | Keyboard],
    tmp_path: Path,
) -> None:
    def say(key: str, **params: object) -> str:
        return catalog.text(language, key, **params)

    def button(key: str) -> Locator:
        return card.get_by_role("button", name=say(key), exact=True)

    server.create_account(email, language=language)
    page = new_context(viewport=viewport).new_page()
    open_settings(page, server, email)
    with server.units.write() as unit:
        account_id = account_id_of(unit, email)
        lengthen(unit, account_id, checking.PART)
        operations.note_and_notify(unit, account_id, "exported", operations.Origin())
    witness = small_print(server, email, say("mail.support_acted.subject"))
    server.move_clock(WINDOW + 1)
    page.goto(f"{SECURITY}#journal")
    by, card = hand(page), page.get_by_role("region", name=say("journal.title"), exact=True)

    by.press(button("journal.show"))
    shown = page.get_by_test_id("journal").get_by_role("listitem")
    expect(shown.first).to_contain_text(say("mail.support_acted.subject"))
    expect(shown.first).to_contain_text(witness)
    by.press(button("journal.check"))
    checked = page.get_by_text(
        re.compile(re.escape(say("journal.checked", first=1, last="LAST")).replace("LAST", r"\d+"))
    )
    expect(checked).to_be_visible()

    by.press(button("journal.export"))
    dialog = page.get_by_role("dialog")
    by.type(dialog.get_by_label(say("field.password"), exact=True), PASSWORD)
    with page.expect_download() as download:
        by.press(dialog.get_by_role("button", name=say("step_up.submit")))
    assert download.value.suggested_filename == "netim-direct-journal.zip"
    export = unpack(Path(download.value.path()).read_bytes(), tmp_path)
    published = page.request.get(f"{server.address}{keys.PATH}").text()
    mails = (witness, small_print(server, email, say("mail.journal_exported.subject")))
    last = json.loads(export.lines()[-1])["no"]
    said = export.verify("--key", published, *(part for mail in mails for part in ("--mail", mail)))
    assert said == (0, f"verified from no. 1 to {last}, account {account_id}")
    export.write_lines(export.lines()[:-1])
    assert export.verify("--mail", mails[1])[0] == 1

    by.press(button("journal.shown.operator"))
    expect(shown).to_have_count(1)
    card.get_by_label(say("journal.since")).fill("0001-01-01")
    by.press(button("journal.filter"))
    expect(card.get_by_text(say("journal.no_day"))).to_be_visible()
    card.get_by_label(say("journal.since")).fill("2020-01-01")
    by.type(card.get_by_label(say("journal.address")), "203.0.113.99")
    by.press(button("journal.filter"))
    expect(card.get_by_text(say("journal.none"))).to_be_visible()


def small_print(server: Server, customer: str, subject: str) -> str:
    """Number and fingerprint in a mail."""
    body = server.wait_for_mail(customer, subject=subject).get_body(("plain",))
    found = re.search(r"\d+ · (?:[0-9a-f]{4}-){4}[0-9a-f]{4}", body.get_content() if body else "")
    assert found
    return found[0]
