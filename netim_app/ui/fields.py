"""Fields of a form: text of one line or several, code, select and checkbox.

Inputs are uncontrolled: the browser keeps what was typed, after any answer. Messages come from the server.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import reflex as rx

from netim_app.ui.icons import icon
from netim_app.ui.parts import Handler, below, described, labelled, testid_attr
from netim_app.ui.script import Input, function
from netim_app.ui.text import Text
from netim_app.ui.theme import FOCUS

_CONTROL = (
    "block w-full min-h-11 rounded-control border border-edge bg-surface px-3 py-2 text-ink "
    "aria-invalid:border-danger aria-invalid:border-2 "
    "focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-accent"
)
INPUT = f"{_CONTROL} text-base"
# Six digits of any script, typed or pasted, are a whole code, with any characters between, around or before them, as
# `core.readers.six_digits` reads it. A regular expression of HTML.
_BETWEEN = r"[\s\p{P}\p{Z}\p{Cf}\u02d7\u2212\u30fc\uff70]*"
_CODE = rf"{_BETWEEN}(?:\p{{Nd}}{_BETWEEN}){{6}}"
_LIST_NUMBER = r"(?:\p{Cf}*[^\p{Nd}\p{Cf}]){0,3}(?:\p{Cf}*\p{Nd}){1,2}\p{Cf}*[.\):．。）：、]"
_TOO_SHORT_ENTRY = rf"{_LIST_NUMBER}\p{{Cf}}*\s[\s\p{{Cf}}]*(?:\p{{Nd}}\p{{Cf}}*){{1,5}}\P{{Nd}}*$"
SIX_DIGITS = rf"(?!{_TOO_SHORT_ENTRY}){_CODE}|{_LIST_NUMBER}{_CODE}"
# Six digits are read one by one.
_DIGITS = f"{_CONTROL} max-w-64 font-mono text-xl tracking-[0.3em]"


def text_field(
    name: str,
    label: Text,
    type: str = "text",  # noqa: A002  the attribute's own name
    *,
    error: Text = "",
    value: Text | None = None,
    autocomplete: str = "",
    required: bool = True,
    mark_optional: bool = True,
    inputmode: str = "",
    hint: Text = "",
    test_id: str = "",
    on_change: Handler | None = None,
    max_length: int | None = None,
    auto_focus: bool = False,
    field_id: str = "",
    sends_itself: bool = False,
) -> rx.Component:
    """A labelled line of text.

    Args:
        name: key in the form data.
        error: message under the field; empty for none.
        value: its initial content. Later changes of the Var do not overwrite what was typed.
        hint: permanent help under the field.
        mark_optional: False when the hint says who may leave the field empty.
        field_id: HTML id; needed only when two fields of the same name are on one page.
        sends_itself: sends the form as soon as six digits are entered. Not for destructive forms.
    """
    props = input_props(
        name=name, required=required, test_id=test_id, value=value, autocomplete=autocomplete, inputmode=inputmode,
        on_change=on_change, max_length=max_length, auto_focus=auto_focus,
    )  # fmt: skip
    if sends_itself:
        props["custom_attrs"] |= {"onInput": function("sendWhenComplete"), "pattern": SIX_DIGITS}
    look = _DIGITS if autocomplete == "one-time-code" else INPUT
    return labelled(
        label,
        lambda attrs: Input.create(type=type, **attrs, **props, class_name=look),
        html_id=field_id or f"field-{name}",
        error=error,
        hint=hint,
        required=required or not mark_optional,
    )


def text_area(
    name: str,
    label: Text,
    *,
    error: Text = "",
    value: Text | None = None,
    hint: Text = "",
    placeholder: Text = "",
    rows: int = 8,
    max_length: int | None = None,
    auto_focus: bool = False,
    test_id: str = "",
    field_id: str = "",
) -> rx.Component:
    """Several lines of text, in a monospaced font.

    Args:
        value: its initial content.
        max_length: the browser cuts longer text silently. So pass more than the handler accepts: then it refuses text
            that was cut.
        placeholder: an example, shown while the field is empty.
    """
    props = input_props(
        name=name, required=True, test_id=test_id, value=value, max_length=max_length, auto_focus=auto_focus
    )
    return labelled(
        label,
        lambda attrs: rx.el.textarea(
            **attrs,
            **props,
            rows=rows,
            placeholder=placeholder,
            auto_complete="off",
            spell_check=False,
            class_name=f"{INPUT} font-mono placeholder:text-muted",
        ),
        html_id=field_id or f"field-{name}",
        error=error,
        hint=hint,
        required=True,
    )


def account_name(value: rx.Var[str]) -> rx.Component:
    """Tells password managers whose password a form is about. It is invisible and not sent."""
    return rx.el.input(type="text", auto_complete="username", value=value, read_only=True, hidden=True, tab_index=-1)


@dataclass(frozen=True)
class LongList:
    """Hundreds of constant options. They are inserted as markup: as components they would block the page on a phone.

    Attributes:
        options: pairs of value and label.
    """

    options: Sequence[tuple[str, str]]

    def markup(self) -> str:
        """The options in HTML. For an option without a value, its label is sent."""
        values = ("" if sent == shown else f' value="{escape(sent)}"' for sent, shown in self.options)
        return "".join(
            f"<option{value}>{escape(shown)}</option>" for value, (_, shown) in zip(values, self.options, strict=True)
        )


def select_field(
    name: str,
    label: Text,
    options: Sequence[tuple[str, Text]] | LongList,
    value: Text | None = None,
    error: Text = "",
    *,
    hint: Text = "",
    autocomplete: str = "",
    required: bool = True,
    on_change: Handler | None = None,
    test_id: str = "",
    field_id: str = "",
) -> rx.Component:
    """A native select for one value.

    Args:
        options: pairs of value and label, or a `LongList`.
        value: the initial choice.
    """
    markup: dict[str, Any] = {}
    entries: list[rx.Component] = []
    if isinstance(options, LongList):
        markup = {
            "dangerouslySetInnerHTML": rx.Var(f"({{__html: {json.dumps(options.markup(), ensure_ascii=False)}}})")
        }
    else:
        entries = [rx.el.option(shown, value=sent) for sent, shown in options]

    def control(attrs: dict[str, Any]) -> rx.Component:
        props = input_props(
            name=name,
            required=required,
            test_id=test_id,
            value=value,
            autocomplete=autocomplete,
            on_change=on_change,
        )
        props["custom_attrs"] |= markup
        return rx.el.div(
            rx.el.select(*entries, **attrs, **props, class_name=f"{INPUT} appearance-none pe-10 text-ellipsis"),
            icon("chevron", class_name="pointer-events-none absolute top-3 end-3 text-muted"),
            class_name="relative",
        )

    return labelled(label, control, html_id=field_id or f"field-{name}", error=error, hint=hint, required=required)


# With forced colours the browser draws its own.
_BOX = (
    "peer col-start-1 row-start-1 size-6 cursor-pointer appearance-none rounded-[0.375rem] border border-edge "
    "bg-surface transition-colors checked:border-accent checked:bg-accent aria-[invalid=true]:border-danger "
    "forced-colors:appearance-auto"
)
_TICK = "pointer-events-none invisible col-start-1 row-start-1 text-on-accent peer-checked:visible forced-colors:hidden"


def checkbox_field(
    name: str,
    label: Text,
    hint: Text = "",
    *,
    checked: rx.Var[bool] | bool = False,
    error: Text = "",
    test_id: str = "",
    field_id: str = "",
) -> rx.Component:
    """A checkbox. When it is ticked, the form data holds `on` under its name, otherwise nothing."""
    html_id = field_id or f"field-{name}"
    attrs = described(html_id, error, hint)
    return rx.el.div(
        rx.el.label(
            rx.el.span(
                rx.el.input(
                    type="checkbox",
                    name=name,
                    default_checked=checked,
                    **attrs,
                    class_name=f"{_BOX} {FOCUS}",
                    custom_attrs=testid_attr(test_id),
                ),
                icon("check", size="size-5", class_name=_TICK),
                class_name="grid shrink-0 place-items-center",
            ),
            rx.el.span(label, class_name="pt-0.5 text-sm"),
            class_name="flex min-h-6 cursor-pointer items-start gap-3",
        ),
        *below(html_id, error, hint, indent="ps-9"),
        class_name="flex flex-col gap-1.5",
    )


def input_props(
    *,
    name: str,
    required: bool,
    test_id: str,
    value: Text | None = None,
    autocomplete: str = "",
    inputmode: str = "",
    on_change: Handler | None = None,
    max_length: int | None = None,
    auto_focus: bool = False,
) -> dict[str, Any]:
    """The attributes of an input: name, autocomplete, maximum length and test id."""
    props: dict[str, Any] = {"name": name, "required": required, "custom_attrs": testid_attr(test_id)}
    if autocomplete == "one-time-code":
        props["custom_attrs"] |= {"onFocus": function("selectAll"), "onKeyDown": function("selectAll")}
    if auto_focus:
        # React's own covers fields that appear alone. A dialog looks for the attribute when it opens.
        props["custom_attrs"] |= {"autofocus": ""}
    optional = {
        "default_value": value,
        "auto_complete": autocomplete or None,
        "input_mode": inputmode or None,
        "on_change": on_change,
        "max_length": max_length,
        "auto_focus": auto_focus or None,
    }
    return props | {name: given for name, given in optional.items() if given is not None}
