"""A page that is used by mouse, or by keyboard alone."""

import pytest
from playwright.sync_api import Locator, Page, expect


class Mouse:
    """How most people use a page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def type(self, field: Locator, text: str) -> None:
        field.fill(text)

    def press(self, control: Locator) -> None:
        control.click()


class Keyboard:
    """How a page is used without a mouse: Tab until the focus is there, then type, or press Enter or Space."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(60):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab never reached {target}")

    def type(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.type(text)

    def tick(self, box: Locator) -> None:
        self._reach(box)
        self.page.keyboard.press("Space")

    def press(self, control: Locator) -> None:
        self._reach(control)
        outline = control.evaluate("element => getComputedStyle(element).outlineStyle")
        assert outline != "none", f"the focus cannot be seen on {control}"
        self.page.keyboard.press("Enter")
