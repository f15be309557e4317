"""A block of the page about one thing."""

import json

import reflex as rx

from netim_app.ui.icons import icon as icon_of
from netim_app.ui.parts import Text, given, testid_attr
from netim_app.ui.script import Anchored

_REACHED = "data-reached:animate-reached data-reached:outline-2 data-reached:outline-offset-2"


def card(
    *content: rx.Component,
    title: Text,
    state: Text | rx.Component | None = None,
    text: Text = "",
    action: rx.Component | None = None,
    control: rx.Component | None = None,
    control_id: str = "",
    anchor: str = "",
    icon: str | None = None,
    test_id: str = "",
) -> rx.Component:
    """A titled block: what is on now comes first, then what it is about, then what can be done.

    Args:
        content: what stands below the head.
        title: heading of level 2; it names the block for screen readers.
        state: what is on now, a few words or a `status`.
        text: a sentence or two about what this is.
        action: a button or link: at the right of the head, on a phone below it and as wide as the card.
        control: a switch: at the right of the title on a phone, too.
        control_id: HTML id of that switch: the words of the title are part of it, and a click on them presses it.
        anchor: HTML id that links lead to; the page scrolls there even though cards are shown after loading.
        icon: name of an icon before the title.
    """
    heading_id = f"{anchor}-title" if anchor else ""
    attrs = testid_attr(test_id) | ({"aria-labelledby": heading_id} if anchor else {})
    # In line with the title, not with the icon.
    indent = "sm:pl-14" if icon else ""
    # Dialogs take no room, and all else may be absent.
    space = "flex flex-col gap-5 text-sm has-[>:not(dialog)]:mt-5"
    body = [rx.el.div(*content, class_name=f"{space} {indent}".strip())] if content else []
    block = Anchored.create if anchor else rx.el.section
    return block(
        _head(_title(title, state, heading_id, control_id), text=text, action=action, control=control, icon=icon),
        *body,
        **({"id": rx.Var(json.dumps(anchor))} if anchor else {}),
        class_name="scroll-mt-6 rounded-card border border-line bg-surface p-5 shadow-card sm:p-6 "
        f"outline-transparent {_REACHED}",
        custom_attrs=attrs,
    )


def status(text: Text, *, on: rx.Var[bool] | bool = True) -> rx.Component:
    """The state of a card in a few words.

    Args:
        on: whether this is the safe state: a check and green, else an empty circle and grey.
    """
    line = "-ml-0.5 flex items-start gap-1.5 font-medium "
    good = rx.el.p(icon_of("check", class_name="mt-0.5"), rx.el.span(text), class_name=f"{line}text-success")
    plain = rx.el.p(icon_of("circle", class_name="mt-0.5"), rx.el.span(text), class_name=f"{line}text-muted")
    return rx.cond(on, good, plain) if isinstance(on, rx.Var) else good if on else plain


def badge(text: Text, *, on: rx.Var[bool] | bool = True, test_id: str = "") -> rx.Component:
    """A word or two beside the thing that they are about.

    Args:
        on: whether this is the safe state: a check and green, else grey.
    """
    shape = "inline-flex min-h-6 shrink-0 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium "
    check = icon_of("check", size="size-3.5")
    good = rx.el.span(check, rx.el.span(text), class_name=f"{shape}bg-success-soft text-success")
    plain = rx.el.span(text, class_name=f"{shape}bg-sunken text-muted")
    shown = rx.cond(on, good, plain) if isinstance(on, rx.Var) else good if on else plain
    return rx.el.span(shown, custom_attrs=testid_attr(test_id))


def empty(text: Text) -> rx.Component:
    """What stands in the place of a list that has no entries yet."""
    return rx.el.p(text, class_name="rounded-control border border-dashed border-edge px-4 py-5 text-center text-muted")


def _title(title: Text, state: Text | rx.Component | None, heading_id: str, control_id: str) -> rx.Component:
    words = rx.el.label(title, html_for=control_id, class_name="cursor-pointer") if control_id else title
    return rx.el.div(
        rx.el.h2(
            words,
            class_name="text-lg font-semibold text-balance",
            **({"id": rx.Var(json.dumps(heading_id))} if heading_id else {}),
        ),
        *([rx.el.div(state, class_name="text-sm text-muted")] if state is not None else []),
        class_name="flex min-w-0 flex-col gap-0.5",
    )


def _head(
    title: rx.Component,
    *,
    text: Text,
    action: rx.Component | None,
    control: rx.Component | None,
    icon: str | None,
) -> rx.Component:
    """On a phone: title and switch, text, button. Else: icon; title and text; switch or button."""
    middle = "sm:col-start-2" if icon else "sm:col-start-1"
    right = "sm:col-start-3" if icon else "sm:col-start-2"
    below = f"col-span-2 mt-1.5 max-w-prose text-sm text-muted sm:row-start-2 sm:col-span-1 {middle}"
    beside = f"col-span-2 mt-4 *:w-full sm:col-span-1 sm:row-span-2 sm:row-start-1 sm:mt-0 sm:*:w-auto {right}"
    return rx.el.div(
        *([_icon_tile(icon)] if icon else []),
        title,
        *([rx.el.div(control, class_name="-mt-2.5")] if control is not None else []),
        *([rx.el.p(text, class_name=below)] if given(text) else []),
        *([rx.el.div(action, class_name=beside)] if action is not None else []),
        class_name="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-x-4 "
        + ("sm:grid-cols-[auto_minmax(0,1fr)_auto]" if icon else ""),
    )


def _icon_tile(name: str) -> rx.Component:
    return rx.el.div(
        icon_of(name),
        class_name="hidden size-10 shrink-0 place-items-center rounded-control bg-accent-soft text-accent "
        "sm:row-span-2 sm:grid",
    )
