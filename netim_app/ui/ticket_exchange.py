"""How a page hands a secret to an HTTP route and stays. One that leaves uses the `ticket_form` of the parts."""

import reflex as rx

from netim_app.ui.script import HtmlForm, function
from reflex_guard.ticket_form import hidden_form


def renewal_form(action: str, value: rx.Var[str], field: str, html_id: str, *, repeat: rx.Var[bool]) -> rx.Component:
    """As `hidden_form`, and the page stays, with all that was typed: it connects anew with the cookie that it got.

    Args:
        repeat: whether the press that `ui.browser.note_asked` has noted is sent once more.
    """
    attrs = {"ref": function("renewAtOnce"), "data-repeat": rx.cond(repeat, "true", "false")}
    return hidden_form(action, value, field, html_id, form=HtmlForm, attrs=attrs)


def post_in_background(action: str, value: rx.Var[str], field: str, html_id: str) -> rx.Component:
    """Posts a value as soon as there is one; the page stays. See `hidden_form`.

    Without an answer the page goes on all the same: what it gets is a cookie.
    """
    return hidden_form(action, value, field, html_id, form=HtmlForm, attrs={"ref": function("postAtOnce")})
