"""The dialog that disables two-factor authentication."""

import reflex as rx

from netim_app.features.totp.state.card import TotpState
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.identity.view.fields import code_field, error_at
from netim_app.ui.dialog import dialog
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.text import tr


def disable_dialog() -> rx.Component:
    """Asks for the code that disables; with a ceremony, without a code."""
    state = TotpDialogState
    beside = TotpState.beside
    return dialog(
        rx.cond(state.authenticator_id != 0, notice("info", tr("totp.last"))),
        rx.el.p(rx.cond(beside, tr("totp.disable.beside"), tr("totp.disable.text"))),
        form(
            rx.cond(~beside, code_field(error_at(state.errors, "code"), field_id="totp-disable-code", auto_focus=True)),
            on_submit=state.disable,
            submit_label=tr("totp.disable.submit"),
            submit_kind="danger",
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-disable-form",
        ),
        open=state.dialog == "disable",
        title=rx.cond(beside, tr("totp.disable.beside.title"), tr("totp.disable.title")),
        on_close=state.close,
        test_id="totp-disable-dialog",
    )
