"""Small parts that buttons and fields share."""

from collections.abc import Callable
from typing import Any

import reflex as rx

from netim_app.reflex_port.client_vars import COMPILED_TOGETHER
from netim_app.ui.icons import icon
from netim_app.ui.text import Text, breakable_if_text, tr

Handler = Any


class ClientScope(rx.el.Div):
    """The part of a page that owns client vars. Their values are lost when the part is unmounted."""

    _memoization_mode = COMPILED_TOGETHER


def given(text: Text) -> bool:
    """Whether there is a text, or may be one (a Var)."""
    return isinstance(text, rx.Var) or text != ""


def unless_empty(text: Text, build: Callable[[], rx.Component]) -> rx.Component:
    """Shows what `build` returns while the text is not empty."""
    if not isinstance(text, rx.Var):
        return build() if text else rx.fragment()
    return rx.cond(text != "", build())


def testid_attr(test_id: str) -> dict[str, Any]:
    """The attribute by which tests find a component; none without an id."""
    return {"data-testid": test_id} if test_id else {}


def labelled(
    label: Text,
    control: Callable[[dict[str, Any]], rx.Component],
    *,
    html_id: str,
    error: Text,
    hint: Text,
    required: bool,
    extra: rx.Component | None = None,
) -> rx.Component:
    """A control under its label, above its error and hint. `control` takes the attributes that refer to both."""
    optional = [] if required else [rx.el.span(" (", tr("ui.form.optional"), ")", class_name="font-normal text-muted")]
    return rx.el.div(
        rx.el.label(label, *optional, html_for=html_id, class_name="text-sm font-medium"),
        control(described(html_id, error, hint)),
        *([extra] if extra is not None else []),
        *below(html_id, error, hint),
        class_name="flex min-w-0 flex-col gap-1.5",
    )


def described(html_id: str, error: Text, hint: Text) -> dict[str, Any]:
    """The id, and the attributes that link a control to its hint and its error."""
    # Every id is a Var: for a plain string Reflex creates a ref, and sends the value a second time under the id.
    attrs: dict[str, Any] = {"id": rx.Var.create(html_id)}
    hint_id = f"{html_id}-hint" if given(hint) else ""
    if given(error):
        wrong = rx.Var.create(error) != ""
        attrs["aria_invalid"] = rx.cond(wrong, "true", "false")
        attrs["aria_describedby"] = rx.cond(wrong, f"{html_id}-error {hint_id}".strip(), hint_id)
    elif hint_id:
        attrs["aria_describedby"] = hint_id
    return attrs


def below(html_id: str, error: Text, hint: Text, indent: str = "") -> list[rx.Component]:
    """The hint and the error of a control, with the ids from `described`."""
    found = []
    if given(hint):
        found.append(_note(hint, f"{html_id}-hint", f"text-sm text-muted {indent}"))
    if given(error):
        shown = rx.el.p(
            icon("stop", size="size-4", class_name="mt-0.5"),
            rx.el.span(breakable_if_text(error)),
            role="alert",
            id=rx.Var.create(f"{html_id}-error"),
            class_name=f"flex gap-1.5 text-sm text-danger {indent}",
        )
        found.append(unless_empty(error, lambda: shown))
    return found


def _note(text: Text, html_id: str, class_name: str) -> rx.Component:
    return rx.el.p(text, id=rx.Var.create(html_id), class_name=class_name.strip())


def bar(class_name: str) -> rx.Component:
    """A placeholder of one line."""
    return rx.el.div(class_name=f"{class_name} animate-pulse rounded-control bg-sunken")
