"""How a page hands a one-time ticket to an HTTP route, which alone can set a cookie that script cannot read."""

import json

import reflex as rx

from netim_app.ui.script import HtmlForm, function


def ticket_form(action: str, value: rx.Var[str], field: str, form_id: str) -> rx.Component:
    """A hidden form that posts itself as soon as there is a value.

    The caller clears the value right after it was set (`self.ticket = ...; yield; self.ticket = ""`), or the page posts
    it again when it is loaded anew.

    Args:
        action: path of the HTTP route.
        value: the ticket; empty for none.
        field: name under which it is posted.
        form_id: HTML id, unique on the page.
    """
    return _form(action, value, field, form_id, "submitAtOnce")


def renewal_form(action: str, value: rx.Var[str], field: str, html_id: str, *, repeat: rx.Var[bool]) -> rx.Component:
    """As `ticket_form`, but the page stays, with all that was typed: it connects anew with the cookie that it got.

    Args:
        repeat: whether the press that `ui.browser.note_asked` has noted is sent once more.
    """
    return _form(action, value, field, html_id, "renewAtOnce", repeat=repeat)


def post_in_background(action: str, value: rx.Var[str], field: str, html_id: str) -> rx.Component:
    """Posts a value as soon as there is one; the page stays. See `ticket_form`.

    Without an answer the page goes on all the same: what it gets is a cookie.
    """
    return _form(action, value, field, html_id, "postAtOnce")


def _form(
    action: str, value: rx.Var[str], field: str, html_id: str, send: str, *, repeat: rx.Var[bool] | bool = False
) -> rx.Component:
    repeated = rx.cond(repeat, "true", "false")
    return rx.cond(
        value != "",
        HtmlForm.create(
            rx.el.input(type="hidden", name=field, value=value, read_only=True),
            id=rx.Var(json.dumps(html_id)),
            custom_attrs={
                "method": "post",
                "action": action,
                "hidden": True,
                "ref": function(send),
                "data-repeat": repeated,
            },
        ),
    )
