"""What is around every page: header, landmarks, footer, skeletons, and the wraps of the whole app."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx
from reflex.style import toggle_color_mode
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_too_many_connection_errors

from netim_app.texts.catalog import DEFAULT_LOCALE, LOCALES, text
from netim_app.ui.icons import icon, logo
from netim_app.ui.menu import menu
from netim_app.ui.notice import notice
from netim_app.ui.script import FOCUS_AFTER_NAVIGATION, DocumentLanguage, PageHeading
from netim_app.ui.text import LocaleState, known_locale, tr
from netim_app.ui.theme import FOCUS

Text = rx.Var | str

_COLUMN = "mx-auto w-full max-w-4xl px-4 sm:px-6"
_PULSE = "animate-pulse rounded-control bg-sunken"


def public_page(
    *content: rx.Component,
    title: Text,
    ready: rx.Var[bool],
    locale_switch: Any,
    notices: rx.Component | None = None,
    below: rx.Component | None = None,
    skeleton: rx.Component | None = None,
) -> rx.Component:
    """A page for visitors: one narrow column.

    Args:
        content: what is inside of the panel, below the title.
        title: heading of level 1.
        ready: whether the page's state is loaded. Until then, and until the language is known, a skeleton is shown.
        locale_switch: event handler that takes a locale, or a component.
        notices: above the panel, always mounted; a `live_region`, for one.
        below: under the panel: links to other pages.
    """
    known = known_locale()
    return rx.el.div(
        DocumentLanguage.create(),
        _skip_link(known),
        _connection_notice(),
        rx.el.header(
            rx.el.div(
                rx.el.a(logo(), href="/", class_name=f"flex rounded-control {FOCUS}"),
                _preferences(locale_switch, known),
                class_name=f"{_COLUMN} flex h-16 items-center justify-between gap-2",
            ),
        ),
        rx.el.main(
            *([notices] if notices is not None else []),
            rx.el.div(
                rx.cond(
                    ready & known,
                    rx.fragment(
                        _heading(title, "text-xl font-semibold tracking-tight text-balance"),
                        rx.el.div(*content, class_name="mt-6 flex flex-col gap-5 text-sm"),
                    ),
                    skeleton if skeleton is not None else _form_skeleton(),
                ),
                class_name="rounded-card border border-line bg-surface p-6 shadow-card sm:p-8",
            ),
            *(
                [rx.cond(ready & known, rx.el.div(below, class_name="mt-6 text-center text-sm"))]
                if below is not None
                else []
            ),
            **_MAIN,
            class_name="mx-auto w-full max-w-md flex-1 px-4 pt-6 pb-16 outline-none sm:pt-12",
        ),
        _footer(known),
        class_name="flex min-h-dvh flex-col",
    )


def account_page(
    *content: rx.Component,
    heading: Text,
    ready: rx.Var[bool],
    skeleton: rx.Component,
    customer_name: rx.Var[str],
    menu_items: Sequence[rx.Component],
    locale_switch: Any,
    notices: rx.Component | None = None,
    overlays: Sequence[rx.Component] = (),
) -> rx.Component:
    """A page for signed-in customers.

    Args:
        content: cards, shown when ready.
        heading: heading of level 1.
        ready: whether the page's state is loaded. Until then nothing private is in the document.
        skeleton: stands in the content's place, and has its size; see `skeleton_lines`.
        customer_name: label of the menu at the upper right.
        menu_items: made by `menu_link` and `menu_form_button`.
        locale_switch: event handler that takes a locale, or a component.
        notices: above the cards, always mounted; a `live_region`, for one.
        overlays: dialogs that belong to the whole page.
    """
    known = known_locale()
    shown = ready & known
    return rx.el.div(
        DocumentLanguage.create(),
        _skip_link(known),
        _connection_notice(),
        rx.el.header(
            rx.el.div(
                rx.el.a(logo(compact=True), href="/", class_name=f"flex min-w-0 rounded-control {FOCUS}"),
                rx.el.div(
                    _preferences(locale_switch, known),
                    rx.cond(
                        shown,
                        menu(*menu_items, label=customer_name, test_id="account-menu"),
                        rx.el.div(class_name=f"h-9 w-28 {_PULSE}"),
                    ),
                    class_name="flex items-center gap-1 sm:gap-2",
                ),
                class_name=f"{_COLUMN} flex h-16 items-center justify-between gap-2",
            ),
            class_name="border-b border-line bg-surface",
        ),
        rx.el.main(
            rx.cond(
                known,  # before the customer's data: it holds none
                _heading(heading, "text-2xl font-semibold tracking-tight text-balance"),
                rx.el.div(class_name=f"h-8 w-64 max-w-full {_PULSE}"),
            ),
            rx.el.div(
                *([notices] if notices is not None else []),
                rx.cond(shown, rx.el.div(*content, class_name="flex flex-col gap-5"), _loading(skeleton, known)),
                class_name="mt-6",
            ),
            **_MAIN,
            class_name=f"{_COLUMN} flex-1 pt-8 pb-16 outline-none sm:pt-10",
        ),
        *[rx.cond(shown, overlay) for overlay in overlays],
        _footer(known),
        class_name="flex min-h-dvh flex-col",
    )


def skeleton_lines(n: int) -> rx.Component:
    """A card-sized placeholder with so many grey lines."""
    widths = ("w-2/5", "w-11/12", "w-3/4", "w-5/6")
    lines = [rx.el.div(class_name=f"h-4 {widths[i % len(widths)]} {_PULSE}") for i in range(n)]
    return rx.el.div(
        *lines, class_name="flex flex-col gap-4 rounded-card border border-line bg-surface p-5 shadow-card sm:p-6"
    )


def not_found(*, locale_switch: Any | None = None) -> rx.Component:
    """The page for addresses that lead nowhere."""
    # Nothing has to be loaded: without a known language it speaks English.
    return rx.el.div(
        DocumentLanguage.create(),
        rx.el.main(
            logo(),
            _heading(tr("ui.not_found.title"), "text-2xl font-semibold tracking-tight"),
            rx.el.p(tr("ui.not_found.text"), class_name="text-muted"),
            rx.el.a(
                tr("ui.not_found.home"),
                href="/",
                class_name="inline-flex min-h-11 w-fit items-center rounded-control bg-accent px-4 text-sm font-medium "
                f"text-on-accent hover:bg-accent-strong {FOCUS}",
            ),
            *([_language(locale_switch)] if locale_switch is not None else []),
            **_MAIN,
            class_name="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-5 px-4 outline-none",
        ),
    )


def language_switch(choose: Callable[[str], Any]) -> rx.Component:
    """One button per language.

    Args:
        choose: event handler that takes a locale.
    """
    return rx.el.div(
        *[
            rx.el.button(
                locale.upper(),
                type="button",
                lang=locale,
                title=tr(f"ui.language.{locale}"),
                # What is seen is part of the name: so one can say it to operate it (WCAG 2.5.3).
                aria_label=tr(f"ui.language.{locale}") + f" ({locale.upper()})",
                aria_pressed=rx.cond(LocaleState.locale == locale, "true", "false"),
                on_click=choose(locale),
                class_name="min-h-9 min-w-9 rounded-control text-xs font-medium text-muted hover:bg-sunken "
                f"aria-pressed:text-ink aria-pressed:bg-sunken {FOCUS}",
                custom_attrs={"data-testid": f"locale-{locale}"},
            )
            for locale in LOCALES
        ],
        role="group",
        aria_label=tr("ui.language"),
        class_name="flex items-center",
    )


def theme_switch() -> rx.Component:
    """A button between light and dark. Until it is used, the system decides; the choice stays in this browser."""
    return rx.el.button(
        icon("theme"),
        type="button",
        on_click=toggle_color_mode,
        title=tr("ui.theme.switch"),
        aria_label=tr("ui.theme.switch"),
        class_name=f"grid size-9 place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink {FOCUS}",
        custom_attrs={"data-testid": "theme-switch"},
    )


def head() -> list[rx.Component]:
    """For `rx.App(head_components=...)`: icons, and the chosen theme before the first paint."""
    # Reflex sets the class only after its code has been loaded: a dark page would flash up in white.
    early = (
        'try{var t=localStorage.getItem("theme");if(t==="dark"||t==="light")'
        "document.documentElement.classList.add(t)}catch(e){}"
    )
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="description", content=text(DEFAULT_LOCALE, "ui.description")),
        rx.el.script(early),
    ]


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """For `rx.App(app_wraps=...)`: the error boundary with our own words, and no overlay (its toasts need eval)."""
    return {(55, "ErrorBoundary"): lambda _stateful: ErrorBoundary.create(fallback_render=_crash())}


# Without the address changing: it may hold an anchor that is still needed.
_TO_MAIN = '(event) => { event.preventDefault(); document.getElementById("main").focus(); }'
_MAIN = {"id": rx.Var('"main"'), "tab_index": -1}


def _heading(text: Text, class_name: str) -> rx.Component:
    return PageHeading.create(
        text,
        tab_index=-1,
        class_name=f"outline-none {class_name}",
        custom_attrs={"ref": FOCUS_AFTER_NAVIGATION.ref},
    )


def _preferences(locale_switch: Any, known: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        known,
        rx.el.div(_language(locale_switch), theme_switch(), class_name="flex items-center gap-1"),
        rx.el.div(class_name="h-9 w-28"),
    )


def _language(locale_switch: Any) -> rx.Component:
    return locale_switch if isinstance(locale_switch, rx.Component) else language_switch(locale_switch)


def _skip_link(known: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        known,
        rx.el.A.create(
            tr("ui.skip_to_content"),
            href="#main",
            custom_attrs={"onClick": rx.Var(_TO_MAIN)},
            class_name="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-30 "
            "focus:rounded-control focus:bg-surface focus:px-4 focus:py-3 focus:text-sm focus:font-medium "
            f"focus:shadow-overlay {FOCUS}",
        ),
    )


def _connection_notice() -> rx.Component:
    """Says that the server cannot be reached. One failure is nothing: the socket tries again at once.

    Also on a page that could never connect, and so does not know its language: English is better than silence.
    """
    return rx.el.div(
        rx.cond(
            has_too_many_connection_errors,
            rx.el.div(
                notice("warning", tr("ui.connection.lost"), test_id="connection-lost"),
                class_name="fixed inset-x-4 bottom-4 z-30 mx-auto max-w-md shadow-overlay",
            ),
        ),
        role="status",
    )


def _footer(known: rx.Var[bool]) -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            icon("shield", size="size-4"),
            rx.cond(known, rx.el.span(tr("ui.footer.promise")), rx.el.span(class_name=f"h-4 w-64 {_PULSE}")),
            class_name=f"{_COLUMN} flex min-h-10 items-center justify-center gap-2 py-6 text-xs text-muted",
        ),
    )


def _loading(skeleton: rx.Component, known: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        rx.cond(known, rx.el.span(tr("ui.loading"), role="status", class_name="sr-only")),
        rx.el.div(skeleton, aria_hidden="true", class_name="flex flex-col gap-5"),
        custom_attrs={"data-testid": "skeleton", "aria-busy": "true"},
    )


def _form_skeleton() -> rx.Component:
    bars = ("h-7 w-3/5", "h-11 mt-3", "h-11", "h-11")
    return rx.el.div(
        *[rx.el.div(class_name=f"{bar} {_PULSE}") for bar in bars],
        aria_hidden="true",
        class_name="flex flex-col gap-5",
        custom_attrs={"data-testid": "skeleton"},
    )


def _crash() -> rx.Var:
    """Shown in place of a page whose code failed in the browser. The details go to the log, not to the customer."""
    page = rx.el.div(
        logo(),
        rx.el.h1(tr("ui.crash.title"), class_name="text-2xl font-semibold tracking-tight"),
        rx.el.p(tr("ui.crash.text"), class_name="text-muted"),
        rx.el.button(
            tr("ui.crash.reload"),
            type="button",
            class_name="min-h-11 w-fit rounded-control bg-accent px-4 text-sm font-medium text-on-accent "
            f"hover:bg-accent-strong {FOCUS}",
            # No event: what fails here may be the very thing that carries events.
            custom_attrs={"onClick": rx.Var("() => location.reload()")},
        ),
        role="alert",
        class_name="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-5 px-4",
    )
    return ArgsFunctionOperation.create(("event_args",), rx.Var.create(page))
