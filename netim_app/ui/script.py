"""Elements that act in the browser, by functions of `netim_app.ui.javascript.SOURCE` or of `reflex_guard`."""

from typing import Any

import reflex as rx

from netim_app.reflex_port.client_vars import location_hash
from netim_app.reflex_port.var_data import expression
from netim_app.texts.languages import language
from netim_app.ui.javascript import SOURCE
from netim_app.ui.text import LocaleState, by_language
from reflex_guard import script as parts
from reflex_guard import ticket_form
from reflex_guard.single_submit import LOADING

PASSKEYS = "@simplewebauthn/browser@14.0.0"
"""The npm package for the browser's passkey API. `SOURCE` imports it when it is needed."""
TIME_ZONE = rx.Var("Intl.DateTimeFormat().resolvedOptions().timeZone").to(str)
"""The IANA name of the browser's time zone. Only for a part of the page that is not prerendered."""


def form_around(field_id: str) -> rx.Var[dict[str, Any]]:
    """The form data around this field when an event is sent, as the form's own event would send it."""
    return rx.Var(f'Object.fromEntries(new FormData(document.getElementById("{field_id}").form))').to(dict)


def function(name: str) -> rx.Var[Any]:
    """A function of the product's script or of `reflex_guard`'s; see `reflex_guard.script.function`.

    Raises:
        KeyError: there is no function of this name.
    """
    return parts.function(name, parts.SOURCE + SOURCE)


class _Scripted:
    """Compiles both scripts with the element. The build leaves out unused code."""

    def add_custom_code(self) -> list[str]:
        return [parts.SOURCE, SOURCE]


class Button(_Scripted, rx.el.Button):
    """A button that acts in the browser."""


class A(_Scripted, rx.el.A):
    """A link that acts in the browser."""


class Dialog(_Scripted, rx.el.Dialog):
    """A dialog that opens itself."""


class Div(_Scripted, rx.el.Div):
    """A part of the page that takes the focus, or moves it."""


class TimedDiv(Div):
    """A part of the page that reports the end of its animation."""

    on_animation_end: rx.EventHandler[rx.event.no_args_event_spec]  # type: ignore[type-arg, valid-type]  # so Reflex wants it


class H1(_Scripted, rx.el.H1):
    """The heading of a page."""


class Input(_Scripted, rx.el.Input):
    """A field that acts in the browser, or is filled there."""


class Anchored(_Scripted, rx.el.Section):
    """A part of the page that is a link target, by its id. It has `data-reached` while the URL names it."""

    @classmethod
    def create(cls, *children: Any, **props: Any) -> rx.Component:
        """Creates the section, with the function that scrolls to it in its `custom_attrs`."""
        reached = location_hash() == rx.Var.create("#") + props["id"].to(str)
        # React calls a new ref: when the part appears, and when a link to it is followed.
        attrs = {"ref": rx.cond(reached, function("scrollToReached"), None), "data-reached": rx.cond(reached, "", None)}
        return super().create(*children, **parts.with_attrs(props, attrs))


class Span(_Scripted, rx.el.Span):
    """An element that acts when it appears."""


class Ul(_Scripted, rx.el.Ul):
    """A list that opens and closes."""


class HtmlForm(_Scripted, ticket_form.HtmlForm):
    """A form that the browser itself posts to an HTTP route."""


class PromptForm(_Scripted, rx.el.Form):
    """A form that a prompt of the browser fills in and sends."""

    def add_imports(self) -> dict[str, rx.ImportVar]:
        return {PASSKEYS: rx.ImportVar(tag=None, render=False)}


class DocumentLanguage(rx.Fragment):
    """Keeps the document's language and direction in line with the tab's language (WCAG 3.1.1).

    Until that is known the document has `LOADING`: the arrival changes all `early` texts, and is no answer to a press.
    The mark goes in a microtask of the same commit, right after the observer of answers has heard of these changes.
    """

    def add_imports(self) -> dict[str, str]:
        return {"react": "useLayoutEffect"}

    def add_hooks(self) -> list[str | rx.Var]:
        locale = LocaleState.locale
        direction = by_language(lambda code: language(code).direction)
        effect = f"""useLayoutEffect(() => {{
          if ({locale!s}) Object.assign(document.documentElement, {{ lang: {locale!s}, dir: {direction!s} }});
          queueMicrotask(() => document.documentElement.toggleAttribute("{LOADING}", !{locale!s}));
        }}, [{locale!s}])"""
        return [expression(effect, locale)]
