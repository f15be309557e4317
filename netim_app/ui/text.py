"""Texts in the page: compiled once for every language, switched in the browser by one state var."""

import json
from string import Formatter

import reflex as rx

from netim_app.reflex_port.var_data import expression
from netim_app.texts import catalog


class LocaleState(rx.State):
    """The language of this tab. It has no handlers: states that know the customer write it."""

    locale: str = ""
    """One of `catalog.LOCALES`; empty until it is known, and so long the shell shows no label."""


def known_locale() -> rx.Var[bool]:
    """Whether the language is settled, so labels may be shown."""
    return rx.Var.create(LocaleState.locale) != ""


def tr(key: str, **params: rx.Var | str | int) -> rx.Var[str]:
    """The text of a key in the language of the tab, for any place that takes a string.

    Args:
        key: a key of the catalog.
        params: values for the placeholders; Vars are spliced into the text in the browser.

    Raises:
        KeyError: unknown key, or other params than the text has placeholders. Raised when the page is compiled.
    """
    texts = {locale: catalog.template(locale, key) for locale in catalog.LOCALES}
    wanted = catalog.placeholders(texts[catalog.DEFAULT_LOCALE])
    if wanted != params.keys():
        raise KeyError(f"{key} has the placeholders {sorted(wanted)}, but was given {sorted(params)}")
    values = {name: rx.Var.create(value) for name, value in params.items()}
    # What rx.match would compile to, as a ternary: several hundred labels make the difference worth it.
    js = _splice(texts.pop(catalog.DEFAULT_LOCALE), values)
    for locale, template in texts.items():
        js = f"({LocaleState.locale!s} === {json.dumps(locale)} ? {_splice(template, values)} : {js})"
    return expression(js, LocaleState.locale, *values.values()).to(str)


def moment(text: rx.Var | str, exact: rx.Var | str) -> rx.Component:
    """How long ago something was; the exact moment is shown to who points at it."""
    return rx.el.span(text, title=exact, class_name="decoration-dotted underline-offset-4 hover:underline")


def _splice(template: str, values: dict[str, rx.Var]) -> str:
    """A JavaScript expression that concatenates the literal pieces of a template with the values."""
    pieces: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        # The first piece stays even when it is empty: it makes the sum a string.
        if literal or not pieces:
            pieces.append(json.dumps(literal, ensure_ascii=False))
        if name is not None:
            pieces.append(f"({values[name]!s})")
    return pieces[0] if len(pieces) == 1 else f"({' + '.join(pieces)})"
