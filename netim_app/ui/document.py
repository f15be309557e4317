"""The head of the document, and the wrappers of the whole app."""

from collections.abc import Callable

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.reflex_port.components import ERROR_BOUNDARY, error_boundary
from netim_app.texts.catalog import DEFAULT_LOCALE, text
from netim_app.ui.buttons import button_link
from netim_app.ui.icons import logo
from netim_app.ui.text import tr
from reflex_guard.single_submit import early_script

PREVIEW = "/preview.png"
"""The picture with which other sites show a link to us."""


def head() -> list[rx.Component]:
    """For `rx.App(head_components=...)`: icons and the description of the pages. Reflex itself adds the chosen theme.

    `PREVIEW` comes from each page (`image=`). `netim_app/web/brand_files.py` serves the files.
    """
    about = text(DEFAULT_LOCALE, "ui.description")
    open_graph = {"type": "website", "site_name": get_brand().product, "description": about}
    return [
        early_script(),
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(rel="apple-touch-icon", href="/icon.png"),
        rx.el.link(rel="manifest", href="/manifest.webmanifest"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="description", content=about),
        *(rx.el.meta(property=f"og:{name}", content=content) for name, content in open_graph.items()),
        rx.el.meta(name="twitter:card", content="summary_large_image"),
    ]


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """For `rx.App(app_wraps=...)`: the error boundary with our own text, and no overlay (its toasts need eval)."""
    return {ERROR_BOUNDARY: lambda _stateful: error_boundary(_crash())}


def _crash() -> rx.Component:
    """Replaces a page whose code failed in the browser. The details are logged, and not shown to the customer."""
    return rx.el.div(
        logo(),
        rx.el.h1(tr("ui.crash.title"), class_name="text-2xl font-semibold tracking-tight"),
        rx.el.p(tr("ui.crash.text"), class_name="text-muted"),
        # Loads the same page again. No event: the failed code may be the part that sends events.
        button_link(tr("ui.crash.reload"), "", class_name="w-fit"),
        role="alert",
        class_name="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-5 px-4",
    )
