"""A button that shows a list of links and actions (the disclosure pattern of the WAI-ARIA practices)."""

import json

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink

from netim_app.ui.icons import icon
from netim_app.ui.script import DISCLOSE, Disclosure
from netim_app.ui.theme import FOCUS

Text = rx.Var | str

_ITEM = (
    "flex min-h-11 w-full items-center rounded-control px-3 text-left text-sm hover:bg-sunken "
    f"aria-[current=page]:font-semibold {FOCUS} focus-visible:-outline-offset-2"
)


def menu(*items: rx.Component, label: Text, test_id: str, icon_name: str = "") -> rx.Component:
    """A menu button and its items. Esc, a click outside and leaving with Tab close it; arrows move inside.

    Args:
        items: made by `menu_link` or `menu_form_button`.
        label: text of the button.
        test_id: also makes the HTML ids, so it has to be unique on the page.
    """
    list_id = f"{test_id}-list"
    return Disclosure.create(
        rx.el.button(
            *([icon(icon_name)] if icon_name else []),
            rx.el.span(label, class_name="max-w-28 truncate sm:max-w-56"),
            icon("chevron", size="size-4", class_name="transition-transform group-aria-expanded/menu:rotate-180"),
            type="button",
            aria_expanded="false",
            aria_controls=list_id,
            class_name="group/menu inline-flex min-h-11 items-center gap-2 rounded-control px-2.5 text-sm font-medium "
            f"hover:bg-sunken aria-expanded:bg-sunken {FOCUS}",
            custom_attrs={"data-testid": test_id},
        ),
        rx.el.ul(
            *[rx.el.li(item) for item in items],
            id=rx.Var(json.dumps(list_id)),
            hidden=True,
            class_name="absolute right-0 z-20 mt-1.5 w-64 max-w-[calc(100vw-2rem)] rounded-card border border-line "
            "bg-surface p-1.5 shadow-overlay animate-appear",
        ),
        class_name="relative",
        custom_attrs={"ref": DISCLOSE.ref},
    )


def menu_link(label: Text, href: str, *, test_id: str = "") -> rx.Component:
    """An item that leads to a page of the app, without loading the document anew."""
    return ReactRouterLink.create(label, to=href, class_name=_ITEM, custom_attrs=_test_id(test_id))


def menu_form_button(label: Text, action: str, *, test_id: str = "") -> rx.Component:
    """An item that posts an empty HTML form to an HTTP route such as `/auth/logout`.

    Reflex's form component swallows the submit event, so the form is sent by its `submit` method.
    """
    return rx.el.form(
        rx.el.button(
            label,
            type="button",
            class_name=_ITEM,
            custom_attrs={"onClick": rx.Var("(event) => event.currentTarget.form.submit()"), **_test_id(test_id)},
        ),
        method="post",
        action=action,
    )


def _test_id(test_id: str) -> dict[str, str]:
    return {"data-testid": test_id} if test_id else {}
