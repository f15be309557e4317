"""A gauge."""

import reflex as rx

_LEVELS = {
    "weak": "data-[level=weak]:text-danger",
    "fair": "data-[level=fair]:text-warning",
    "good": "data-[level=good]:text-accent",
    "strong": "data-[level=strong]:text-success",
}
_COLOURS = " ".join(_LEVELS.values())


def meter(
    percent: rx.Var[int],
    label: rx.Var | str,
    level_text: rx.Var | str,
    level: rx.Var[str],
    test_id: str,
    *,
    detail: rx.Var | str | None = None,
) -> rx.Component:
    """A ring that fills from 0 to 100, with the figure inside and the level in words beside it.

    Args:
        percent: 0 to 100.
        label: what is measured.
        level_text: the level in words; colour alone says nothing to many people.
        level: weak, fair, good or strong.
        detail: a sentence below the level.
    """
    return rx.el.div(
        _ring(percent, level),
        rx.el.div(
            rx.el.div(label, class_name="text-sm text-muted"),
            rx.el.div(level_text, class_name=f"text-lg font-semibold {_COLOURS}", custom_attrs={"data-level": level}),
            *([rx.el.div(detail, class_name="text-sm text-muted")] if detail is not None else []),
            # The meter itself says all this.
            aria_hidden="true",
            class_name="min-w-0",
        ),
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=percent,
        aria_valuetext=level_text,
        aria_label=label,
        class_name="flex items-center gap-4",
        # Reflex does not know this role, so it cannot be given as `role=`.
        custom_attrs={"role": "meter", "data-testid": test_id, "data-level": level},
    )


def strength_bar(
    percent: rx.Var[int], label: rx.Var | str, level_text: rx.Var | str, level: rx.Var[str], test_id: str
) -> rx.Component:
    """A thin bar with the level in words below it, for the strength of a password. Parameters as for `meter`."""
    return rx.el.div(
        rx.el.div(
            rx.el.div(
                class_name="h-full rounded-full bg-current transition-[width] duration-300 "
                f"forced-colors:bg-[CanvasText] {_COLOURS}",
                custom_attrs={"data-level": level, "style": rx.Var.create({"width": f"{percent}%"})},
            ),
            class_name="h-1.5 overflow-hidden rounded-full bg-sunken forced-colors:border",
        ),
        rx.el.div(
            level_text,
            aria_hidden="true",
            class_name=f"mt-1 text-sm font-medium {_COLOURS}",
            custom_attrs={"data-level": level},
        ),
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=percent,
        aria_valuetext=level_text,
        aria_label=label,
        # Reflex does not know this role, so it cannot be given as `role=`.
        custom_attrs={"role": "meter", "data-testid": test_id, "data-level": level},
    )


def _ring(percent: rx.Var[int], level: rx.Var[str]) -> rx.Component:
    circle = {"cx": "40", "cy": "40", "r": "34", "fill": "none", "stroke_width": "8", "path_length": 100}
    return rx.el.div(
        rx.el.svg(
            rx.el.circle(**circle, class_name="stroke-sunken"),
            rx.el.circle(
                **circle,
                stroke="currentColor",
                stroke_linecap="round",
                stroke_dasharray="100",
                class_name="transition-[stroke-dashoffset] duration-500",
                # At 0 a round cap would still paint a dot.
                custom_attrs={
                    "strokeDashoffset": 100 - percent,
                    "strokeOpacity": rx.cond(percent > 0, 1, 0),
                },
            ),
            view_box="0 0 80 80",
            class_name="size-20 -rotate-90",
        ),
        rx.el.span(
            percent,
            rx.el.span("%", class_name="text-xs font-medium text-muted"),
            class_name="absolute inset-0 flex items-center justify-center text-lg font-semibold text-ink tabular-nums",
        ),
        aria_hidden="true",
        class_name=f"relative size-20 shrink-0 {_COLOURS}",
        custom_attrs={"data-level": level},
    )
