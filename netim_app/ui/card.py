"""A block of the page about one thing."""

from typing import Any, Literal

import reflex as rx

from netim_app.reflex_port.client_vars import location_hash
from netim_app.ui.icons import icon as icon_of
from netim_app.ui.parts import given, testid_attr
from netim_app.ui.script import Anchored
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS

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
    level: Literal[2, 3] = 3,
    test_id: str = "",
) -> rx.Component:
    """A titled block: first the current state, then an explanation, then the actions.

    Args:
        content: shown below the head.
        title: also names the block for screen readers.
        state: the current state, in a few words or as a `status`.
        text: a sentence or two about what this is.
        action: a button or link at the right of the head; on a phone below it, as wide as the card.
        control: a switch at the right of the title, also on a phone.
        control_id: HTML id of that switch; the title is its label, and a click on the title presses it.
        anchor: HTML id as a link target; the page scrolls there even though cards appear after loading.
        icon: name of an icon before the title.
        level: of the heading: 3 in a group, 2 on a page without groups.
    """
    # In line with the title, not with the icon.
    indent = "sm:ps-14" if icon else ""
    # Dialogs and hidden parts take no room, and everything else may be absent.
    space = "flex flex-col gap-5 text-sm has-[>:not(dialog,[hidden])]:mt-5"
    body = [rx.el.div(*content, class_name=f"{space} {indent}".strip())] if content else []
    heading = (rx.el.h2 if level == 2 else rx.el.h3)(  # noqa: PLR2004  HTML's own numbers
        rx.el.label(title, html_for=control_id, class_name="cursor-pointer") if control_id else title,
        class_name="text-lg font-semibold text-balance",
        **_heading_id(anchor),
    )
    return _block(
        _head(_title(heading, state), text=text, action=action, control=control, icon=icon),
        *body,
        anchor=anchor,
        test_id=test_id,
        class_name="rounded-card border border-line bg-surface p-5 shadow-card sm:p-6",
    )


def part(
    *content: rx.Component,
    title: Text,
    state: Text | rx.Component | None = None,
    text: Text = "",
    action: rx.Component | None = None,
    anchor: str = "",
    level: Literal[3, 4] = 4,
) -> rx.Component:
    """A titled part of a card, with a line above it. Arguments as for `card`; `level` is one below that of the card."""
    heading = (rx.el.h3 if level == 3 else rx.el.h4)(  # noqa: PLR2004  HTML's own numbers
        title, class_name="text-base font-semibold text-balance", **_heading_id(anchor)
    )
    return _block(
        _head(_title(heading, state), text=text, action=action, control=None, icon=None),
        *content,
        anchor=anchor,
        class_name="flex flex-col gap-4 border-t border-line pt-5",
    )


def fold(title: Text | rx.Component, *content: rx.Component, is_open: rx.Var[bool], anchor: str) -> rx.Component:
    """The rest of a card. A press on its title shows or hides it.

    Args:
        title: heading of level 4.
        is_open: whether it is shown before any press.
        anchor: of the card; a link to it also shows the rest.
    """
    heading = rx.el.h4(title, class_name="inline font-semibold")
    return rx.el.details(
        rx.el.summary(heading, class_name=f"w-fit rounded-control -my-2.5 py-2.5 pe-2 hover:text-accent {FOCUS}"),
        rx.el.div(*content, class_name="mt-5 flex flex-col gap-5"),
        open=is_open | (location_hash() == f"#{anchor}"),
    )


def status(text: Text, *, on: rx.Var[bool] | bool = True) -> rx.Component:
    """The state of a card in a few words.

    Args:
        on: whether this is the safe state: a check and green, else an empty circle and grey.
    """
    line = "-ms-0.5 flex items-start gap-1.5 font-medium "
    good = rx.el.p(icon_of("check", class_name="mt-0.5"), rx.el.span(text), class_name=f"{line}text-success")
    plain = rx.el.p(icon_of("circle", class_name="mt-0.5"), rx.el.span(text), class_name=f"{line}text-muted")
    return rx.cond(on, good, plain) if isinstance(on, rx.Var) else good if on else plain


def badge(text: Text, *, on: rx.Var[bool] | bool = True, test_id: str = "") -> rx.Component:
    """A word or two beside the thing that they describe.

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
    """Replaces a list that has no entries yet."""
    return rx.el.p(text, class_name="rounded-control border border-dashed border-edge px-4 py-5 text-center text-muted")


def _block(*content: rx.Component, anchor: str, class_name: str, test_id: str = "") -> rx.Component:
    """A region named by its heading, and a target of links."""
    return (Anchored.create if anchor else rx.el.section)(
        *content,
        **({"id": rx.Var.create(anchor)} if anchor else {}),
        class_name=f"scroll-mt-6 {class_name} outline-transparent {_REACHED}",
        custom_attrs=testid_attr(test_id) | ({"aria-labelledby": f"{anchor}-title"} if anchor else {}),
    )


def _heading_id(anchor: str) -> dict[str, Any]:
    return {"id": rx.Var.create(f"{anchor}-title")} if anchor else {}


def _title(heading: rx.Component, state: Text | rx.Component | None) -> rx.Component:
    return rx.el.div(
        heading,
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
    """On a phone: title and switch, text, button. Otherwise: icon; title and text; switch or button."""
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
