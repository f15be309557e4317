"""A button that shows a list of links and actions (the disclosure pattern of the WAI-ARIA practices)."""

from typing import Any

import reflex as rx

from netim_app.reflex_port.components import page_link
from netim_app.ui.icons import icon
from netim_app.ui.parts import testid_attr
from netim_app.ui.script import Div, HtmlForm, Ul, function
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS

_ITEM = (
    "flex min-h-11 w-full items-center rounded-control px-3 text-start text-sm hover:bg-sunken "
    f"aria-[current=page]:font-semibold aria-[current=true]:font-semibold {FOCUS} focus-visible:-outline-offset-2"
)

# Below the button, aligned with its end, or with its start at the edge of the window. In a browser without anchors: at
# the end of the page's header.
_LIST = (
    "absolute inset-auto top-15 end-4 m-0 mt-1.5 max-w-[calc(100vw-2rem)] rounded-card border border-line "
    "bg-surface p-1.5 text-ink shadow-overlay animate-appear supports-[anchor-name:--a]:top-[anchor(bottom)] "
    "supports-[anchor-name:--a]:end-[anchor(end)] [position-try-fallbacks:flip-inline]"
)


def menu(
    *items: rx.Component,
    label: Text,
    test_id: str,
    name: rx.Var[str] | None = None,
    width: str = "w-64",
) -> rx.Component:
    """A menu button and its items. Esc, a click outside and leaving it by Tab close it; arrow keys move inside.

    Args:
        items: made by `menu_link`, `menu_button` or `menu_form_button`.
        label: text of the button.
        name: of the button for screen readers, when the label alone is unclear; contains the label (WCAG 2.5.3).
        width: CSS class of the list.
        test_id: also the base of the HTML ids, so it must be unique on the page.
    """
    list_id = f"{test_id}-list"
    return Div.create(
        rx.el.button(
            rx.el.span(label, title=label, class_name="max-w-28 truncate sm:max-w-56"),
            icon("chevron", size="size-4", class_name="transition-transform group-has-[:popover-open]/menu:rotate-180"),
            type="button",
            aria_label=name,
            class_name="inline-flex min-h-11 max-w-full items-center gap-2 rounded-control px-2.5 text-sm font-medium "
            f"hover:bg-sunken group-has-[:popover-open]/menu:bg-sunken [anchor-name:--{test_id}] {FOCUS}",
            custom_attrs={"popoverTarget": list_id, **testid_attr(test_id)},
        ),
        Ul.create(
            *[rx.el.li(item) for item in items],
            id=rx.Var.create(list_id),
            class_name=f"{_LIST} {width} [position-anchor:--{test_id}]",
            custom_attrs={"popover": "auto", "onBlur": function("leaveMenu"), "onClick": function("leaveMenu")},
        ),
        class_name="group/menu min-w-0",
        custom_attrs={"onKeyDown": function("moveInMenu")},
    )


def menu_link(label: Text, href: str, *, test_id: str = "") -> rx.Component:
    """An item that leads to a page of the app without a reload of the document."""
    return page_link(label, to=href, class_name=_ITEM, custom_attrs=testid_attr(test_id))


def menu_button(
    label: Text, on_click: Any, *, current: rx.Var[bool], lang: str = "", test_id: str = ""
) -> rx.Component:
    """An item of a choice: one item of the menu is the current one.

    Args:
        lang: language of the label, when it differs from that of the page.
    """
    return rx.el.button(
        label,
        type="button",
        on_click=on_click,
        **({"lang": lang} if lang else {}),
        aria_current=rx.cond(current, "true", "false"),
        class_name=_ITEM,
        custom_attrs=testid_attr(test_id),
    )


def menu_form_button(label: Text, action: str, *, test_id: str = "") -> rx.Component:
    """An item that posts an empty HTML form to an HTTP route such as `/auth/logout`."""
    return HtmlForm.create(
        rx.el.button(label, type="submit", class_name=_ITEM, custom_attrs=testid_attr(test_id)),
        custom_attrs={"method": "post", "action": action},
    )
