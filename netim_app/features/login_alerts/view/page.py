"""The page of the links for the mailbox that receives copies."""

import reflex as rx

from netim_app.features.login_alerts.state.copy_page import CopyLinkState
from netim_app.identity.view.entry_parts import entry_form, token_field
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.notice import outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /alert-copy."""
    state = CopyLinkState
    stopped = outcome(tr("login_alerts.page.stopped"), test_id="copy-stopped")
    confirmed = outcome(tr("login_alerts.page.confirmed"), test_id="copy-confirmed")
    return entry_page(
        rx.cond(state.done, rx.cond(state.stops, stopped, confirmed), _link_form()),
        title=tr("login_alerts.page.title"),
        skeleton=form_skeleton(1),
    )


def _link_form() -> rx.Component:
    stops = CopyLinkState.stops
    return rx.fragment(
        rx.el.p(rx.cond(stops, tr("login_alerts.page.stop.text"), tr("login_alerts.page.confirm.text"))),
        entry_form(
            CopyLinkState,
            token_field(error_at(CopyLinkState.errors)),
            submit_label=rx.cond(stops, tr("login_alerts.page.stop"), tr("login_alerts.page.confirm")),
            test_id="copy-link",
        ),
    )
