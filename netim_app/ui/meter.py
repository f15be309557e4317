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
    """A ring that fills from 0 to 100, with the figure inside and the level in words beside it, or below on wide pages.

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
            rx.el.div(level_text, class_name=f"text-2xl font-semibold {_COLOURS}", custom_attrs={"data-level": level}),
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
        class_name="flex items-center gap-5 lg:flex-col lg:text-center",
        # Reflex does not know this role, so it cannot be given as `role=`.
        custom_attrs={"role": "meter", "data-testid": test_id, "data-level": level},
    )


def _ring(percent: rx.Var[int], level: rx.Var[str]) -> rx.Component:
    place = {"cx": "40", "cy": "40", "r": "34", "path_length": 100}
    # As custom_attrs: Reflex takes these for style and would compute a class for each of them in the browser.
    line = {"fill": "none", "strokeWidth": "8"}
    filled = {
        **line,
        "stroke": "currentColor",
        "strokeLinecap": "round",
        "strokeDasharray": "100",
        "strokeDashoffset": 100 - percent,
        # At 0 a round cap would still paint a dot.
        "strokeOpacity": rx.cond(percent > 0, 1, 0),
    }
    return rx.el.div(
        rx.el.svg(
            rx.el.circle(**place, custom_attrs=line, class_name="stroke-sunken"),
            rx.el.circle(
                **place, custom_attrs=filled, class_name="animate-fill transition-[stroke-dashoffset] duration-500"
            ),
            view_box="0 0 80 80",
            class_name="size-full -rotate-90",
        ),
        rx.el.span(
            percent,
            rx.el.span("%", class_name="text-sm font-medium text-muted"),
            class_name="absolute inset-0 flex items-center justify-center text-2xl font-semibold text-ink tabular-nums "
            "lg:text-4xl",
        ),
        aria_hidden="true",
        class_name=f"relative size-24 shrink-0 lg:size-40 {_COLOURS}",
        custom_attrs={"data-level": level},
    )
