"""The kit page, used as a developer would who wants to see how a piece behaves."""

import re
from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Locator, Page, expect

from netim_app.pages.kit.page import SECTIONS, examples, whole_pages
from tests.browser.conftest import DESKTOP, PHONE

Scheme = Literal["light", "dark"]
COLOURS: dict[str, object] = {"runOnly": ["color-contrast", "link-in-text-block"]}


@pytest.fixture
def kit(page: Page) -> Page:
    page.goto("/dev/kit")
    expect(page.get_by_role("heading", name="Kit", level=1)).to_be_visible()
    return page


def example(page: Page, name: str) -> Locator:
    return page.locator(f'[data-example="{name}"]')


def test_every_example_is_reached_from_the_index(kit: Page) -> None:
    kit.get_by_role("link", name="Wizard that stays").click()
    expect(kit.get_by_role("heading", name="Wizard that stays")).to_be_in_viewport()
    expect(kit.locator("[data-example]")).to_have_count(sum(len(examples(section)) for section in SECTIONS))
    for shown in kit.locator("[data-example]").all():
        assert shown.bounding_box()["height"] > 30  # type: ignore[index]  # nothing is empty


def test_the_chosen_theme_is_there_before_anything_is_painted(page: Page) -> None:
    """A dark page would flash up in white."""
    page.add_init_script(
        """localStorage.setItem("theme", "dark");
        document.onreadystatechange = () => { window.early ??= document.documentElement.className; };"""
    )
    page.goto("/login")
    assert "dark" in page.evaluate("early").split()


def test_the_code_is_copied_as_it_is_shown(kit: Page) -> None:
    kit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = kit.get_by_role("group", name="Code: Skeleton of a card")
    code.get_by_role("button", name="Copy").click()
    said = code.get_by_role("status").get_by_text("Copied")
    expect(said).to_be_visible()
    assert kit.evaluate("navigator.clipboard.readText()") == (
        "from netim_app.ui.skeleton import skeleton_card\n\nreturn skeleton_card()"
    )
    expect(said).to_be_hidden()


def test_what_works_works_by_keyboard(kit: Page) -> None:
    switch = kit.get_by_test_id("kit-switch")
    switch.focus()
    kit.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "true")

    opener = kit.get_by_test_id("kit-open")
    opener.focus()
    kit.keyboard.press("Enter")
    expect(kit.get_by_test_id("kit-dialog")).to_be_visible()
    kit.keyboard.press("Escape")
    expect(kit.get_by_test_id("kit-dialog")).to_have_count(0)
    expect(opener).to_be_focused()

    kit.get_by_test_id("kit-menu").focus()
    kit.keyboard.press("ArrowDown")
    expect(example(kit, "menu-of-links-and-actions").get_by_role("link")).to_be_focused()


def test_a_wizard_that_stays_is_left_by_its_last_button_only(kit: Page) -> None:
    kit.get_by_test_id("kit-wizard-open").click()
    kit.keyboard.press("Escape")
    kit.keyboard.press("Escape")
    kit.get_by_test_id("kit-wizard-1").get_by_role("button", name="Next").click()
    kit.get_by_test_id("kit-wizard-2").get_by_role("button", name="Done").click()
    expect(kit.locator("dialog")).to_have_count(0)


def test_the_form_says_what_is_wrong_and_what_was_done(kit: Page) -> None:
    form = kit.get_by_test_id("kit-form")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_label("Nickname")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Nickname").fill("Anna")
    form.get_by_role("button", name="Save").click()
    expect(kit.get_by_test_id("live-region")).to_contain_text("Your details have been saved.")
    expect(form.get_by_label("Nickname")).not_to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(("viewport", "schemes"), [(DESKTOP, ("light", "dark")), (PHONE, ("dark", "light"))])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    new_context: Callable[..., BrowserContext],
    schemes: tuple[Scheme, Scheme],
    viewport: dict[str, int],
) -> None:
    """At each width all rules in one theme; in the other those about colours, because themes differ in nothing else."""
    page = new_context(viewport=viewport, reduced_motion="reduce").new_page()
    for path in ("/dev/kit", *whole_pages()):
        page.emulate_media(color_scheme=schemes[0])
        page.goto(path)
        loads = path.endswith("-loads")
        expect(
            page.get_by_test_id("theme-switch").first if loads else page.get_by_role("heading", level=1)
        ).to_be_visible()
        # A page that loads for ever has no heading: it is in the state that did not come.
        all_rules: dict[str, object] = {"rules": {"page-has-heading-one": {"enabled": not loads}}}
        for scheme, rules in zip(schemes, (all_rules, COLOURS), strict=True):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
            found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
            assert [(path, scheme, v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
