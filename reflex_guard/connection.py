"""What a page says when the server cannot be reached, and when a press had no answer."""

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from reflex_guard.single_submit import QUIET

HIDDEN, UNANSWERED = "connection-hidden", "connection-unanswered"
_STYLES = f".{HIDDEN}, .{UNANSWERED} {{ display: none }} [data-unanswered] .{UNANSWERED} {{ display: block }}"


def connection_notice(
    *,
    lost: rx.Component,
    back: rx.Component,
    unanswered: rx.Component,
    back_class: str = HIDDEN,
    unanswered_class: str = UNANSWERED,
) -> rx.Component:
    """Says that the connection is gone or back, and that a press had no answer. For every page and every dialog.

    In a dialog, too: while one is open, what is outside of it can be neither seen well nor heard by a screen reader.
    One failed attempt is nothing: the socket tries again at once.

    Args:
        lost: what is said while there is no connection. The page may never have had one.
        back: what is said when there is one again.
        unanswered: what is said about a press of `reflex_guard.single_submit` that had no answer.
        back_class: hides its element, at once or after a while.
        unanswered_class: hides its element unless `data-unanswered` stands at the root of the page.
    """
    away = rx.el.div(lost, custom_attrs={"data-server-away": "", "data-testid": "connection-lost"})
    return rx.el.div(
        rx.el.div(
            rx.cond(has_too_many_connection_errors, away, back),
            class_name=rx.cond(has_too_many_connection_errors, "block", back_class),
        ),
        rx.el.div(unanswered, class_name=unanswered_class, custom_attrs={"data-testid": "unanswered"}),
        role="status",
        custom_attrs=QUIET,
    )


def connection_styles() -> rx.Component:
    """For `rx.App(head_components=...)`: the classes that a notice has unless others are given."""
    return rx.el.style(_STYLES)
