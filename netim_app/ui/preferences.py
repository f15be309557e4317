"""Language and theme, as the visitor wants them."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from netim_app.texts.catalog import LOCALES
from netim_app.ui.icons import icon
from netim_app.ui.text import LocaleState, tr
from netim_app.ui.theme import FOCUS


def language_switch(choose: Callable[[str], Any]) -> rx.Component:
    """One button per language.

    Args:
        choose: event handler that takes a locale.
    """
    return rx.el.div(
        *[
            rx.el.button(
                locale.upper(),
                type="button",
                lang=locale,
                title=tr(f"ui.language.{locale}"),
                # The visible label is part of the name, so voice control can use it (WCAG 2.5.3).
                aria_label=tr(f"ui.language.{locale}") + f" ({locale.upper()})",
                aria_pressed=rx.cond(LocaleState.locale == locale, "true", "false"),
                on_click=choose(locale),
                class_name="min-h-9 min-w-9 rounded-control text-xs font-medium text-muted hover:bg-sunken "
                f"aria-pressed:text-ink aria-pressed:bg-sunken {FOCUS}",
                custom_attrs={"data-testid": f"locale-{locale}"},
            )
            for locale in LOCALES
        ],
        role="group",
        aria_label=tr("ui.language"),
        class_name="flex items-center",
    )


def theme_switch() -> rx.Component:
    """A button between light and dark. Until it is used, the system decides; the choice stays in this browser."""
    return rx.el.button(
        icon("theme"),
        type="button",
        on_click=rx.toggle_color_mode,
        title=tr("ui.theme.switch"),
        aria_label=tr("ui.theme.switch"),
        class_name=f"grid size-9 place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink {FOCUS}",
        custom_attrs={"data-testid": "theme-switch"},
    )
