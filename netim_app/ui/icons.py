"""Our own line icons on a 24-unit grid, and the brand's mark. They are decorative: texts carry the meaning."""

import re

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.brand.mark import Shape

_PATHS = {
    "check": ("M5 12.5l4.5 4.5L19 7.5",),
    "circle": ("M12 5a7 7 0 1 0 0 14a7 7 0 0 0 0-14z",),
    "arrow": ("M5 12h13", "M13 6.5l5.5 5.5l-5.5 5.5"),
    "search": ("M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13z", "M15.5 15.5l4.5 4.5"),
    "info": ("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z", "M12 11v5", "M12 8h.01"),
    "alert": ("M12 4L2.8 19.5h18.4z", "M12 10v4", "M12 17h.01"),
    "stop": ("M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z", "M12 7.5v5.5", "M12 16.2h.01"),
    "close": ("M6 6l12 12", "M18 6L6 18"),
    "chevron": ("M6 9.5l6 6l6-6",),
    "plus": ("M12 5v14", "M5 12h14"),
    "eye": (
        "M2.5 12S6 5.5 12 5.5S21.5 12 21.5 12S18 18.5 12 18.5S2.5 12 2.5 12z",
        "M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6z",
    ),
    "eye-off": (
        "M4 4l16 16",
        "M9.5 5.8A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7",
        "M6.3 7.3A17 17 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4.3-1.1",
        "M10 10a3 3 0 0 0 4.1 4.1",
    ),
    "theme": ("M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z", "M12 3.5v17a8.5 8.5 0 0 0 0-17z"),
    "user": ("M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8z", "M4.5 20c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5"),
    "mail": ("M3.5 6h17v12.5h-17z", "M4 6.5l8 6.5l8-6.5"),
    "globe": (
        "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z",
        "M3 12h18",
        "M12 3c2.5 2.6 3.8 5.6 3.8 9s-1.3 6.4-3.8 9c-2.5-2.6-3.8-5.6-3.8-9s1.3-6.4 3.8-9z",
    ),
    "key": ("M8 11.5a4 4 0 1 0 0 8a4 4 0 0 0 0-8z", "M11 12.5L19.5 4", "M16 7.5l3 3"),
    "lock": ("M5.5 10.5h13v9.5h-13z", "M8.5 10.5v-3a3.5 3.5 0 0 1 7 0v3", "M12 14.5v2"),
    "phone": ("M7.5 3h9v18h-9z", "M11 18h2"),
    "devices": ("M3 5h14v3", "M3 5v10h9", "M1.5 18.5h10.5", "M14.5 10.5h7v9h-7z"),
    "clock": ("M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z", "M12 7.5v5l3.2 1.8"),
    "edit": ("M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19z", "M13.5 7l3.5 3.5"),
    "shield": ("M12 3l7.5 2.8v5.7c0 4.5-3 7.9-7.5 9.5c-4.5-1.6-7.5-5-7.5-9.5V5.8z",),
    "copy": ("M8.5 8.5h11v11h-11z", "M15.5 8.5v-4h-11v11h4"),
    "download": ("M12 4v10.5", "M7.5 10.5L12 15l4.5-4.5", "M4.5 19.5h15"),
    "print": ("M7 8.5v-5h10v5", "M7 17H3.5V8.5h17V17H17", "M7 14h10v6.5H7z"),
    "codes": ("M3.5 6h17v12h-17z", "M7 10h.01", "M10.3 10h.01", "M13.7 10h.01", "M17 10h.01", "M7 14h10"),
    "spinner": ("M12 3.5a8.5 8.5 0 1 1-8.5 8.5",),
}

# As custom_attrs: Reflex would treat these as style and compute a class for each of them in the browser.
_ROUND = {"strokeLinecap": "round", "strokeLinejoin": "round"}


def icon(name: str, *, size: str = "size-5", class_name: str = "") -> rx.Component:
    """A decorative icon in the colour of the surrounding text.

    Args:
        name: one of `icon_names()`.
        size: Tailwind size class.
    """
    return rx.el.svg(
        *[rx.el.path(d=d) for d in _PATHS[name]],
        view_box="0 0 24 24",
        aria_hidden="true",
        custom_attrs={"fill": "none", "stroke": "currentColor", "strokeWidth": "1.75", **_ROUND},
        class_name=f"{size} shrink-0 {class_name}".strip(),
    )


def icon_names() -> frozenset[str]:
    """The names of all icons."""
    return frozenset(_PATHS)


def logo(*, compact: bool = False) -> rx.Component:
    """The brand's mark and product name. The name is text, so it is read, scaled and coloured like text.

    Args:
        compact: on a phone only the mark is visible; screen readers still read the name.
    """
    brand = get_brand()
    return rx.el.span(
        rx.el.svg(
            *map(_drawn, brand.mark.parts), view_box=brand.mark.box, aria_hidden="true", class_name="size-8 shrink-0"
        ),
        rx.el.span(
            *_wordmark(brand.name, brand.product),
            class_name="text-base leading-5 font-semibold tracking-tight text-balance"
            + (" max-sm:sr-only" if compact else ""),
        ),
        class_name="inline-flex items-center gap-2.5",
    )


def _drawn(shape: Shape) -> rx.Component:
    """A shape of the mark. Its colours are attributes, so they follow the theme."""
    attributes = {re.sub("-(.)", lambda found: found[1].upper(), name): each for name, each in shape.attributes.items()}
    component: rx.Component = getattr(rx.el, shape.tag)(*map(_drawn, shape.parts), custom_attrs=attributes)
    return component


def _wordmark(name: str, product: str) -> tuple[rx.Component | str, ...]:
    """The product name. When it begins with the company's name, that part is emphasised."""
    rest = product.removeprefix(f"{name} ")
    return (product,) if rest == product else (f"{name} ", rx.el.span(rest, class_name="font-normal text-muted"))
