"""The part "Passkeys only" of the card, with its dialogs."""

import reflex as rx

from netim_app.features.passkeys.state.card import PasskeysState
from netim_app.features.passkeys.state.only import WAIT_HOURS, PasskeysOnlyState
from netim_app.identity.view.fields import code_field, error_at
from netim_app.identity.view.support import with_support
from netim_app.ui import card as kit
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.form import form
from netim_app.ui.notice import notice
from netim_app.ui.passkeys import prompt, with_passkeys
from netim_app.ui.text import tr
from netim_app.ui.wizard import button_row


def part() -> rx.Component:
    """Whether only passkeys open the account, and the button that changes it."""
    shown = kit.part(
        rx.cond(~PasskeysState.only & (PasskeysState.lacks == "passkey"), notice("info", tr("passkeys.only.more"))),
        title=tr("passkeys.only.title"),
        state=rx.cond(PasskeysState.only, tr("passkeys.only.on"), tr("passkeys.only.off")),
        text=tr("passkeys.only.text"),
        action=rx.cond(PasskeysState.only | (PasskeysState.lacks != "passkey"), _button()),
        anchor="passkeys-only",
    )
    return rx.fragment(shown, _dialog_on(), _dialog_off())


def _button() -> rx.Component:
    label = rx.cond(PasskeysState.only, tr("passkeys.only.switch_off"), tr("passkeys.only.switch_on"))
    return with_passkeys(button(label, PasskeysOnlyState.begin, test_id="passkeys-only"))


def _dialog_on() -> rx.Component:
    state = PasskeysOnlyState
    return dialog(
        rx.el.p(tr("passkeys.only.effect")),
        rx.el.p(with_support("passkeys.only.lost", hours=WAIT_HOURS)),
        form(
            rx.cond(
                (PasskeysState.lacks == "code") & ~state.proved,
                code_field(
                    error_at(state.errors, "code"),
                    field_id="passkeys-only-code",
                    or_backup_code=False,
                    label=tr("passkeys.backup_code"),
                ),
            ),
            on_submit=state.ask,
            submit_label=tr("passkeys.only.submit"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="passkeys-only-on",
        ),
        prompt(state, test_id="passkeys-only-prompt"),
        open=state.dialog == "on",
        title=tr("passkeys.only.ask"),
        on_close=state.close,
        test_id="passkeys-only-dialog",
    )


def _dialog_off() -> rx.Component:
    state = PasskeysOnlyState
    wrong = error_at(state.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(tr("passkeys.only.off.text")),
        button_row(
            button(tr("ui.form.cancel"), state.close),
            button(tr("passkeys.only.switch_off"), state.switch_off, "danger", test_id="passkeys-only-off-submit"),
        ),
        open=state.dialog == "off",
        title=tr("passkeys.only.off.ask"),
        on_close=state.close,
        test_id="passkeys-only-off-dialog",
    )
