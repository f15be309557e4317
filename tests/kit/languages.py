"""The languages of the product, as tests run through them and as a browser asks for them."""

from playwright.sync_api import Page

from netim_app.texts.languages import language


def tag(code: str) -> str:
    """A browser's name for the language: `en-GB`, `de`."""
    return str(language(code).region).replace("_", "-")


def choose_language(page: Page, code: str) -> None:
    """By the menu in the header."""
    page.get_by_test_id("language-menu").click()
    page.get_by_test_id(f"locale-{code}").click()
