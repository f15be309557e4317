"""What is around every page: header, landmarks, footer, skeletons, and the wraps of the whole app."""

from collections.abc import Callable, Sequence
from typing import Any

import reflex as rx
from reflex.style import toggle_color_mode
from reflex.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary

from netim_app.texts.catalog import DEFAULT_LOCALE, LOCALES, text
from netim_app.ui.buttons import button_link
from netim_app.ui.connection import connection_notice
from netim_app.ui.icons import icon, logo
from netim_app.ui.menu import menu
from netim_app.ui.script import EARLY_THEME, H1, Button, Div, DocumentLanguage, function
from netim_app.ui.text import LocaleState, known_locale, tr
from netim_app.ui.theme import FOCUS

Text = rx.Var | str

_COLUMN = "mx-auto w-full max-w-column px-4 sm:px-6"
_PULSE = "animate-pulse rounded-control bg-sunken"
_CARD = "rounded-card border border-line bg-surface p-5 shadow-card sm:p-6"
_WIDTHS = ("w-2/5", "w-11/12", "w-3/4", "w-5/6")
_PANEL = "rounded-card border border-line bg-surface p-6 shadow-card sm:p-8"
_AT_THE_BOTTOM = "fixed inset-x-4 bottom-4 z-30 mx-auto max-w-md *:*:shadow-overlay"


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
        rx.el.div(connection_notice(), class_name=_AT_THE_BOTTOM),
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
                    skeleton if skeleton is not None else form_skeleton(2),
                ),
                class_name=_PANEL,
            ),
            *(
                [rx.cond(ready & known, rx.el.div(below, class_name="mt-6 text-center text-sm"))]
                if below is not None
                else []
            ),
            **_MAIN,
            class_name="mx-auto w-full max-w-panel flex-1 px-4 pt-4 pb-16 outline-none sm:pt-14",
        ),
        # With the content: a footer that is there before would be pushed away by it.
        rx.cond(ready & known, _footer(known)),
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
    """A page for logged-in customers.

    Args:
        content: cards, shown when ready.
        heading: heading of level 1.
        ready: whether the page's state is loaded. Until then nothing private is in the document.
        skeleton: stands in the content's place, and has its size; see `skeleton_card`.
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
        rx.el.div(connection_notice(), class_name=_AT_THE_BOTTOM),
        rx.el.header(
            rx.el.div(
                rx.el.a(logo(compact=True), href="/", class_name=f"flex min-w-0 rounded-control {FOCUS}"),
                rx.el.div(
                    _preferences(locale_switch, known),
                    rx.cond(
                        shown,
                        menu(*menu_items, label=customer_name, test_id="account-menu"),
                        _bar("h-11 w-34"),
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
                _heading(heading, "text-xl font-semibold tracking-tight text-balance sm:text-2xl"),
                _bar("h-7.25 w-64 max-w-full sm:h-8.5"),
            ),
            rx.el.div(
                *([notices] if notices is not None else []),
                rx.cond(
                    shown, rx.el.div(*content, class_name="flex flex-col gap-4 sm:gap-5"), _loading(skeleton, known)
                ),
                class_name="mt-6",
            ),
            **_MAIN,
            class_name=f"{_COLUMN} flex-1 pt-8 pb-16 outline-none sm:pt-10",
        ),
        *[rx.cond(shown, overlay) for overlay in overlays],
        _footer(known),
        class_name="flex min-h-dvh flex-col",
    )


def skeleton_card(*, lines: int = 2, gauge: bool = False) -> rx.Component:
    """A placeholder of the size of a card: title, a few lines of text, and a button at the right.

    Args:
        lines: of text, below the title.
        gauge: the size of the gauge instead.
    """
    bars = [_bar("h-6 w-44 max-w-full"), *(_bar(f"mt-1 h-4 {_WIDTHS[i % len(_WIDTHS)]}") for i in range(lines))]
    head = rx.el.div(*bars, class_name="flex min-w-0 flex-1 flex-col gap-2")
    if gauge:
        dial = rx.el.div(class_name="size-36 shrink-0 animate-pulse rounded-full border-[1.1rem] border-sunken")
        heights = ("h-6 w-32", "h-18", "h-18", "h-18", "h-10")
        rows = rx.el.div(*(_bar(height) for height in heights), class_name="flex flex-1 flex-col gap-3")
        inside = [
            _bar("h-6 w-44 max-w-full"),
            rx.el.div(
                rx.el.div(dial, class_name="flex shrink-0 justify-center md:w-50"),
                rows,
                class_name="mt-5 flex flex-col gap-8 md:flex-row md:gap-10",
            ),
        ]
        return rx.el.div(*inside, class_name=_CARD)
    tile = _bar("hidden size-10 shrink-0 sm:block")
    return rx.el.div(rx.el.div(tile, head, class_name="flex items-start gap-4"), class_name=_CARD)


def form_skeleton(fields: int, *, more: bool = False) -> rx.Component:
    """A placeholder of the size of a form in a panel.

    Args:
        fields: how many it has.
        more: whether there are some lines and a link around its button.
    """
    field = [
        rx.el.div(_bar("h-5 w-28"), _bar("h-11"), class_name="flex flex-col gap-2") for _ in range(fields)
    ]  # fmt: skip
    return rx.el.div(
        _bar("h-7 w-3/5"),
        *field,
        *([_bar("h-24 sm:h-19")] if more else []),
        _bar("mt-1 h-11"),
        *([_bar("h-6 w-40")] if more else []),
        aria_hidden="true",
        class_name="flex flex-col gap-5",
        custom_attrs={"data-testid": "skeleton"},
    )


def outcome(
    text: Text | rx.Component, *more: rx.Component, icon_name: str = "check", test_id: str = ""
) -> rx.Component:
    """What stands in the place of a form that has done its work. It gets the focus, so that it is read out.

    Args:
        text: what has happened, and what comes next.
        more: below: a hint, or the way on.
        icon_name: the picture above.
    """
    return Div.create(
        rx.el.div(
            icon(icon_name, size="size-7"),
            class_name="grid size-14 place-items-center rounded-full bg-success-soft text-success",
        ),
        rx.el.p(text, class_name="break-words", custom_attrs={"data-testid": test_id} if test_id else {}),
        *more,
        tab_index=-1,
        class_name="flex flex-col items-start gap-5 outline-none animate-appear",
        custom_attrs={"ref": function("focusQuietly")},
    )


def not_found(*, locale_switch: Any | None = None) -> rx.Component:
    """The page for addresses that lead nowhere."""
    # Nothing has to be loaded: without a known language it speaks English.
    return rx.el.div(
        DocumentLanguage.create(),
        rx.el.header(
            rx.el.div(
                rx.el.a(logo(), href="/", class_name=f"flex rounded-control {FOCUS}"),
                *([_language(locale_switch)] if locale_switch is not None else []),
                class_name=f"{_COLUMN} flex h-16 items-center justify-between gap-2",
            ),
        ),
        rx.el.main(
            rx.el.div(
                rx.el.div(
                    icon("search", size="size-7"),
                    class_name="grid size-14 place-items-center rounded-full bg-accent-soft text-accent",
                ),
                _heading(tr("ui.not_found.title"), "text-xl font-semibold tracking-tight"),
                rx.el.p(tr("ui.not_found.text"), class_name="text-sm text-muted"),
                button_link(tr("ui.not_found.home"), "/"),
                class_name=f"flex flex-col items-start gap-5 {_PANEL}",
            ),
            **_MAIN,
            class_name="mx-auto w-full max-w-panel flex-1 px-4 pt-4 pb-16 outline-none sm:pt-14",
        ),
        class_name="flex min-h-dvh flex-col",
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
                # The visible label is part of the name, so voice control can use it (WCAG 2.5.3).
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
    return [
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.meta(name="color-scheme", content="light dark"),
        rx.el.meta(name="description", content=text(DEFAULT_LOCALE, "ui.description")),
        rx.el.script(EARLY_THEME.strip()),
    ]


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """For `rx.App(app_wraps=...)`: the error boundary with our own words, and no overlay (its toasts need eval)."""
    return {(55, "ErrorBoundary"): lambda _stateful: ErrorBoundary.create(fallback_render=_crash())}


_MAIN = {"id": "main", "tab_index": -1}


def _heading(text: Text, class_name: str) -> rx.Component:
    return H1.create(
        text,
        tab_index=-1,
        class_name=f"outline-none {class_name}",
        custom_attrs={"ref": function("focusAfterNavigation")},
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
            # Without the address changing: it may hold an anchor that is still needed.
            on_click=[rx.prevent_default, rx.set_focus("main")],
            class_name="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-30 "
            "focus:rounded-control focus:bg-surface focus:px-4 focus:py-3 focus:text-sm focus:font-medium "
            f"focus:shadow-overlay {FOCUS}",
        ),
    )


def _footer(known: rx.Var[bool]) -> rx.Component:
    promise = rx.fragment(icon("shield", size="size-4"), rx.el.span(tr("ui.footer.promise")))
    return rx.el.footer(
        rx.el.div(
            rx.cond(known, promise),
            # As high before the language is known.
            class_name=f"{_COLUMN} flex min-h-22 items-center justify-center gap-2 py-6 text-xs text-muted sm:min-h-17",
        ),
    )


def _loading(skeleton: rx.Component, known: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        rx.cond(known, rx.el.span(tr("ui.loading"), role="status", class_name="sr-only")),
        rx.el.div(skeleton, aria_hidden="true", class_name="flex flex-col gap-5"),
        custom_attrs={"data-testid": "skeleton", "aria-busy": "true"},
    )


def _bar(class_name: str) -> rx.Component:
    return rx.el.div(class_name=f"{class_name} {_PULSE}")


def _crash() -> rx.Var:
    """Shown in place of a page whose code failed in the browser. The details go to the log, not to the customer."""
    page = rx.el.div(
        logo(),
        rx.el.h1(tr("ui.crash.title"), class_name="text-2xl font-semibold tracking-tight"),
        rx.el.p(tr("ui.crash.text"), class_name="text-muted"),
        Button.create(
            tr("ui.crash.reload"),
            type="button",
            class_name="min-h-11 w-fit rounded-control bg-accent px-4 text-sm font-medium text-on-accent "
            f"hover:bg-accent-strong {FOCUS}",
            # No event: what fails here may be the very thing that carries events.
            custom_attrs={"onClick": function("reload")},
        ),
        role="alert",
        class_name="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-5 px-4",
    )
    return ArgsFunctionOperation.create(("event_args",), rx.Var.create(page))
