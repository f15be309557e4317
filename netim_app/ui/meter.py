"""A gauge."""

from collections.abc import Sequence
from math import cos, radians, sin
from typing import Any

import reflex as rx

from netim_app.ui.text import Text

_COLOURS = (
    "data-[level=weak]:text-level-weak data-[level=fair]:text-level-fair "
    "data-[level=good]:text-level-good data-[level=strong]:text-level-strong"
)

# The dial is an arc that is open at the bottom, from lower left over the top to lower right.
_CENTRE, _RADIUS, _STROKE = 60, 50, 10
_FIRST, _SWEEP = 140, 260
_WIDTH = "w-44 shrink-0"
# As custom_attrs: Reflex would treat these as style and compute a class for each of them in the browser.
_LINE = {"fill": "none", "strokeWidth": str(_STROKE)}


def meter(
    percent: rx.Var[int],
    label: Text,
    level_text: Text,
    level: rx.Var[str],
    test_id: str,
    *,
    marks: Sequence[int] = (),
) -> rx.Component:
    """A dial that fills from 0 to 100, with the figure inside and the level in words below it.

    Args:
        percent: 0 to 100.
        label: for screen readers: what is measured.
        level_text: the level in words; many people cannot tell it by colour alone.
        level: weak, fair, good or strong.
        marks: where levels begin on the dial, in percent.
    """
    words = rx.el.div(
        rx.el.div(
            percent,
            rx.el.span("%", class_name="ms-0.5 text-lg font-medium text-muted"),
            class_name="text-4xl font-semibold tracking-tight tabular-nums text-ink",
        ),
        rx.el.div(level_text, class_name="text-lg font-semibold"),
        class_name="absolute inset-x-0 top-9 flex flex-col items-center",
    )
    return rx.el.div(
        rx.el.div(
            _dial(percent, marks),
            words,
            # The meter itself says all this.
            aria_hidden="true",
            class_name=f"relative {_WIDTH} {_COLOURS}",
            custom_attrs={"data-level": level},
        ),
        aria_valuemin=0,
        aria_valuemax=100,
        aria_valuenow=percent,
        aria_valuetext=level_text,
        aria_label=label,
        class_name="flex flex-col items-center",
        # Reflex does not know this role, so `role=` cannot take it.
        custom_attrs={"role": "meter", "data-testid": test_id, "data-level": level},
    )


def meter_skeleton() -> rx.Component:
    """The empty dial, shown while a meter is loading."""
    return rx.el.div(_svg(_track()), class_name=f"{_WIDTH} animate-pulse")


def _dial(percent: rx.Var[int], marks: Sequence[int]) -> rx.Component:
    filled = {
        **_LINE,
        "stroke": "currentColor",
        "strokeDasharray": "100",
        "strokeDashoffset": 100 - percent,
    }
    return _svg(
        _track(),
        rx.el.path(
            **_arc(), custom_attrs=filled, class_name="animate-fill transition-[stroke-dashoffset] duration-500"
        ),
        *(_mark(mark) for mark in marks),
    )


def _svg(*paths: rx.Component) -> rx.Component:
    return rx.el.svg(*paths, view_box=f"0 0 {2 * _CENTRE} 100", class_name="block w-full")


def _track() -> rx.Component:
    return rx.el.path(**_arc(), custom_attrs=_LINE, class_name="stroke-sunken forced-colors:stroke-[GrayText]")


def _arc() -> dict[str, Any]:
    (x1, y1), (x2, y2) = _point(0, _RADIUS), _point(100, _RADIUS)
    return {"d": f"M{x1} {y1}A{_RADIUS} {_RADIUS} 0 1 1 {x2} {y2}", "path_length": 100}


def _mark(percent: int) -> rx.Component:
    """A gap in the dial, where a level begins."""
    (x1, y1), (x2, y2) = _point(percent, _RADIUS - _STROKE / 2 - 1), _point(percent, _RADIUS + _STROKE / 2 + 1)
    return rx.el.path(d=f"M{x1} {y1}L{x2} {y2}", custom_attrs={"strokeWidth": "2"}, class_name="stroke-surface")


def _point(percent: float, radius: float) -> tuple[float, float]:
    angle = radians(_FIRST + _SWEEP * percent / 100)
    return round(_CENTRE + radius * cos(angle), 2), round(_CENTRE + radius * sin(angle), 2)
