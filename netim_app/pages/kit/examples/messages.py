"""Messages."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import button_in_text
from netim_app.ui.connection import connection_notice
from netim_app.ui.notice import live_region, notice


def kinds_of_notice() -> rx.Component:
    """Screen readers read the kind of each in words; `danger` interrupts them."""
    return rx.fragment(
        notice("success", "Your password was changed."),
        notice("info", "This session ends in 10 minutes."),
        notice("warning", "You have 2 backup codes left."),
        notice("danger", "The server refused that."),
    )


def notice_that_can_be_closed() -> rx.Component:
    """`on_close` is the handler that removes it."""
    return notice("info", "Your browser was not known yet: we sent you an email.", on_close=KitState.close)


def notice_with_more_than_text() -> rx.Component:
    """A component instead of a text."""
    return notice(
        "warning",
        rx.fragment(
            rx.el.p("Who has this key can log in:", class_name="font-medium"),
            rx.el.p("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),
        ),
    )


def place_where_a_page_speaks() -> rx.Component:
    """Always mounted, so screen readers observe it. Pages use theirs by `await show_notice(self, "success", "key")`."""
    return live_region(
        rx.cond(KitState.on, "Email alerts are on.", "Email alerts are off."),
        rx.cond(KitState.on, "success", "warning"),
        on_close=KitState.close,
        number=rx.cond(KitState.on, 1, 0),
        on_end=KitState.close,
        test_id="kit-live-region",
        action=button_in_text("Undo", KitState.close),
    )


def what_is_said_when_the_server_is_away() -> rx.Component:
    """Empty while there is a connection: stop the server to see it. Every page and dialog of the kit has one."""
    return connection_notice()
