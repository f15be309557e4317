"""A block of the page about one thing."""

import json

import reflex as rx

from netim_app.ui.icons import icon as icon_of
from netim_app.ui.script import SCROLL_TO_ANCHOR, Anchored

Text = rx.Var | str


def card(
    *content: rx.Component,
    title: Text,
    state: Text | rx.Component | None = None,
    action: rx.Component | None = None,
    anchor: str = "",
    icon: str | None = None,
    test_id: str = "",
) -> rx.Component:
    """A titled block.

    Args:
        content: what stands below the title line.
        title: heading of level 2; it names the block for screen readers.
        state: what is on now, a few words or a `badge`.
        action: a button, link or switch at the right of the title.
        anchor: HTML id that links lead to; the page scrolls there even though cards are shown after loading.
        icon: name of an icon before the title.
    """
    heading_id = f"{anchor}-title" if anchor else ""
    heading = rx.el.h2(
        title,
        class_name="text-base font-semibold",
        **({"id": rx.Var(json.dumps(heading_id))} if heading_id else {}),
    )
    head = rx.el.div(
        *([_icon_tile(icon)] if icon else []),
        rx.el.div(
            heading,
            *([rx.el.div(state, class_name="mt-0.5 text-sm text-muted")] if state is not None else []),
            class_name="min-w-0 flex-1 basis-32",
        ),
        *([rx.el.div(action, class_name="ml-auto shrink-0")] if action is not None else []),
        class_name="flex flex-wrap items-center gap-x-4 gap-y-3",
    )
    attrs = {"data-testid": test_id} if test_id else {}
    if heading_id:
        attrs["aria-labelledby"] = heading_id
        attrs["ref"] = SCROLL_TO_ANCHOR.ref
    body = [rx.el.div(*content, class_name="mt-4 flex flex-col gap-4 text-sm")] if content else []
    block = Anchored.create if anchor else rx.el.section
    return block(
        head,
        *body,
        **({"id": rx.Var(json.dumps(anchor))} if anchor else {}),
        class_name="scroll-mt-6 rounded-card border border-line bg-surface p-5 shadow-card sm:p-6",
        custom_attrs=attrs,
    )


def badge(text: Text, *, on: rx.Var[bool] | bool = True, test_id: str = "") -> rx.Component:
    """A word or two about what is on now.

    Args:
        on: whether this is the safe state: a check and green, else grey.
    """
    shape = "inline-flex min-h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium "
    check = icon_of("check", size="size-3.5")
    good = rx.el.span(check, rx.el.span(text), class_name=f"{shape}bg-success-soft text-success")
    plain = rx.el.span(text, class_name=f"{shape}bg-sunken text-muted")
    shown = rx.cond(on, good, plain) if isinstance(on, rx.Var) else good if on else plain
    return rx.el.span(shown, custom_attrs={"data-testid": test_id} if test_id else {})


def _icon_tile(name: str) -> rx.Component:
    return rx.el.div(
        icon_of(name),
        class_name="hidden size-10 sm:grid shrink-0 place-items-center rounded-control bg-accent-soft text-accent",
    )
