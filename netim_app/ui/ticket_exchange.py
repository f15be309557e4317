"""How a page hands a secret to an HTTP route and stays. A page that leaves uses `reflex_guard`'s `ticket_form`."""

import reflex as rx

from netim_app.ui.script import HtmlForm, function
from reflex_guard.ticket_form import hidden_form


def renewal_form(action: str, value: rx.Var[str], field: str, html_id: str, *, repeat: rx.Var[bool]) -> rx.Component:
    """As `hidden_form`, but the page stays, with all that was typed, and reconnects with its new cookie.

    Args:
        repeat: whether to repeat the press that `ui.browser.note_asked` has recorded.
    """
    attrs = {"ref": function("renewAtOnce"), "data-repeat": rx.cond(repeat, "true", "false")}
    return hidden_form(action, value, field, html_id, form=HtmlForm, attrs=attrs)


def post_in_background(action: str, value: rx.Var[str], field: str, html_id: str) -> rx.Component:
    """Posts a value as soon as there is one; the page stays. See `hidden_form`.

    The page continues even without a response: the response only sets a cookie.
    """
    return hidden_form(action, value, field, html_id, form=HtmlForm, attrs={"ref": function("postAtOnce")})
