"""A customer chooses a phrase, finds it in a mail, and asks whether mails are ours."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext, expect

from netim_app.texts import catalog
from tests.browser.conftest import DESKTOP, PHONE
from tests.kit.harness import PASSWORD, Server
from tests.kit.kept_secrets import text_of
from tests.kit.phone import open_settings
from tests.kit.proofs import WINDOW


@pytest.mark.parametrize(
    ("language", "viewport", "scheme"),
    [("en", DESKTOP, "light"), ("fr", PHONE, "dark")],
    ids=["desktop in English", "phone in French"],
)
def test_a_customer_knows_our_mails_by_a_phrase_and_by_their_reference(
    server: Server,
    new_context: Callable[..., BrowserContext],
    email: str,
    language: str,
    viewport: dict[str, int],
    scheme: Literal["light", "dark"],
) -> None:
    server.create_account(email, language=language)
    page = new_context(viewport=viewport, color_scheme=scheme).new_page()
    open_settings(page, server, email)
    card = page.locator("#mail-phrase")
    expect(card).to_contain_text(catalog.text(language, "genuine_mail.off"))
    page.get_by_test_id("phrase-begin").press("Enter")
    page.locator("#field-phrase").fill("blue heron at noon")
    page.keyboard.press("Enter")
    expect(card.get_by_test_id("phrase-begin")).to_have_text(catalog.text(language, "genuine_mail.show"))

    server.move_clock(WINDOW + 1)
    page.reload()
    page.get_by_test_id("phrase-begin").press("Enter")
    proof = page.get_by_role("dialog").locator("[type=password]")
    expect(proof).to_be_focused()
    expect(page.get_by_text("blue heron")).to_have_count(0)
    proof.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("phrase-present")).to_have_text("blue heron at noon")
    page.keyboard.press("Escape")
    expect(page.get_by_text("blue heron")).to_have_count(0)

    mail = server.wait_for_mail(email)
    text = text_of([mail])
    assert "blue heron at noon" in text
    assert mail["Content-Language"] == language
    stranger = new_context(viewport=viewport, color_scheme=scheme).new_page()
    stranger.goto("/login")
    stranger.locator('a[href="/did-you-send-this"]').press("Enter")
    form = stranger.get_by_test_id("question")
    form.locator("textarea").fill(text)
    form.locator("[type=submit]").press("Enter")
    expect(stranger.get_by_test_id("question-sent")).to_contain_text("Change of the phrase in emails")
    expect(stranger.get_by_text(email)).to_have_count(0)
    stranger.get_by_role("button", name="Check another email").press("Enter")
    form.locator("textarea").fill("7KQ2M-X9PD4")
    form.locator("[type=submit]").press("Enter")
    expect(stranger.get_by_test_id("question-no")).to_be_visible()
