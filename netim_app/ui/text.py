"""Texts of the pages: compiled for every language, and switched in the browser by one state var."""

import json
from collections.abc import Callable
from string import Formatter

import reflex as rx

from netim_app.reflex_port.var_data import expression
from netim_app.texts import catalog
from netim_app.texts.po_files import COUNTED

Text = rx.Var | str
"""A text of a page: a Var, or known when the page is built."""
_UP_TO_A_GROUP = r"/[^]*?[\da-f:]:(?=[\da-f]{0,4}:)|[^]+$/gi"
"""In JavaScript. The time 10:30 has no such group: no second colon follows."""


class LocaleState(rx.State):
    """The language of this tab. It has no handlers: states that know the customer set it."""

    locale: str = ""
    """One of `catalog.LOCALES`; empty until it is known. Until then the shell shows no label."""


def known_locale() -> rx.Var[bool]:
    """Whether the language is known, so that labels may be shown."""
    return rx.Var.create(LocaleState.locale) != ""


def tr(key: str, **params: Text | int) -> rx.Var[str]:
    """The text of a key in the language of the tab, for any place that takes a string.

    Args:
        key: a key of the catalog.
        params: values for the placeholders; the browser inserts Vars into the text.

    Raises:
        KeyError: unknown key, or the params do not match the placeholders. Raised when the page is compiled.
    """
    wanted = catalog.values(key)
    if wanted != params.keys():
        raise KeyError(f"{key} has the placeholders {sorted(wanted)}, but was given {sorted(params)}")
    values = {name: rx.Var.create(value) for name, value in params.items()}
    js = _chosen(lambda locale: _in_language(locale, key, values))
    return expression(js, LocaleState.locale, *values.values()).to(str)


def by_language(said: Callable[[str], str]) -> rx.Var[str]:
    """A string from outside the catalogue, in the language of the tab.

    Args:
        said: returns the string for a locale.
    """
    return expression(_chosen(lambda locale: json.dumps(said(locale))), LocaleState.locale).to(str)


def _chosen(js_of: Callable[[str], str]) -> str:
    """The same as rx.match, as a ternary: shorter code, which matters for several hundred labels."""
    js = js_of(catalog.DEFAULT_LOCALE)
    for locale in catalog.LOCALES[1:]:
        js = f"({LocaleState.locale!s} === {json.dumps(locale)} ? {js_of(locale)} : {js})"
    return js


def early(key: str, **params: str | int) -> rx.Var[str]:
    """The text of a key for a place that appears before the language of the tab is known.

    Until then the page contains it in every language, and shows the one of the document. The server chooses that by the
    browser's request.
    """
    said = (
        rx.el.span(catalog.text(locale, key, **params), lang=locale, class_name=_shown_where(locale))
        for locale in catalog.LOCALES
    )
    both: rx.Var[str] = rx.Var.create(rx.cond(known_locale(), rx.fragment(tr(key, **params)), rx.fragment(*said)))
    return both


def _shown_where(locale: str) -> str:
    """CSS classes that show a text when the document is in its language. The default one covers all other cases."""
    if locale != catalog.DEFAULT_LOCALE:
        return f"hidden [html:lang({locale})_&]:inline"
    return " ".join(f"[html:lang({other})_&]:hidden" for other in catalog.LOCALES[1:])


def in_every_language(part: Callable[[str], rx.Component]) -> rx.Component:
    """A part of a page with more than texts, compiled for each language.

    Args:
        part: returns the part for a locale.
    """
    others = [(locale, part(locale)) for locale in catalog.LOCALES[1:]]
    default = part(catalog.DEFAULT_LOCALE)
    return rx.match(LocaleState.locale, *others, default) if others else default


def breakable(text: rx.Var[str]) -> rx.Component:
    """A text whose IPv6 addresses may wrap between their groups of digits. An IPv4 address fits on any line."""
    pieces = expression(rf"({text!s}.match({_UP_TO_A_GROUP}) ?? [])", text).to(list[str])
    return rx.foreach(pieces, lambda piece: rx.fragment(piece, rx.el.wbr()))


def breakable_if_text(shown: Text | rx.Component) -> Text | rx.Component:
    """As `breakable`, for a value that may also be a component, or a text that is known at build time."""
    return breakable(shown) if isinstance(shown, rx.vars.StringVar) else shown


def moment(text: Text, exact: Text) -> rx.Component:
    """How long ago something happened; hovering shows the exact moment."""
    return rx.el.span(text, title=exact, class_name="decoration-dotted underline-offset-4 hover:underline")


def _in_language(locale: str, key: str, values: dict[str, rx.Var]) -> str:
    """A JavaScript expression for the text in one language. The C rule for plural forms is valid JavaScript, too."""
    language, forms = catalog.spoken(locale, key)
    said = [_splice(form, values) for form in forms]
    if len(said) == 1:
        return said[0]
    return f"[{', '.join(said)}][+({language.plural.replace('n', f'({values[COUNTED]!s})')})]"


def _splice(template: str, values: dict[str, rx.Var]) -> str:
    """A JavaScript expression that concatenates a template's literal pieces and its values."""
    pieces: list[str] = []
    for literal, name, _, _ in Formatter().parse(template):
        # The first piece stays even when it is empty: it makes the result a string.
        if literal or not pieces:
            pieces.append(json.dumps(literal, ensure_ascii=False))
        if name is not None:
            pieces.append(f"({values[name]!s})")
    return pieces[0] if len(pieces) == 1 else f"({' + '.join(pieces)})"
