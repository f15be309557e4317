"""The page's notice that the server cannot be reached."""

import reflex as rx

from netim_app.texts.catalog import LOCALES, text
from netim_app.ui.notice import notice
from netim_app.ui.text import known_locale, tr
from reflex_guard import connection

_BACK = "w-fit rounded-control border border-success/40 bg-success-soft px-4 py-2.5 text-sm"


def connection_notice() -> rx.Component:
    """Says that the connection is lost or restored, or that a press got no answer. In every page and dialog."""
    shown = {"class_name": "animate-appear", "custom_attrs": {"data-testid": "connection-back"}}
    return connection.connection_notice(
        lost=notice("warning", rx.cond(known_locale(), tr("ui.connection.lost"), _in_every_language())),
        back=rx.el.p(tr("ui.connection.back"), **shown),
        unanswered=notice("warning", tr("ui.connection.unanswered")),
        back_class=f"linger hidden {_BACK}",
        unanswered_class="hidden in-data-unanswered:block",
    )


def _in_every_language() -> rx.Component:
    """For a page that never reached the server: only the server knows the language.

    That happens behind a proxy that blocks websockets, or on a page opened under another address than the public one.
    """
    said = (rx.el.p(text(locale, "ui.connection.never"), lang=locale) for locale in LOCALES)
    return rx.el.div(*said, class_name="flex flex-col gap-2")
