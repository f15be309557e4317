"""Notices: they disappear by themselves, cover nothing, and concern only the present visit."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.kit.harness import Server
from tests.kit.pages import PERSONAL
from tests.kit.phone import open_settings

PLAY = "notice => notice.getAnimations().map(({ playState, effect }) => [playState, effect.getTiming().duration])"
"""Of its animations: whether they run, and for how many milliseconds."""
NEARLY_OVER = "notice => { notice.getAnimations()[0].currentTime = 5900; }"
COVERED = """notice => {
  const { left, right, top, bottom } = notice.getBoundingClientRect();
  const meets = (box) => box.left < right && box.right > left && box.top < bottom && box.bottom > top;
  return [...document.querySelectorAll("h1, h2, h3, h4, [role=switch]")]
    .filter((each) => meets(each.getBoundingClientRect())).map((each) => each.innerText || each.ariaLabel);
}"""


def said(page: Page) -> Locator:
    return page.get_by_test_id("live-region").locator("> *")


def switch_alerts(page: Page) -> Locator:
    """Presses the switch; returns the notice about it."""
    page.get_by_role("switch", name="Email alerts").click()
    expect(said(page)).to_contain_text("Email alerts are")
    return said(page)


def away(page: Page) -> None:
    page.mouse.move(page.viewport_size["width"] / 2, 5)  # type: ignore[index]  # it has one


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_a_success_leaves_after_six_seconds(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, motion: str
) -> None:
    page = new_context(reduced_motion=motion).new_page()
    open_settings(page, server, customer)
    notice = switch_alerts(page)
    away(page)
    assert notice.evaluate(PLAY) == [["running", 6000]]

    notice.evaluate(NEARLY_OVER)

    expect(notice).to_have_count(0)
    page.reload()
    expect(page.get_by_role("switch", name="Email alerts")).to_be_checked()


def test_it_stays_while_the_pointer_or_the_focus_is_on_it(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    notice = switch_alerts(page)
    close = notice.get_by_role("button", name="Dismiss this message")
    notice.hover()
    assert notice.evaluate(PLAY) == [["paused", 6000]]
    away(page)
    assert notice.evaluate(PLAY) == [["running", 6000]]
    close.focus()
    assert notice.evaluate(PLAY) == [["paused", 6000]]

    page.keyboard.press("Enter")

    expect(notice).to_have_count(0)


def test_the_next_one_has_its_whole_time(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    first = switch_alerts(page)
    first.evaluate(
        "notice => { const [time] = notice.getAnimations(); time.pause(); time.currentTime = 5900; notice.old = true; }"
    )

    page.get_by_role("switch", name="Email alerts").click()

    expect(said(page)).to_contain_text("Email alerts are off")
    assert said(page).evaluate("notice => notice.old") is None
    assert said(page).evaluate("notice => notice.getAnimations()[0].currentTime") < 5000


def test_a_fault_stays(page: Page, server: Server, customer: str) -> None:
    open_settings(page, server, customer)
    page.goto(PERSONAL)
    form = page.get_by_test_id("profile")
    form.get_by_label("First name").evaluate("field => { field.required = false; field.value = ''; }")
    form.get_by_label("Time zone").evaluate("field => { field.selectedOptions[0].value = 'nonsense'; }")
    form.get_by_role("button", name="Save").click()

    notice = said(page)
    expect(notice).to_be_visible()
    assert [each for each in notice.evaluate(PLAY) if each[0] == "running" and each[1] > 1000] == []


@pytest.mark.parametrize("at", ["start", "center", "end"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_it_does_not_cover_what_was_pressed(
    new_context: Callable[..., BrowserContext], server: Server, customer: str, viewport: dict[str, int], at: str
) -> None:
    """Wherever the switch is in the window. On a wide screen the notice covers no heading and no switch at all.

    On a phone the window ends above it: nothing is seen beside or below.
    """
    page = new_context(viewport=viewport).new_page()
    open_settings(page, server, customer)
    switch = page.get_by_role("switch", name="Email alerts")
    expect(switch).to_be_visible()
    switch.evaluate("(each, block) => each.scrollIntoView({ block })", at)

    notice = switch_alerts(page)

    expect(notice).to_be_in_viewport(ratio=1)
    covered = notice.evaluate(COVERED)
    assert "Email alerts" not in covered
    if viewport is DESKTOP:
        assert covered == []
    else:
        box = notice.bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, page.evaluate("document.body.getBoundingClientRect().width"))
        assert box["y"] + box["height"] == pytest.approx(viewport["height"])


def test_no_page_speaks_of_an_earlier_visit(page: Page, server: Server, customer: str) -> None:
    """Neither when it is loaded anew, which may take a while, nor when the customer comes back to it."""
    open_settings(page, server, customer)
    page.add_init_script(
        """new MutationObserver(() => {
          if (document.querySelector("[data-testid=live-region]")?.innerText) window.repeated = true;
        }).observe(document, { childList: true, subtree: true });"""
    )
    switch_alerts(page)

    for come in (page.reload, lambda: page.goto(PERSONAL), page.go_back):
        come()
        expect(page.get_by_role("meter")).to_be_visible()
        expect(page.get_by_test_id("skeleton")).to_have_count(0)
        assert page.evaluate("window.repeated") is None
