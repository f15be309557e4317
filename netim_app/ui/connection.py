"""What the page says when the server cannot be reached."""

import reflex as rx
from reflex_components_core.core.banner import has_too_many_connection_errors

from netim_app.texts.catalog import LOCALES, text
from netim_app.ui.notice import notice
from netim_app.ui.script import QUIET
from netim_app.ui.text import known_locale, tr

_BACK = "w-fit rounded-control border border-success/40 bg-success-soft px-4 py-2.5 text-sm"


def connection_notice() -> rx.Component:
    """Says that the connection is gone or back, and that a press had no answer. On every page and in every dialog.

    In a dialog, too: while one is open, what is outside of it can be neither seen well nor heard by a screen reader.
    One failed attempt is nothing: the socket tries again at once.
    """
    return rx.el.div(
        rx.el.div(
            rx.cond(has_too_many_connection_errors, _lost(), _back()),
            class_name=rx.cond(has_too_many_connection_errors, "block", f"linger hidden {_BACK}"),
        ),
        rx.el.div(
            notice("warning", tr("ui.connection.unanswered")),
            class_name="hidden in-data-unanswered:block",
            custom_attrs={"data-testid": "unanswered"},
        ),
        role="status",
        custom_attrs=QUIET,
    )


def _lost() -> rx.Component:
    return rx.el.div(
        notice("warning", rx.cond(known_locale(), tr("ui.connection.lost"), _in_every_language())),
        custom_attrs={"data-server-away": "", "data-testid": "connection-lost"},
    )


def _back() -> rx.Component:
    shown = {"class_name": "animate-appear", "custom_attrs": {"data-testid": "connection-back"}}
    return rx.el.p(tr("ui.connection.back"), **shown)


def _in_every_language() -> rx.Component:
    """For a page that never reached the server, which alone knows the language.

    So does a page behind a proxy that lets no websocket pass, or opened under another address than the public one.
    """
    said = (rx.el.p(text(locale, "ui.connection.never"), lang=locale) for locale in LOCALES)
    return rx.el.div(*said, class_name="flex flex-col gap-2")
