"""The visitor's choice of language and theme."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from netim_app.texts.languages import language, languages
from netim_app.ui.icons import icon
from netim_app.ui.menu import menu, menu_button
from netim_app.ui.text import LocaleState, by_language, tr
from netim_app.ui.theme import FOCUS


def language_switch(choose: Callable[[str], Any], *, test_id: str = "language-menu") -> rx.Component:
    """A menu of the languages, each under its own name. Its button shows the code of the current one.

    Args:
        choose: event handler that takes a locale.
        test_id: also the base of the HTML ids.
    """
    return menu(
        *[
            menu_button(
                known.name,
                choose(code),
                current=LocaleState.locale == code,
                lang=code,
                test_id=f"locale-{code}",
            )
            for code, known in languages().items()
        ],
        label=by_language(str.upper),
        name=tr("ui.language") + " " + by_language(lambda code: f"{language(code).name} ({code.upper()})"),
        test_id=test_id,
        width="w-40",
    )


def theme_switch() -> rx.Component:
    """A button that switches between light and dark. Initially the system decides; the choice stays in this browser."""
    return rx.el.button(
        icon("theme"),
        type="button",
        on_click=rx.toggle_color_mode,
        title=tr("ui.theme.switch"),
        aria_label=tr("ui.theme.switch"),
        class_name=f"grid size-9 place-items-center rounded-control text-muted hover:bg-sunken hover:text-ink {FOCUS}",
        custom_attrs={"data-testid": "theme-switch"},
    )
