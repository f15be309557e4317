"""Modal dialogs based on the browser's own `<dialog>`, which brings the focus trap, Esc and the return of the focus."""

from typing import Any, Literal

import reflex as rx

from netim_app.ui.connection import connection_notice
from netim_app.ui.icons import icon
from netim_app.ui.script import Dialog, function
from netim_app.ui.text import Text, tr
from netim_app.ui.theme import FOCUS
from reflex_guard.single_submit import SingleSubmitButton

_MODAL = {"ref": function("openModal"), "onCancel": function("pressClose"), "onClose": function("reopen")}
# A percentage excludes the scrollbar of the window, which 100vw includes.
_SIZES = {
    "sm": "max-w-[min(100%-1.5rem,24rem)]",
    "md": "max-w-[min(100%-1.5rem,32rem)]",
    "lg": "max-w-[min(100%-1.5rem,42rem)]",
}


def dialog(
    *content: rx.Component,
    open: rx.Var[bool],  # noqa: A002  the attribute's own name
    title: Text,
    on_close: Any | None,
    test_id: str,
    size: Literal["sm", "md", "lg"] = "md",
    quiet_title: bool = False,
) -> rx.Component:
    """A modal dialog. It is mounted only while it is open, so nothing typed outlives it.

    Args:
        open: whether it is shown.
        title: names it.
        on_close: event handler for the close button and Esc; it makes `open` false. With None, the dialog stays until
            something in it closes it: for content that must not be closed by accident.
        quiet_title: makes the title small on a phone, as the steps of a wizard have headings of their own.
        test_id: also the base of the HTML ids, so it must be unique on the page.
    """
    title_id = f"{test_id}-title"
    return rx.cond(
        open,
        Dialog.create(
            rx.el.div(
                rx.el.h2(
                    title,
                    id=rx.Var.create(title_id),
                    class_name="text-xl font-semibold tracking-tight text-balance"
                    + (" max-sm:text-xs max-sm:font-medium max-sm:tracking-normal" if quiet_title else ""),
                ),
                *([_close_button(on_close)] if on_close is not None else []),
                class_name="flex items-start gap-3 pb-3",
            ),
            rx.el.div(connection_notice(), class_name="*:*:mb-4"),
            rx.el.div(*content, class_name="flex flex-col gap-5 text-sm"),
            aria_labelledby=title_id,
            class_name="m-auto w-full max-h-[calc(100dvh-1.5rem)] overflow-y-auto "
            "rounded-card border border-line bg-surface p-5 text-ink shadow-overlay animate-appear sm:p-6 "
            # A scrollable dialog must be reachable by Tab.
            f"{FOCUS} focus-visible:-outline-offset-2 not-focus-visible:outline-none "
            f"backdrop:bg-[rgb(8_12_20/0.55)] {_SIZES[size]}",
            custom_attrs={"data-testid": test_id, **_MODAL},
        ),
    )


def _close_button(on_close: Any) -> rx.Component:
    return SingleSubmitButton.create(
        icon("close"),
        type="button",
        aria_label=tr("ui.dialog.close"),
        on_click=on_close,
        custom_attrs={"data-close": ""},
        class_name="-mt-2 -me-2 ms-auto grid size-11 shrink-0 place-items-center rounded-control "
        f"text-muted hover:bg-sunken hover:text-ink {FOCUS}",
    )
