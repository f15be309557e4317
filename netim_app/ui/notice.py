"""Messages to the customer."""

from typing import Any, Literal

import reflex as rx

from netim_app.ui.icons import icon
from netim_app.ui.parts import Text
from netim_app.ui.script import Div, function
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS

Kind = Literal["success", "info", "warning", "danger"]

_BOX = "flex items-start gap-3 rounded-control border p-3.5 text-sm animate-appear"
_KINDS: dict[str, tuple[str, str]] = {
    "success": ("check", "border-success/40 bg-success-soft [&>svg]:text-success"),
    "info": ("info", "border-accent/40 bg-accent-soft [&>svg]:text-accent"),
    "warning": ("alert", "border-warning/40 bg-warning-soft [&>svg]:text-warning"),
    "danger": ("stop", "border-danger/40 bg-danger-soft [&>svg]:text-danger"),
}


def notice(
    kind: Kind, text: rx.Var | str | rx.Component, on_close: Any | None = None, test_id: str = ""
) -> rx.Component:
    """A message in its place on the page. A `danger` one is announced when it appears.

    Args:
        text: the message, or a component with more than text.
        on_close: event handler; with it there is a close button.
    """
    attrs: dict[str, Any] = {"role": "alert"} if kind == "danger" else {}
    if test_id:
        attrs["data-testid"] = test_id
    name, colours = _KINDS[kind]
    return rx.el.div(
        icon(name),
        rx.el.span(tr(f"ui.notice.{kind}"), class_name="sr-only"),
        rx.el.div(text, class_name="min-w-0 flex-1 break-words text-ink"),
        *([_close_button(on_close)] if on_close is not None else []),
        class_name=f"{_BOX} {colours}",
        custom_attrs=attrs,
    )


def live_region(
    text: rx.Var[str], kind: rx.Var[str], on_close: Any | None = None, test_id: str = "live-region"
) -> rx.Component:
    """The place where a page says what has just happened. Always mounted, so that screen readers listen to it.

    Args:
        text: the message; empty for none.
        kind: success, info, warning or danger.
    """
    return rx.el.div(
        rx.cond(
            text != "",
            rx.match(
                kind,
                ("success", notice("success", text, on_close)),
                ("warning", notice("warning", text, on_close)),
                ("danger", _silent_danger(text, on_close)),
                notice("info", text, on_close),
            ),
        ),
        role="status",
        aria_live="polite",
        # The margin is the message's: the region itself must not be hidden, or nothing would be announced.
        class_name="sticky top-3 z-10 [&>*]:mb-6 [&>*]:shadow-overlay",
        custom_attrs={"data-testid": test_id},
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


def _silent_danger(text: rx.Var[str], on_close: Any | None) -> rx.Component:
    """As `danger`, without role=alert: inside of a live region it would be read twice."""
    box = notice("danger", text, on_close)
    box.custom_attrs.pop("role")
    return box


def _close_button(on_close: Any) -> rx.Component:
    return rx.el.button(
        icon("close", size="size-4"),
        type="button",
        on_click=on_close,
        aria_label=tr("ui.notice.close"),
        class_name=f"-m-1.5 grid size-8 shrink-0 place-items-center rounded-control hover:bg-sunken {FOCUS}",
    )
