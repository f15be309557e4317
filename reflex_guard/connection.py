"""Page notices: the server cannot be reached, or a press got no answer."""

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
    """Says that the connection is lost or restored, or that a press got no answer. For every page and every dialog.

    A dialog needs its own: while it is open, screen readers cannot reach anything outside it, and little of that is
    visible. A single failed attempt is not reported: the socket retries at once.

    Args:
        lost: shown while there is no connection. The page may never have had one.
        back: shown when the connection is restored.
        unanswered: shown when a press of `reflex_guard.single_submit` got no answer.
        back_class: hides its element, at once or after a while.
        unanswered_class: hides its element unless the root of the page has `data-unanswered`.
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
    """For `rx.App(head_components=...)`: the default classes of a notice."""
    return rx.el.style(_STYLES)
