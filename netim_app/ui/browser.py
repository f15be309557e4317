"""What only the browser knows, and what only it can do."""

import json
from typing import Literal

import reflex as rx

_SOURCES = {
    # Read, and taken out of the address bar and the history at once: what stands there is a secret.
    "fragment": """() => {
      const field = document.getElementById(ID), secret = location.hash.slice(1);
      if (secret) { field.value = secret; history.replaceState(history.state, "", location.pathname); }
    }""",
    "time zone": """() => {
      document.getElementById(ID).value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    }""",
}


def field_from_browser(name: str, html_id: str, source: Literal["fragment", "time zone"]) -> rx.Component:
    """A hidden field of a form, filled by the browser when it appears. No state ever holds its value.

    Args:
        name: key in the form data.
        html_id: unique on the page.
        source: `fragment` is what stands behind the `#` of the address; it is taken out of there. `time zone` is the
            IANA name of the browser's zone.
    """
    fill = _SOURCES[source].replace("ID", json.dumps(html_id))
    return rx.el.input(
        type="hidden", name=name, id=rx.Var(json.dumps(html_id)), on_mount=rx.call_function(rx.Var(f"({fill})"))
    )


def reload_when(condition: rx.Var[bool]) -> rx.Component:
    """Loads the document anew, with the present cookies and a new socket, as soon as the condition is true."""
    return rx.cond(condition, rx.el.span(hidden=True, on_mount=rx.call_function(rx.Var("() => location.reload()"))))
