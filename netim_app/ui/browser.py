"""Values that only the browser knows, and actions that only it can do."""

from typing import Any

import reflex as rx

from netim_app.reflex_port.var_data import expression
from netim_app.ui.icons import icon
from netim_app.ui.parts import testid_attr
from netim_app.ui.script import TIME_ZONE, Button, Input, Span, function
from netim_app.ui.theme import FOCUS


def field_from_fragment(name: str, html_id: str, *, missing: rx.Component) -> rx.Component:
    """A hidden field with the fragment of the URL, which is then removed from the URL. No state ever holds its value.

    Args:
        name: key in the form data.
        html_id: unique on the page.
        missing: shown while the URL has no fragment.
    """
    return rx.fragment(
        Input.create(
            type="hidden",
            name=name,
            id=rx.Var.create(html_id),
            class_name="peer",
            custom_attrs={"ref": function("takeFragment")},
        ),
        rx.el.div(missing, class_name="peer-[[value]:not([value=''])]:hidden"),
    )


def time_zone_field(name: str) -> rx.Component:
    """A hidden field with the IANA name of the browser's time zone."""
    return rx.el.input(type="hidden", name=name, value=TIME_ZONE, read_only=True)


def come_back_when(condition: rx.Var[bool]) -> rx.Component:
    """Reconnects with the current cookies as soon as the condition is true, and repeats the waiting press.

    It must be inside the frame of the page: its appearance answers the press, which is then free to be repeated.
    """
    attrs = {"ref": function("comeBack"), "data-repeat": "true"}
    return rx.cond(condition, Span.create(hidden=True, custom_attrs=attrs))


def note_asked() -> rx.Component:
    """Records the last press when it appears. That press is repeated once the session is renewed."""
    return Span.create(hidden=True, custom_attrs={"ref": function("noteAsked")})


class LeavingQuestion(Span):
    """Placed beside content that is shown only once: the customer must confirm back, reload and close."""

    @classmethod
    def create(cls, *, asks: rx.Var[bool], question: rx.Var[str]) -> rx.Component:
        """Makes the browser ask: in its own words before it leaves the page, with `question` before it goes back in it.

        Args:
            asks: whether it is shown; React Router does not tell this.
            question: shown before it goes back.
        """
        attrs = {"ref": function("askBeforeUnload"), "data-asks": asks, "data-question": question}
        return super().create(hidden=True, custom_attrs=attrs)

    def add_imports(self) -> dict[str, str]:
        return {"react-router": "unstable_usePrompt"}

    def add_hooks(self) -> list[str | rx.Var]:
        asks, question = self.custom_attrs["data-asks"], self.custom_attrs["data-question"]
        goes_back = function("goesBack")
        when = f"{asks!s} && {goes_back!s}"
        hook = f"unstable_usePrompt({{ when: {when}, message: {question!s} }})"
        return [expression(hook, asks, question)]


_COPY_ICONS = (
    ("copy", "group-data-copied/copy:hidden"),
    ("check", "hidden text-success group-data-copied/copy:block"),
)
_LIKE_A_BUTTON = (
    "inline-flex min-h-11 items-center justify-center gap-2 rounded-control border border-edge bg-surface px-4 py-2 "
    f"text-sm font-medium text-ink hover:bg-sunken {FOCUS}"
)


def _copying(text: rx.Var[str], test_id: str) -> dict[str, Any]:
    return {"onClick": function("copy"), "data-text": text, **testid_attr(test_id)}


def _said(done: rx.Var[str], class_name: str) -> rx.Component:
    """It is beside the button: text inside a button is its name, and is not announced."""
    shown = "*:hidden peer-data-copied/copy:*:inline"
    return rx.el.p(rx.el.span(done), role="status", class_name=f"{shown} {class_name}")


def copy_button(text: rx.Var[str], *, label: rx.Var[str], done: rx.Var[str], test_id: str = "") -> rx.Component:
    """A button that copies a text, without an event to the server.

    Args:
        done: shown for a moment afterwards, and announced by screen readers.
    """
    return rx.el.div(
        Button.create(
            *(icon(name, class_name=shown) for name, shown in _COPY_ICONS),
            # Both are in one place, so the button keeps its width.
            rx.el.span(
                rx.el.span(label, class_name="col-start-1 row-start-1 group-data-copied/copy:invisible"),
                rx.el.span(
                    done,
                    aria_hidden="true",
                    class_name="invisible col-start-1 row-start-1 text-success group-data-copied/copy:visible",
                ),
                class_name="grid",
            ),
            type="button",
            class_name=f"group/copy peer/copy {_LIKE_A_BUTTON} grow",
            custom_attrs=_copying(text, test_id),
        ),
        _said(done, "sr-only"),
        class_name="relative flex items-center",
    )


def copy_by_click(
    text: rx.Var[str],
    *,
    heading: rx.Var[str],
    label: rx.Var[str],
    done: rx.Var[str],
    without_blanks: bool = False,
    test_id: str = "",
) -> rx.Component:
    """A text that a click copies.

    Args:
        heading: above the text, until `done` replaces it.
        label: says what a click does; screen readers read it after the text.
        without_blanks: blanks only help reading and are not copied.
    """
    copied = expression(f"({text!s}.replaceAll(' ', ''))", text) if without_blanks else text
    in_one_place = "row-start-1 col-start-1 text-center"
    return rx.el.div(
        rx.el.p(heading, class_name=f"{in_one_place} text-muted group-has-data-copied/copied:invisible"),
        Button.create(
            rx.el.span(text, class_name="font-mono text-base"),
            *(icon(name, class_name=shown) for name, shown in _COPY_ICONS),
            rx.el.span(" ", label, class_name="sr-only"),
            type="button",
            title=label,
            class_name=f"group/copy peer/copy {_LIKE_A_BUTTON} max-w-full",
            custom_attrs=_copying(copied, test_id),
        ),
        _said(done, f"{in_one_place} text-success"),
        class_name="group/copied grid w-full justify-items-center gap-1",
    )


def download_link(text: rx.Var[str], file_name: str, *, label: rx.Var[str], test_id: str = "") -> rx.Component:
    """A link that saves a text as a file. The browser makes the file: no request is sent."""
    data_url = expression(f"('data:text/plain;charset=utf-8,' + encodeURIComponent({text!s}))", text)
    return rx.el.A.create(
        icon("download"),
        rx.el.span(label),
        href=data_url,
        download=file_name,
        class_name=_LIKE_A_BUTTON,
        custom_attrs=testid_attr(test_id),
    )


def print_button(label: rx.Var[str]) -> rx.Component:
    """A button that prints. While a `print-sheet` is on the page, only that is printed."""
    return Button.create(
        icon("print"),
        rx.el.span(label),
        type="button",
        class_name=_LIKE_A_BUTTON,
        custom_attrs={"onClick": function("printPage")},
    )
