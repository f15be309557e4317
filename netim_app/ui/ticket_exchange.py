"""How a page hands a one-time ticket to an HTTP route, which alone can set a cookie that script cannot read."""

import json

import reflex as rx

from netim_app.ui.script import LEAVE


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
    # Not requestSubmit: Reflex's form component prevents the default of the submit event.
    post = f"() => {{ {LEAVE} document.getElementById({json.dumps(form_id)}).submit(); }}"
    return rx.cond(
        value != "",
        rx.el.form(
            rx.el.input(type="hidden", name=field, value=value, read_only=True),
            method="post",
            action=action,
            id=rx.Var(json.dumps(form_id)),
            on_mount=rx.call_function(rx.Var(post)),
            hidden=True,
        ),
    )


def post_in_background(action: str, value: rx.Var[str], field: str, html_id: str) -> rx.Component:
    """Posts a value as soon as there is one; the page stays. See `ticket_form`.

    Without an answer the page goes on all the same: what it gets is a cookie.
    """
    request = f"{{method: 'POST', redirect: 'manual', body: new URLSearchParams([[{json.dumps(field)}, value]])}}"
    post = (
        f"() => {{ const value = document.getElementById({json.dumps(html_id)}).value; "
        f"fetch({json.dumps(action)}, {request}).catch(() => {{}}); }}"
    )
    return rx.cond(
        value != "",
        rx.el.input(
            type="hidden",
            value=value,
            read_only=True,
            id=rx.Var(json.dumps(html_id)),
            on_mount=rx.call_function(rx.Var(post)),
        ),
    )
