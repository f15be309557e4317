"""Messages to the customer."""

from typing import Any, Literal

import reflex as rx

from netim_app.ui.icons import icon
from netim_app.ui.parts import testid_attr
from netim_app.ui.script import Div, TimedDiv, function
from netim_app.ui.text import Text, breakable, breakable_if_text, tr
from netim_app.ui.theme import FOCUS

Kind = Literal["success", "info", "warning", "danger"]

_BOX = "flex items-start gap-3 rounded-control border p-3.5 text-sm animate-appear"
_KINDS: dict[str, tuple[str, str]] = {
    "success": ("check", "border-success/40 bg-success-soft [&>svg]:text-success"),
    "info": ("info", "border-accent/40 bg-accent-soft [&>svg]:text-accent"),
    "warning": ("alert", "border-warning/40 bg-warning-soft [&>svg]:text-warning"),
    "danger": ("stop", "border-danger/40 bg-danger-soft [&>svg]:text-danger"),
}


def notice(kind: Kind, text: Text | rx.Component, on_close: Any | None = None, test_id: str = "") -> rx.Component:
    """A message at a fixed place on the page. A `danger` one is announced when it appears.

    Args:
        text: the message, as text or as a component.
        on_close: event handler; with it there is a close button.
    """
    attrs: dict[str, Any] = {"role": "alert"} if kind == "danger" else {}
    name, colours = _KINDS[kind]
    return rx.el.div(
        icon(name),
        rx.el.span(tr(f"ui.notice.{kind}"), class_name="sr-only"),
        rx.el.div(breakable_if_text(text), class_name="min-w-0 flex-1 wrap-anywhere text-ink"),
        *([_close_button(on_close)] if on_close is not None else []),
        class_name=f"{_BOX} {colours}",
        custom_attrs=attrs | testid_attr(test_id),
    )


def live_region(
    text: rx.Var[str],
    kind: rx.Var[str],
    on_close: Any | None = None,
    test_id: str = "live-region",
    *,
    action: rx.Component | None = None,
    number: rx.Var[int] | int = 0,
    on_end: Any | None = None,
) -> rx.Component:
    """The place where a page reports what has just happened. It is always mounted, so that screen readers observe it.

    Args:
        text: the message; empty for none.
        kind: success, info, warning or danger.
        action: follows the message: what can be done about it.
        number: unique for each message, so that a repeated text is announced again and shown for its full time.
        on_end: event handler for the end of a success or an info, after six seconds without pointer or focus. It may
            arrive while the next message is on its way.
    """
    shown = text if action is None else rx.fragment(breakable(text), " ", action)
    stays = {
        "key": rx.Var.create(number).to(str),
        "custom_attrs": {"ref": function("keepPressedInView"), "data-notice": ""},
    }
    leaves = stays | {"class_name": "leaves", **({} if on_end is None else {"on_animation_end": on_end})}
    return rx.el.div(
        rx.cond(
            text != "",
            rx.match(
                kind,
                ("success", TimedDiv.create(notice("success", shown, on_close), **leaves)),
                ("warning", Div.create(notice("warning", shown, on_close), **stays)),
                ("danger", Div.create(_silent_danger(shown, on_close), **stays)),
                TimedDiv.create(notice("info", shown, on_close), **leaves),
            ),
        ),
        role="status",
        aria_live="polite",
        # The message has the margin: the region itself must not be hidden, or nothing would be announced.
        class_name="*:rounded-control *:shadow-overlay sm:*:mt-3",
        custom_attrs={"data-testid": test_id},
    )


def outcome(
    text: Text | rx.Component, *more: rx.Component, icon_name: str = "check", test_id: str = ""
) -> rx.Component:
    """Replaces a form that has done its work. It gets the focus, so that screen readers read it.

    Args:
        text: what has happened, and what comes next.
        more: below the text: a hint or the next step.
        icon_name: of the icon above the text.
    """
    return Div.create(
        rx.el.div(
            icon(icon_name, size="size-7"),
            class_name="grid size-14 place-items-center rounded-full bg-success-soft text-success",
        ),
        rx.el.p(text, custom_attrs=testid_attr(test_id)),
        *more,
        tab_index=-1,
        class_name="flex flex-col items-start gap-5 outline-none animate-appear",
        custom_attrs={"ref": function("focusQuietly")},
    )


def _silent_danger(text: Text | rx.Component, on_close: Any | None) -> rx.Component:
    """As `danger` but without role=alert: inside a live region it would be read twice."""
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
