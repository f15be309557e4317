"""Connection and Security as a long page: its groups, what stays in view, and what is folded."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, unfold_rules
from tests.kit.harness import Server
from tests.kit.ip_restriction import restrict
from tests.kit.pages import SECURITY
from tests.kit.phone import open_settings

GROUPS = {"Logging in": "logging-in", "Access": "access", "Activity": "activity"}
FOCUSED = """() => {
  const focused = document.activeElement;
  if (!focused.closest("main") || focused.id === "main") return null;
  const { x, y } = focused.getBoundingClientRect();
  return [focused.closest("nav") || focused.closest("#security-level") ? 0 : 1, y + scrollY, x];
}"""


def levels(page: Page) -> list[int]:
    found = page.locator("h1, h2, h3, h4").all()
    return [int(heading.evaluate("heading => heading.tagName[1]")) for heading in found if heading.is_visible()]


@pytest.mark.parametrize(("width", "stays"), [(1200, True), (1199, False)])
def test_the_gauge_and_the_links_stay_in_view_where_there_is_room(
    page: Page, server: Server, customer: str, width: int, stays: bool
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_settings(page, server, customer)
    expect(page.get_by_role("meter")).to_be_in_viewport()

    page.get_by_role("region", name="IP Restriction").evaluate("card => card.scrollIntoView()")

    links = page.get_by_role("navigation", name="On this page").get_by_role("link")
    for each in (page.get_by_role("meter"), *links.all()):
        if stays:
            expect(each).to_be_in_viewport(ratio=1)
        else:
            expect(each).not_to_be_in_viewport()


def test_in_a_low_window_everything_at_the_side_can_be_reached(page: Page, server: Server, customer: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 400})
    open_settings(page, server, customer)
    page.mouse.wheel(0, 600)

    last = page.locator("#security-level").get_by_role("button").last
    last.focus()

    expect(last).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_each_link_leads_to_its_group(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, viewport: dict[str, int]
) -> None:
    page = new_context(viewport=viewport).new_page()
    open_settings(page, server, customer)
    for name, anchor in GROUPS.items():
        page.get_by_role("navigation", name="On this page").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", name=name, level=2)).to_be_in_viewport(ratio=1)
        assert page.url.endswith(f"#{anchor}")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_headings_skip_no_level_and_tab_goes_as_the_eye_does(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, viewport: dict[str, int]
) -> None:
    """At the side from above to below, then the cards from above to below."""
    restrict(server, customer, "127.0.0.0/8", "203.0.113.7")
    page = new_context(viewport=viewport).new_page()
    open_settings(page, server, customer)
    expect(page.get_by_role("meter")).to_be_visible()
    found = levels(page)
    assert found[0] == 1
    assert max(found) == 4
    assert all(after - before <= 1 for before, after in pairwise(found))

    places: list[Any] = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place = page.evaluate(FOCUSED)
        if place is not None:
            places.append(place)
        elif places:
            break
    assert len(places) > 12
    rows = [(side, round(top / 40)) for side, top, _ in places]  # a switch is a little above its title
    assert rows == sorted(rows)


def test_what_is_off_is_folded_and_a_link_to_the_card_shows_it(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    add = page.get_by_role("button", name="Add a rule")
    expect(page.get_by_role("switch", name="IP Restriction")).to_be_visible()
    expect(add).to_have_count(0)

    unfold_rules(page)
    expect(add).to_be_visible()

    page.goto("/account/personal-information")
    expect(page.get_by_role("meter")).to_be_visible()
    page.goto(f"{SECURITY}#ip-restriction")
    expect(add).to_be_visible()


def test_what_is_on_is_not_folded(page: Page, server: Server, customer: str) -> None:
    restrict(server, customer, "127.0.0.0/8")
    open_settings(page, server, customer)
    expect(page.get_by_role("button", name="Add a rule")).to_be_visible()


def test_the_gauge_names_what_is_left_and_the_cards_name_all(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    expect(page.get_by_test_id("gauge-totp")).to_be_visible()
    expect(page.get_by_test_id("gauge-password")).to_be_hidden()
    expect(page.get_by_role("region", name="Password", exact=True)).to_be_visible()

    page.goto("/account/personal-information")
    expect(page.get_by_test_id("gauge-password")).to_be_visible()
