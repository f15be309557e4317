"""A button that shows a list of links and actions (the disclosure pattern of the WAI-ARIA practices)."""

import json

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from netim_app.ui.icons import icon
from netim_app.ui.parts import testid_attr
from netim_app.ui.script import Div, HtmlForm, Ul, function
from netim_app.ui.theme import FOCUS

Text = rx.Var | str

_ITEM = (
    "flex min-h-11 w-full items-center rounded-control px-3 text-left text-sm hover:bg-sunken "
    f"aria-[current=page]:font-semibold {FOCUS} focus-visible:-outline-offset-2"
)


# Below the button and in line with its right end; in a browser without anchors, at the right end of the page's header.
_LIST = (
    "absolute inset-auto top-15 right-4 m-0 mt-1.5 w-64 max-w-[calc(100vw-2rem)] rounded-card border border-line "
    "bg-surface p-1.5 text-ink shadow-overlay animate-appear supports-[anchor-name:--a]:top-[anchor(bottom)] "
    "supports-[anchor-name:--a]:right-[anchor(right)]"
)


def menu(*items: rx.Component, label: Text, test_id: str, icon_name: str = "") -> rx.Component:
    """A menu button and its items. Esc, a click outside and leaving with Tab close it; arrows move inside.

    Args:
        items: made by `menu_link` or `menu_form_button`.
        label: text of the button.
        test_id: also makes the HTML ids, so it has to be unique on the page.
    """
    list_id = f"{test_id}-list"
    return Div.create(
        rx.el.button(
            *([icon(icon_name)] if icon_name else []),
            rx.el.span(label, class_name="max-w-28 truncate sm:max-w-56"),
            icon("chevron", size="size-4", class_name="transition-transform group-has-[:popover-open]/menu:rotate-180"),
            type="button",
            class_name="inline-flex min-h-11 items-center gap-2 rounded-control px-2.5 text-sm font-medium "
            f"hover:bg-sunken group-has-[:popover-open]/menu:bg-sunken [anchor-name:--{test_id}] {FOCUS}",
            custom_attrs={"popoverTarget": list_id, **testid_attr(test_id)},
        ),
        Ul.create(
            *[rx.el.li(item) for item in items],
            id=rx.Var(json.dumps(list_id)),
            class_name=f"{_LIST} [position-anchor:--{test_id}]",
            custom_attrs={"popover": "auto", "onBlur": function("leaveMenu"), "onClick": function("leaveMenu")},
        ),
        class_name="group/menu",
        custom_attrs={"onKeyDown": function("moveInMenu")},
    )


def menu_link(label: Text, href: str, *, test_id: str = "") -> rx.Component:
    """An item that leads to a page of the app, without loading the document anew."""
    return ReactRouterLink.create(label, to=href, class_name=_ITEM, custom_attrs=testid_attr(test_id))


def menu_form_button(label: Text, action: str, *, test_id: str = "") -> rx.Component:
    """An item that posts an empty HTML form to an HTTP route such as `/auth/logout`."""
    return HtmlForm.create(
        rx.el.button(label, type="submit", class_name=_ITEM, custom_attrs=testid_attr(test_id)),
        custom_attrs={"method": "post", "action": action},
    )
