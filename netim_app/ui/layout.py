"""The frame of every page: header, landmarks, footer."""

from collections.abc import Sequence
from typing import Any

import reflex as rx

from netim_app.ui.buttons import button_link
from netim_app.ui.connection import connection_notice
from netim_app.ui.icons import icon, logo
from netim_app.ui.menu import menu
from netim_app.ui.parts import bar
from netim_app.ui.preferences import language_switch, theme_switch
from netim_app.ui.script import H1, A, DocumentLanguage, function
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import Text, known_locale, tr
from netim_app.ui.theme import FOCUS

_COLUMN = "mx-auto w-full max-w-column px-4 sm:px-6 min-[75rem]:max-w-wide"
_PANEL = "rounded-card border border-line bg-surface p-6 shadow-card sm:p-8"
_NARROW = "mx-auto w-full max-w-panel flex-1 px-4 pt-4 pb-16 outline-none sm:pt-14"
_AT_THE_BOTTOM = "pointer-events-none fixed inset-x-0 bottom-0 z-30 sm:bottom-4"
# On a phone a notice is as wide as the window: the page visibly ends above it, and nothing sticks out behind it.
_BAR_ON_A_PHONE = "max-sm:[&_.border]:rounded-none max-sm:[&_.border]:border-x-0 max-sm:[&_.border]:border-b-0"


def public_page(
    *content: rx.Component,
    title: Text,
    ready: rx.Var[bool],
    locale_switch: Any,
    notices: rx.Component | None = None,
    below: rx.Component | None = None,
    skeleton: rx.Component | None = None,
    early: bool = False,
) -> rx.Component:
    """A page for visitors: one narrow column.

    Args:
        content: inside the panel, below the title.
        title: heading of level 1.
        ready: whether the page's state is loaded. Until then, and until the language is known, a skeleton is shown.
        locale_switch: event handler that takes a locale, or a component.
        notices: at the lower end of the window, always mounted; for example a `live_region`.
        below: links to other pages, under the panel.
        early: shows the content at once, before anything comes from the server; its texts are `early` ones.
    """
    known = known_locale()
    shown = ready & known

    def when_shown(part: rx.Component, meanwhile: rx.Component | None = None) -> rx.Component:
        return part if early else rx.cond(shown, part, meanwhile)

    filled = rx.fragment(
        _heading(title, "text-xl font-semibold tracking-tight text-balance"),
        rx.el.div(*content, class_name="mt-6 flex flex-col gap-5 text-sm"),
    )
    return _frame(
        rx.el.header(_header_row(_home_link(), _preferences(locale_switch, known))),
        rx.el.main(
            rx.el.div(
                when_shown(filled, skeleton if skeleton is not None else form_skeleton(2)),
                class_name=_PANEL,
            ),
            *([] if below is None else [when_shown(rx.el.div(below, class_name="mt-6 text-center text-sm"))]),
            **_MAIN,
            class_name=_NARROW,
        ),
        # The footer appears with the content: an earlier one would be pushed down by it.
        when_shown(_footer(known)),
        known=known,
        notices=notices,
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
        skeleton: placeholder of the content's size; see `skeleton_card`.
        customer_name: label of the menu at the upper right.
        menu_items: made by `menu_link` and `menu_form_button`.
        locale_switch: event handler that takes a locale, or a component.
        notices: at the lower end of the window, always mounted; for example a `live_region`.
        overlays: dialogs of the whole page.
    """
    known = known_locale()
    shown = ready & known
    return _frame(
        rx.el.header(
            _header_row(
                _home_link(compact=True),
                rx.el.div(
                    _preferences(locale_switch, known),
                    rx.cond(shown, menu(*menu_items, label=customer_name, test_id="account-menu"), bar("h-11 w-34")),
                    class_name="flex min-w-0 items-center gap-1 sm:gap-2",
                ),
            ),
            class_name="border-b border-line bg-surface",
        ),
        _account_main(*content, heading=heading, shown=shown, known=known, skeleton=skeleton),
        *[rx.cond(shown, overlay) for overlay in overlays],
        _footer(known),
        known=known,
        notices=notices,
        beside=True,
    )


def not_found(*, locale_switch: Any) -> rx.Component:
    """The page for unknown URLs."""
    known = rx.Var.create(True)  # nothing has to be loaded: without a known language the page is in English
    return _frame(
        rx.el.header(_header_row(_home_link(), _preferences(locale_switch, known))),
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
            class_name=_NARROW,
        ),
        _footer(known),
        known=known,
    )


_MAIN = {"id": "main", "tab_index": -1}


def _frame(
    *parts: rx.Component, known: rx.Var[bool], notices: rx.Component | None = None, beside: bool = False
) -> rx.Component:
    """`beside`: places notices in the narrow side column (`sections.with_side`) where there is room."""
    place = "min-[75rem]:mx-0 min-[75rem]:max-w-68" if beside else ""
    said = rx.el.div(
        connection_notice(),
        *([] if notices is None else [notices]),
        class_name=f"pointer-events-auto mx-auto *:first:*:*:shadow-overlay sm:max-w-md {_BAR_ON_A_PHONE} {place}",
    )
    return rx.el.div(
        DocumentLanguage.create(),
        _skip_link(known),
        *parts,
        rx.el.div(rx.el.div(said, class_name=f"{_COLUMN} max-sm:px-0"), class_name=_AT_THE_BOTTOM),
        class_name="flex min-h-dvh flex-col",
    )


def _header_row(*parts: rx.Component) -> rx.Component:
    return rx.el.div(*parts, class_name=f"{_COLUMN} flex h-16 items-center justify-between gap-2")


def _home_link(*, compact: bool = False) -> rx.Component:
    return rx.el.a(logo(compact=compact), href="/", class_name=f"flex min-w-0 rounded-control {FOCUS}")


def _account_main(
    *content: rx.Component,
    heading: Text,
    shown: rx.Var[bool],
    known: rx.Var[bool],
    skeleton: rx.Component,
) -> rx.Component:
    return rx.el.main(
        rx.cond(
            known,  # shown before the customer's data is loaded: it contains none
            _heading(heading, "text-xl font-semibold tracking-tight text-balance sm:text-2xl"),
            bar("h-7.25 w-64 max-w-full sm:h-8.5"),
        ),
        rx.el.div(
            rx.cond(shown, rx.el.div(*content, class_name="flex flex-col gap-4 sm:gap-5"), _loading(skeleton, known)),
            class_name="mt-6",
        ),
        **_MAIN,
        class_name=f"{_COLUMN} flex-1 pt-8 pb-16 outline-none sm:pt-10",
    )


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
        rx.el.div(_language(locale_switch), theme_switch(), class_name="flex shrink-0 items-center gap-1"),
        rx.el.div(class_name="h-11 w-26"),
    )


def _language(locale_switch: Any) -> rx.Component:
    return locale_switch if isinstance(locale_switch, rx.Component) else language_switch(locale_switch)


def _skip_link(known: rx.Var[bool]) -> rx.Component:
    return rx.cond(
        known,
        A.create(
            tr("ui.skip_to_content"),
            href="#main",
            custom_attrs={"onClick": function("focusMain")},
            class_name="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:start-2 focus:z-30 "
            "focus:rounded-control focus:bg-surface focus:px-4 focus:py-3 focus:text-sm focus:font-medium "
            f"focus:shadow-overlay {FOCUS}",
        ),
    )


def _footer(known: rx.Var[bool]) -> rx.Component:
    promise = rx.fragment(icon("shield", size="size-4"), rx.el.span(tr("ui.footer.promise")))
    return rx.el.footer(
        rx.el.div(
            rx.cond(known, promise),
            # The height is the same before the language is known.
            class_name=f"{_COLUMN} flex min-h-22 items-center justify-center gap-2 py-6 text-xs text-muted sm:min-h-17",
        ),
    )


def _loading(skeleton: rx.Component, known: rx.Var[bool]) -> rx.Component:
    return rx.el.div(
        rx.cond(known, rx.el.span(tr("ui.loading"), role="status", class_name="sr-only")),
        rx.el.div(skeleton, aria_hidden="true", class_name="flex flex-col gap-5"),
        custom_attrs={"data-testid": "skeleton", "aria-busy": "true"},
    )
