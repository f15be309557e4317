"""The shared parts of a wizard's dialogs: they show the customer's position."""

import reflex as rx

from netim_app.ui.text import Text, tr

_DONE, _AHEAD = "bg-accent forced-colors:bg-[Highlight]", "bg-line forced-colors:bg-[GrayText]"


def step(
    *content: rx.Component, number: int, of: int, title: Text, buttons: tuple[rx.Component, ...] = ()
) -> rx.Component:
    """One step: the progress in words and as a bar, a heading, the content.

    Args:
        number: from 1.
        of: number of steps.
        title: what to do in this step.
        buttons: at the end of the step; the one that continues comes last.
    """
    bar = (
        rx.el.span(class_name=f"h-1.5 flex-1 rounded-full {_DONE if n <= number else _AHEAD}") for n in range(1, of + 1)
    )
    return rx.el.div(
        rx.el.div(
            rx.el.p(tr("ui.wizard.step", number=number, of=of), class_name="text-sm font-medium text-muted"),
            rx.el.div(*bar, class_name="flex grow gap-1.5", aria_hidden="true"),
            class_name="flex items-center gap-3 sm:flex-col sm:items-stretch sm:gap-2",
            custom_attrs={"data-testid": "wizard-step"},
        ),
        rx.el.h3(title, class_name="text-lg font-semibold"),
        *content,
        *([button_row(*buttons)] if buttons else []),
        class_name="flex flex-col gap-4 sm:gap-5",
    )


def numbered(*items: rx.Component) -> rx.Component:
    """The tasks of a step, one after the other."""
    return rx.el.ol(
        *(
            rx.el.li(
                rx.el.span(
                    str(number),
                    aria_hidden="true",
                    class_name="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft text-xs "
                    "font-semibold text-accent",
                ),
                rx.el.div(item, class_name="flex min-w-0 flex-1 flex-col gap-3"),
                class_name="flex items-start gap-3",
            )
            for number, item in enumerate(items, start=1)
        ),
        class_name="flex flex-col gap-4 sm:gap-5",
    )


def button_row(*buttons: rx.Component) -> rx.Component:
    """Buttons at the end of a step."""
    return rx.el.div(*buttons, class_name="flex flex-col-reverse gap-3 pt-1 sm:flex-row sm:justify-end")
