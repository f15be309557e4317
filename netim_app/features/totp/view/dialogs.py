"""The dialogs that change a device, and the one that disables."""

import reflex as rx

from netim_app.features.totp.state.card import MAX_NAME, TotpState
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.identity.view.fields import code_field, error_at
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.text import tr
from netim_app.ui.wizard import button_row


def rename_dialog() -> rx.Component:
    """Asks for another name."""
    state = TotpDialogState
    return dialog(
        form(
            _name_field(),
            on_submit=state.rename,
            submit_label=tr("totp.rename.submit"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="totp-rename",
        ),
        open=state.dialog == "rename",
        title=tr("totp.rename.title"),
        on_close=state.close,
        test_id="totp-rename-dialog",
    )


def _name_field() -> rx.Component:
    return text_field(
        "name",
        tr("totp.name"),
        value=TotpDialogState.device_name,
        max_length=MAX_NAME,
        error=error_at(TotpDialogState.errors, "name"),
        field_id="totp-new-name",
        auto_focus=True,
    )


def remove_dialog() -> rx.Component:
    """Asks before a device is removed."""
    state = TotpDialogState
    wrong = error_at(state.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(tr("totp.remove.text", name=state.device_name)),
        button_row(
            button(tr("ui.form.cancel"), state.close),
            button(tr("totp.remove.submit"), state.remove, "danger", test_id="totp-remove-submit"),
        ),
        open=state.dialog == "remove",
        title=tr("totp.remove.title"),
        on_close=state.close,
        test_id="totp-remove-dialog",
    )


def disable_dialog() -> rx.Component:
    """Asks for the code that disables; with a ceremony, without a code."""
    state = TotpDialogState
    beside = TotpState.beside
    return dialog(
        rx.cond(state.device != 0, notice("info", tr("totp.last"))),
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
