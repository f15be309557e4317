"""The dialogs that change an authenticator."""

import reflex as rx

from netim_app.features.totp.state.card import MAX_NAME
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.identity.view.fields import error_at
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
        value=TotpDialogState.authenticator_name,
        max_length=MAX_NAME,
        error=error_at(TotpDialogState.errors, "name"),
        field_id="totp-new-name",
        auto_focus=True,
    )


def remove_dialog() -> rx.Component:
    """Asks before an authenticator is removed."""
    state = TotpDialogState
    wrong = error_at(state.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(tr("totp.remove.text", name=state.authenticator_name)),
        button_row(
            button(tr("ui.form.cancel"), state.close),
            button(tr("totp.remove.submit"), state.remove, "danger", test_id="totp-remove-submit"),
        ),
        open=state.dialog == "remove",
        title=tr("totp.remove.title"),
        on_close=state.close,
        test_id="totp-remove-dialog",
    )
