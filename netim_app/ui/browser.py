"""What only the browser knows, and what only it can do."""

import json
from typing import Any, Literal

import reflex as rx

from netim_app.reflex_port.var_data import expression
from netim_app.ui.icons import icon
from netim_app.ui.script import LEAVE, QUIET
from netim_app.ui.theme import FOCUS

_SOURCES = {
    # Read, and taken out of the address bar and the history at once: what stands there is a secret.
    # A link that is pasted into the same tab changes nothing but the fragment.
    "fragment": """() => {
      const take = () => {
        const field = document.getElementById(ID), secret = location.hash.slice(1);
        if (!field) return;
        if (secret) {
          field.value = secret;
          history.replaceState(history.state, "", location.pathname + location.search);
        }
        field.nextElementSibling.hidden = field.value !== "";
      };
      take();
      addEventListener("hashchange", take);
    }""",
    "time zone": """() => {
      document.getElementById(ID).value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    }""",
}


def field_from_browser(
    name: str, html_id: str, source: Literal["fragment", "time zone"], *, missing: rx.Component | None = None
) -> rx.Component:
    """A hidden field of a form, filled by the browser when it appears. No state ever holds its value.

    Args:
        name: key in the form data.
        html_id: unique on the page.
        source: `fragment` is what stands behind the `#` of the address; it is taken out of there. `time zone` is the
            IANA name of the browser's zone.
        missing: shown while the address has no fragment.
    """
    fill = _SOURCES[source].replace("ID", json.dumps(html_id))
    return rx.fragment(
        rx.el.input(
            type="hidden", name=name, id=rx.Var(json.dumps(html_id)), on_mount=rx.call_function(rx.Var(f"({fill})"))
        ),
        rx.el.div(*([] if missing is None else [missing]), hidden=True),
    )


def tidy_address_when(condition: rx.Var[bool]) -> rx.Component:
    """Takes what stands behind `?` out of the address bar as soon as the condition is true: a reload starts anew."""
    tidy = "() => history.replaceState(history.state, '', location.pathname + location.hash)"
    return rx.cond(condition, rx.el.span(hidden=True, on_mount=rx.call_function(rx.Var(tidy))))


def reload_when(condition: rx.Var[bool]) -> rx.Component:
    """Loads the document anew, with the present cookies and a new socket, as soon as the condition is true."""
    reload = f"() => {{ {LEAVE} location.reload(); }}"
    return rx.cond(condition, rx.el.span(hidden=True, on_mount=rx.call_function(rx.Var(reload))))


_COPY = """async (event) => {
  const button = event.currentTarget, said = button.parentElement.querySelector("[role=status]");
  await navigator.clipboard.writeText(button.dataset.text);
  said.textContent = button.dataset.done;
  button.dataset.copied = "";
  setTimeout(() => { said.textContent = ""; delete button.dataset.copied; }, 4000);
}"""
_COPY_ICONS = (
    ("copy", "group-data-copied/copy:hidden"),
    ("check", "hidden text-success group-data-copied/copy:block"),
)
_LIKE_A_BUTTON = (
    "inline-flex min-h-11 items-center justify-center gap-2 rounded-control border border-edge bg-surface px-4 py-2 "
    f"text-sm font-medium text-ink hover:bg-sunken {FOCUS}"
)


def _copying(text: rx.Var[str], done: rx.Var[str], test_id: str) -> dict[str, Any]:
    attrs = {"onClick": rx.Var(_COPY), "data-text": text, "data-done": done}
    return attrs | ({"data-testid": test_id} if test_id else {})


def copy_button(text: rx.Var[str], *, label: rx.Var[str], done: rx.Var[str], test_id: str = "") -> rx.Component:
    """A button that copies a text; no event goes to the server.

    Args:
        done: shown for a moment afterwards, and said by screen readers.
    """
    return rx.el.div(
        rx.el.button(
            *(icon(name, class_name=shown) for name, shown in _COPY_ICONS),
            # Both in one place, so the button keeps its width.
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
            class_name=f"group/copy {_LIKE_A_BUTTON} grow",
            custom_attrs=_copying(text, done, test_id),
        ),
        rx.el.span(role="status", class_name="sr-only", custom_attrs=QUIET),
        class_name="relative flex items-center",
    )


def copy_by_click(
    text: rx.Var[str], *, label: rx.Var[str], done: rx.Var[str], without_blanks: bool = False, test_id: str = ""
) -> rx.Component:
    """A text that is copied by a click on it.

    Args:
        label: says what a click does; screen readers hear it after the text.
        without_blanks: blanks are for reading only and are not copied.
    """
    copied = expression(f"({text!s}.replaceAll(' ', ''))", text) if without_blanks else text
    return rx.el.div(
        rx.el.button(
            rx.el.span(text, class_name="font-mono text-base break-words"),
            *(icon(name, class_name=shown) for name, shown in _COPY_ICONS),
            rx.el.span(" ", label, class_name="sr-only"),
            type="button",
            title=label,
            class_name=f"group/copy {_LIKE_A_BUTTON} max-w-full",
            custom_attrs=_copying(copied, done, test_id),
        ),
        rx.el.p(role="status", class_name="min-h-5 text-sm text-success", custom_attrs=QUIET),
        class_name="flex flex-col items-center gap-1",
    )


def download_link(text: rx.Var[str], file_name: str, *, label: rx.Var[str], test_id: str = "") -> rx.Component:
    """A link that saves a text as a file. The browser makes the file: no request is sent."""
    address = expression(f"('data:text/plain;charset=utf-8,' + encodeURIComponent({text!s}))", text)
    return rx.el.A.create(
        icon("download"),
        rx.el.span(label),
        href=address,
        download=file_name,
        class_name=_LIKE_A_BUTTON,
        custom_attrs={"data-testid": test_id} if test_id else {},
    )


def print_button(label: rx.Var[str]) -> rx.Component:
    """A button that prints. While a `print-sheet` is on the page, nothing else of the page gets onto the paper."""
    return rx.el.button(
        icon("print"),
        rx.el.span(label),
        type="button",
        class_name=_LIKE_A_BUTTON,
        custom_attrs={"onClick": rx.Var("() => window.print()")},
    )
