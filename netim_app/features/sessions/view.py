"""The card "Where you’re logged in"."""

from typing import Any

import reflex as rx

from netim_app.features.sessions.state import LogOutOthersState, SessionsState
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, link
from netim_app.ui.dialog import dialog
from netim_app.ui.form import form
from netim_app.ui.text import breakable, moment, tr
from netim_app.ui.theme import FOCUS


def card() -> rx.Component:
    """The session of this browser, the others, and the buttons that end them."""
    only = rx.el.p(tr("sessions.only"), class_name="text-muted")
    return kit.card(
        _list(),
        rx.cond(SessionsState.others.length() > 0, _about_others(), only),
        _others_dialog(),
        title=tr("sessions.title"),
        text=tr("sessions.text"),
        anchor="sessions",
        icon="devices",
    )


def _list() -> rx.Component:
    return rx.el.ul(
        rx.foreach(SessionsState.here, _here),
        rx.foreach(SessionsState.others, _other),
        class_name="flex max-h-112 flex-col divide-y divide-line overflow-y-auto rounded-control border "
        f"border-line {FOCUS}",
        tab_index=0,
        custom_attrs={"data-testid": "sessions", "aria-label": tr("sessions.list")},
    )


def _about_others() -> rx.Component:
    advice = (tr("sessions.unknown"), " ", link(tr("sessions.unknown.password"), "#password"))
    return rx.el.div(
        rx.el.p(*advice, class_name="text-muted min-w-0 flex-1 basis-64"),
        button(tr("sessions.log_out_others"), LogOutOthersState.begin, test_id="sessions-others"),
        class_name="flex flex-wrap items-center justify-between gap-3",
    )


def _here(session: Any) -> rx.Component:
    return _row(
        session,
        kit.badge(tr("sessions.here"), test_id="session-here"),
        tr("sessions.active_now"),
    )


def _other(session: Any) -> rx.Component:
    return _row(
        session,
        button(
            tr("sessions.log_out"),
            SessionsState.log_out(session.id),
            kind="ghost",
            aria_label=tr("sessions.log_out.one", client=session.client, address=session.address),
            class_name="-me-2",
        ),
        moment(tr("sessions.active", when=session.active), session.active_at),
    )


def _row(session: Any, at_end: rx.Component, active: rx.Component | rx.Var) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(session.client, class_name="font-medium"),
            rx.el.p(rx.el.span(breakable(session.address), class_name="font-mono")),
            rx.el.p(
                active,
                " · ",
                moment(tr("sessions.logged_in", when=session.logged_in), session.logged_in_at),
                class_name="text-xs text-muted",
            ),
            class_name="min-w-0 flex-1 basis-48",
        ),
        rx.el.div(at_end, class_name="ms-auto shrink-0"),
        key=session.id.to(str),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1 p-3.5",
    )


def _others_dialog() -> rx.Component:
    state = LogOutOthersState
    return dialog(
        rx.el.p(tr("sessions.others.text")),
        form(
            on_submit=state.confirm,
            submit_label=tr("sessions.log_out_others"),
            submit_kind="danger",
            cancel=state.close,
            test_id="sessions-others-form",
        ),
        open=state.open,
        title=tr("sessions.others.title"),
        on_close=state.close,
        test_id="sessions-others-dialog",
    )
