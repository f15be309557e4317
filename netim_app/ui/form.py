"""Forms, their fields, buttons and links.

Inputs are uncontrolled: the browser keeps what was typed, whatever the server answers. Messages come from the server.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, Literal

import reflex as rx

from netim_app.ui.icons import icon
from netim_app.ui.notice import notice
from netim_app.ui.script import SingleSubmitButton, SingleSubmitForm
from netim_app.ui.text import tr
from netim_app.ui.theme import FOCUS

Text = rx.Var | str
Handler = Any
Kind = Literal["primary", "secondary", "danger", "ghost"]

_BUTTON = (
    "group/button relative inline-flex min-h-11 items-center justify-center gap-2 rounded-control px-4 py-2 "
    "text-center text-sm font-medium text-balance transition-colors aria-disabled:opacity-70 "
) + FOCUS
_KINDS: dict[str, str] = {
    "primary": "bg-accent text-on-accent hover:bg-accent-strong border border-transparent",
    "secondary": "bg-surface text-ink border border-edge hover:bg-sunken",
    "danger": "bg-danger text-on-danger hover:bg-danger-strong border border-transparent",
    "ghost": "text-accent hover:bg-accent-soft border border-transparent",
}
_CONTROL = (
    "block w-full min-h-11 rounded-control border border-edge bg-surface px-3 py-2 text-ink "
    "aria-invalid:border-danger aria-invalid:border-2 "
    "focus-visible:outline-2 focus-visible:outline-offset-0 focus-visible:outline-accent"
)

_INPUT = f"{_CONTROL} text-base"
# Six digits are read one by one.
_DIGITS = f"{_CONTROL} max-w-64 font-mono text-xl tracking-[0.3em]"

# A wrong code is typed over or pasted over, and not added to.
_SELECT = "(event) => event.currentTarget.select()"
_SELECT_ON_ENTER = '(event) => { if (event.key === "Enter") event.currentTarget.select(); }'

# Six digits of any script, typed or pasted, are a whole code, whatever stands between, around or before them, as
# `core.readers.six_digits` reads it. Returns the digits, or nothing.
_READ_CODE = """(text) => {
  const seen = text.replace(/\\p{Cf}/gu, ""), number = /^\\P{Nd}{0,3}\\p{Nd}{1,2}[.):．。）：、]/u;
  const digits = (typed) => typed.replace(/[\\s\\p{P}\\p{Z}\\u02d7\\u2212\\u30fc\\uff70]/gu, "");
  const entry = seen.replace(number, ""), isTooShort = entry !== seen && /^\\s+\\p{Nd}{1,5}\\P{Nd}*$/u.test(entry);
  return [isTooShort ? "" : digits(seen), digits(entry)].find((code) => /^\\p{Nd}{6}$/u.test(code)) ?? "";
}"""
# Nothing is left to decide then. After a moment, so that who presses the button or Enter all the same sends it once. A
# refused code is not sent again while it is corrected digit by digit.
_SEND_WHEN_COMPLETE = f"""(event) => {{
  const input = event.currentTarget, code = ({_READ_CODE})(input.value);
  clearTimeout(input.sending);
  if (!code || input.dataset.sent === code) return;
  input.dataset.sent = code;
  input.sending = setTimeout(() => {{ input.select(); input.form?.requestSubmit(); }}, 500);
  input.form.addEventListener("submit", () => clearTimeout(input.sending), {{once: true}});
}}"""
_CAPS_LOCK = """(event) => {
  event.currentTarget.toggleAttribute("data-caps", event.getModifierState("CapsLock"));
}"""
_SHOW_OR_HIDE = """(event) => {
  const button = event.currentTarget, input = button.previousElementSibling, show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", show);
}"""

_FILTER = """(event) => {
  const wanted = event.currentTarget.value.trim().toLowerCase(), said = event.currentTarget.parentElement.nextSibling;
  let found = 0;
  for (const entry of document.getElementById(ID)?.children ?? []) {
    entry.hidden = !entry.textContent.toLowerCase().includes(wanted);
    found += !entry.hidden;
  }
  said.textContent = found ? "" : said.dataset.nothing;
}"""


def form(
    *fields: rx.Component,
    on_submit: Handler,
    submit_label: Text,
    pending: rx.Var[bool] | None = None,
    error: Text = "",
    test_id: str = "",
    cancel: Handler | None = None,
    submit_kind: Kind = "primary",
    full_width: bool = False,
    inline: bool = False,
    footer: rx.Component | None = None,
) -> rx.Component:
    """A form that sends its fields to an event handler.

    Args:
        fields: fields of this module, or anything else.
        on_submit: takes the form data, a dict of name to string.
        submit_label: text of the submit button.
        pending: true while the server works on it; for work that takes long. Without it, too, the button shows at
            once that it was pressed, and cannot be pressed again before the answer.
        error: message about the form as a whole; empty for none.
        cancel: event handler; with it there is a Cancel button.
        submit_kind: `danger` for what destroys something.
        full_width: the submit button takes the whole width, as on login pages.
        inline: the button stands beside its one field where there is room for it.
        footer: something below the buttons.
    """
    width = "w-full" if full_width else "w-full sm:w-auto"
    buttons = [submit_button(submit_label, pending=pending, kind=submit_kind, class_name=width)]
    if cancel is not None:
        buttons.insert(0, button(tr("ui.form.cancel"), on_click=cancel, class_name=width))
    row = "flex flex-col-reverse gap-3 pt-1 sm:flex-row sm:justify-end"
    content = [*fields, rx.el.div(*buttons, class_name=row)]
    if inline:
        # Beside the field, below the line of its label.
        beside = [*fields, rx.el.div(*buttons, class_name="sm:mt-7.25")]
        content = [rx.el.div(*beside, class_name="flex flex-col gap-3 sm:flex-row sm:items-start sm:*:first:grow")]
    return SingleSubmitForm.create(
        _unless_empty(error, lambda: notice("danger", error)),
        *content,
        *([footer] if footer is not None else []),
        on_submit=on_submit,
        no_validate=True,
        class_name="flex flex-col gap-5",
        custom_attrs=_test_id(test_id),
    )


def filter_field(list_id: str, label: Text, nothing: Text, *, test_id: str = "") -> rx.Component:
    """A field that leaves only those entries of a list on the screen that contain what is typed. Nothing is sent.

    Args:
        list_id: HTML id of the list.
        label: its accessible name, and what stands in it while it is empty.
        nothing: said when no entry is left.
    """
    return rx.el.div(
        rx.el.div(
            icon("search", class_name="pointer-events-none absolute top-3 left-3 text-muted"),
            rx.el.input(
                type="search",
                aria_label=label,
                aria_controls=list_id,
                placeholder=label,
                auto_complete="off",
                class_name=f"{_INPUT} pl-10",
                custom_attrs={"onInput": rx.Var(_FILTER.replace("ID", json.dumps(list_id))), **_test_id(test_id)},
            ),
            class_name="relative",
        ),
        rx.el.p(role="status", class_name="mt-2 text-muted empty:hidden", custom_attrs={"data-nothing": nothing}),
    )


def columns(*fields: rx.Component) -> rx.Component:
    """Fields side by side in pairs where there is room for it."""
    return rx.el.div(*fields, class_name="grid items-start gap-5 sm:grid-cols-2")


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
        value: what it shows at first. Later changes of the Var do not overwrite what was typed.
        hint: lasting help under the field.
        mark_optional: False where the hint says who may leave the field empty.
        field_id: HTML id; needed only when two fields of the same name are on one page.
        sends_itself: sends the form as soon as six digits are there. Not where that destroys something.
    """

    def control(attrs: dict[str, Any]) -> rx.Component:
        props = _input_props(
            name=name,
            required=required,
            test_id=test_id,
            value=value,
            autocomplete=autocomplete,
            inputmode=inputmode,
            on_change=on_change,
            max_length=max_length,
            auto_focus=auto_focus,
        )
        if sends_itself:
            props["custom_attrs"] |= {"onInput": rx.Var(_SEND_WHEN_COMPLETE)}
        look = _DIGITS if autocomplete == "one-time-code" else _INPUT
        return rx.el.input(type=type, **attrs, **props, class_name=look)

    return _field(
        label,
        control,
        html_id=field_id or f"field-{name}",
        error=error,
        hint=hint,
        required=required or not mark_optional,
    )


def password_field(
    name: str,
    label: Text,
    *,
    autocomplete: Literal["current-password", "new-password"] = "current-password",
    error: Text = "",
    hint: Text = "",
    required: bool = True,
    test_id: str = "",
    on_change: Handler | None = None,
    auto_focus: bool = False,
    field_id: str = "",
    extra: rx.Component | None = None,
) -> rx.Component:
    """A password with a button that shows it. It never gets a value from a state.

    Args:
        autocomplete: tells password managers which password is meant.
        extra: something below the input, such as a strength meter.
    """

    def control(attrs: dict[str, Any]) -> rx.Component:
        props = _input_props(
            name=name,
            required=required,
            test_id=test_id,
            autocomplete=autocomplete,
            on_change=on_change,
            auto_focus=auto_focus,
        )
        props["custom_attrs"] |= {"onKeyUp": rx.Var(_CAPS_LOCK)}
        shown = rx.el.div(
            rx.el.input(
                type="password",
                auto_capitalize="none",
                spell_check=False,
                class_name=f"{_INPUT} pr-12",
                **attrs,
                **props,
            ),
            rx.el.button(
                icon("eye", class_name="group-aria-pressed/show:hidden"),
                icon("eye-off", class_name="hidden group-aria-pressed/show:block"),
                type="button",
                aria_label=tr("ui.field.show_password"),
                aria_pressed="false",
                class_name="group/show absolute inset-y-0 right-0 grid w-11 place-items-center rounded-control "
                f"text-muted hover:text-ink {FOCUS} focus-visible:-outline-offset-2",
                custom_attrs={"onClick": rx.Var(_SHOW_OR_HIDE)},
            ),
            class_name="relative",
        )
        caps = rx.el.p(
            tr("ui.field.caps_lock"),
            role="status",
            class_name="mt-1.5 hidden text-sm text-warning group-has-[[data-caps]]/password:block",
        )
        return rx.el.div(shown, caps, class_name="group/password")

    return _field(
        label,
        control,
        html_id=field_id or f"field-{name}",
        error=error,
        hint=hint,
        required=required,
        extra=extra,
    )


def account_name(value: rx.Var[str]) -> rx.Component:
    """Whose password a form is about, for password managers alone: nobody sees it, and it is not sent."""
    return rx.el.input(type="text", auto_complete="username", value=value, read_only=True, hidden=True, tab_index=-1)


def select_field(
    name: str,
    label: Text,
    options: Sequence[tuple[str, Text]] | rx.Var,
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
    """A native choice of one.

    Args:
        options: pairs of value and label; a Var of such pairs keeps long lists out of the page's code.
        value: what is chosen at first.
    """
    if isinstance(options, rx.Var):
        entries = [rx.foreach(options, lambda pair: rx.el.option(pair[1], value=pair[0]))]
    else:
        entries = [rx.el.option(shown, value=sent) for sent, shown in options]

    def control(attrs: dict[str, Any]) -> rx.Component:
        props = _input_props(
            name=name,
            required=required,
            test_id=test_id,
            value=value,
            autocomplete=autocomplete,
            on_change=on_change,
        )
        return rx.el.div(
            rx.el.select(*entries, **attrs, **props, class_name=f"{_INPUT} appearance-none pr-10"),
            icon("chevron", class_name="pointer-events-none absolute top-3 right-3 text-muted"),
            class_name="relative",
        )

    return _field(label, control, html_id=field_id or f"field-{name}", error=error, hint=hint, required=required)


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
    """A box to tick. When it is ticked, the form data holds `on` under its name, otherwise nothing."""
    html_id = field_id or f"field-{name}"
    attrs = _described(html_id, error, hint)
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox", name=name, default_checked=checked, **attrs,
                class_name=f"size-6 shrink-0 accent-accent {FOCUS}", custom_attrs=_test_id(test_id),
            ),
            rx.el.span(label, class_name="pt-0.5 text-sm"),
            class_name="flex min-h-6 cursor-pointer items-start gap-3",
        ),
        *_below(html_id, error, hint, indent="pl-9"),
        class_name="flex flex-col gap-1.5",
    )  # fmt: skip


def submit_button(
    label: Text,
    *,
    pending: rx.Var[bool] | None = None,
    kind: Kind = "primary",
    test_id: str = "",
    class_name: str = "",
) -> rx.Component:
    """The button that sends the form it stands in. Part of `form`."""
    return rx.el.button(
        *_button_content(label),
        type="submit",
        class_name=f"{_BUTTON} {_KINDS[kind]} {class_name}".strip(),
        custom_attrs={**_pending(pending), **_test_id(test_id)},
    )


def button(
    label: Text,
    on_click: Handler | None = None,
    kind: Kind = "secondary",
    *,
    pending: rx.Var[bool] | None = None,
    test_id: str = "",
    disabled: rx.Var[bool] | bool = False,
    icon_name: str = "",
    aria_label: Text = "",
    class_name: str = "",
) -> rx.Component:
    """A button.

    Args:
        label: its text; with `icon_name` it may be empty, and then `aria_label` names the button.
        on_click: event handler.
        kind: at most one `primary` per view; `danger` destroys something; `ghost` is quiet.
        pending: true while the server works on it.
        icon_name: icon before the label.
    """
    attrs: dict[str, Any] = {**_pending(pending), **_test_id(test_id)}
    if _given(aria_label):
        attrs["aria-label"] = aria_label
    return (rx.el.button if on_click is None else SingleSubmitButton.create)(
        *_button_content(label, icon_name),
        type="button",
        **({} if on_click is None else {"on_click": on_click}),
        **({} if disabled is False else {"disabled": disabled}),
        class_name=f"{_BUTTON} {_KINDS[kind]} disabled:opacity-60 {class_name}".strip(),
        custom_attrs=attrs,
    )


def link(label: Text, href: Text, *, test_id: str = "", class_name: str = "") -> rx.Component:
    """A link in a text or below a form.

    Args:
        href: a plain path is a page of the app and is opened inside of it; anything else (an anchor, a query, another
            site, a Var) is left to the browser, which also knows how to scroll and move the focus to an anchor.
    """
    return _anchor(
        label,
        href=href,
        class_name="inline-block rounded-control py-0.5 font-medium text-accent underline decoration-1 "
        f"underline-offset-4 hover:text-accent-strong hover:decoration-2 {FOCUS} {class_name}".strip(),
        custom_attrs=_test_id(test_id),
    )


def button_link(
    label: Text, href: Text, kind: Kind = "primary", *, test_id: str = "", class_name: str = ""
) -> rx.Component:
    """A link that looks like a button, for the one thing to do next.

    Args:
        href: as for `link`.
    """
    return _anchor(
        label,
        href=href,
        class_name=f"{_BUTTON} {_KINDS[kind]} {class_name}".strip(),
        custom_attrs=_test_id(test_id),
    )


def _anchor(label: Text, href: Text, **attrs: Any) -> rx.Component:
    inside = isinstance(href, str) and href.startswith("/") and not set("#?") & set(href)
    # rx.el.a is React Router's link, rx.el.A the browser's own.
    return (rx.el.a if inside else rx.el.A.create)(label, href=href, **attrs)


def _field(
    label: Text,
    control: Callable[[dict[str, Any]], rx.Component],
    *,
    html_id: str,
    error: Text,
    hint: Text,
    required: bool,
    extra: rx.Component | None = None,
) -> rx.Component:
    optional = [] if required else [rx.el.span(" (", tr("ui.form.optional"), ")", class_name="font-normal text-muted")]
    return rx.el.div(
        rx.el.label(label, *optional, html_for=html_id, class_name="text-sm font-medium"),
        control(_described(html_id, error, hint)),
        *([extra] if extra is not None else []),
        *_below(html_id, error, hint),
        class_name="flex min-w-0 flex-col gap-1.5",
    )


def _input_props(
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
    props: dict[str, Any] = {"name": name, "required": required, "custom_attrs": _test_id(test_id)}
    if autocomplete == "one-time-code":
        props["custom_attrs"] |= {"onFocus": rx.Var(_SELECT), "onKeyDown": rx.Var(_SELECT_ON_ENTER)}
    optional = {
        "default_value": value,
        "auto_complete": autocomplete or None,
        "input_mode": inputmode or None,
        "on_change": on_change,
        "max_length": max_length,
        "auto_focus": auto_focus or None,
    }
    return props | {name: given for name, given in optional.items() if given is not None}


def _described(html_id: str, error: Text, hint: Text) -> dict[str, Any]:
    """Id, and the attributes that tie a control to its hint and its error."""
    # A raw Var: for a plain string Reflex makes a ref and sends the value a second time under the id.
    attrs: dict[str, Any] = {"id": rx.Var(json.dumps(html_id))}
    hint_id = f"{html_id}-hint" if _given(hint) else ""
    if _given(error):
        wrong = rx.Var.create(error) != ""
        attrs["aria_invalid"] = rx.cond(wrong, "true", "false")
        attrs["aria_describedby"] = rx.cond(wrong, f"{html_id}-error {hint_id}".strip(), hint_id)
    elif hint_id:
        attrs["aria_describedby"] = hint_id
    return attrs


def _below(html_id: str, error: Text, hint: Text, indent: str = "") -> list[rx.Component]:
    found = []
    if _given(hint):
        found.append(_note(hint, f"{html_id}-hint", f"text-sm text-muted {indent}"))
    if _given(error):
        shown = rx.el.p(
            icon("stop", size="size-4", class_name="mt-0.5"),
            rx.el.span(error),
            role="alert",
            id=rx.Var(json.dumps(f"{html_id}-error")),
            class_name=f"flex gap-1.5 text-sm text-danger {indent}",
        )
        found.append(_unless_empty(error, lambda: shown))
    return found


def _note(text: Text, html_id: str, class_name: str) -> rx.Component:
    return rx.el.p(text, id=rx.Var(json.dumps(html_id)), class_name=class_name.strip())


def _given(text: Text) -> bool:
    return isinstance(text, rx.Var) or text != ""


def _unless_empty(text: Text, build: Callable[[], rx.Component]) -> rx.Component:
    if not isinstance(text, rx.Var):
        return build() if text else rx.fragment()
    return rx.cond(text != "", build())


def _button_content(label: Text, icon_name: str = "") -> list[rx.Component]:
    # Transparent and not hidden: a hidden label would leave the button without a name.
    faded = "group-aria-disabled/button:opacity-0"
    return [
        *([icon(icon_name, class_name=faded)] if icon_name else []),
        *([rx.el.span(label, class_name=faded)] if _given(label) else []),
        rx.el.span(
            icon("spinner", class_name="animate-spin"),
            class_name="absolute inset-0 hidden place-items-center group-aria-disabled/button:grid",
        ),
    ]


def _pending(pending: rx.Var[bool] | None) -> dict[str, Any]:
    if pending is None:
        return {}
    busy = rx.cond(pending, "true", "false")
    return {"aria-disabled": busy, "aria-busy": busy, "data-pending": busy}


def _test_id(test_id: str) -> dict[str, Any]:
    return {"data-testid": test_id} if test_id else {}
