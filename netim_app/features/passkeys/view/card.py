"""The card "Passkeys"."""

from typing import Any

import reflex as rx

from netim_app.features.passkeys.state.card import (
    MAX_NAME,
    MAX_PASSKEYS,
    NewPasskeyState,
    PasskeyDialogState,
    PasskeysState,
)
from netim_app.features.passkeys.view import only
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, button_in_text
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.icons import icon
from netim_app.ui.notice import notice
from netim_app.ui.passkeys import prompt, signals, with_passkeys
from netim_app.ui.text import breakable, tr
from netim_app.ui.wizard import button_row


def card() -> rx.Component:
    """The passkeys and their actions."""
    any_there = PasskeysState.passkeys.length() > 0
    return kit.card(
        rx.cond(~PasskeysState.offered, notice("info", tr("passkeys.no_domain"))),
        rx.cond(PasskeysState.alone, notice("info", tr("passkeys.alone"), test_id="passkeys-alone")),
        rx.cond(any_there, rx.fragment(_list(), only.part())),
        rx.cond(PasskeysState.full, rx.el.p(tr("passkeys.full_hint", limit=MAX_PASSKEYS), class_name="text-muted")),
        signals(PasskeysState.signals),
        prompt(NewPasskeyState, test_id="passkeys-prompt"),
        _rename_dialog(),
        _remove_dialog(),
        title=tr("passkeys.title"),
        state=kit.status(_state(), on=any_there),
        text=tr("passkeys.text"),
        action=rx.cond(PasskeysState.offered & ~PasskeysState.full, _add()),
        anchor="passkeys",
        icon="key",
    )


def gauge_part() -> rx.Component:
    """The part in the gauge, below the wizard for an application: a passkey gives the same points."""
    shown = with_passkeys(button_in_text(tr("passkeys.instead"), PasskeysState.show_card))
    return rx.cond(PasskeysState.offered, shown)


def _state() -> rx.Var[str]:
    count = PasskeysState.passkeys.length()
    return rx.cond(count == 0, tr("passkeys.none"), tr("passkeys.count", count=count))


def _add() -> rx.Component:
    return with_passkeys(
        button(tr("passkeys.add"), NewPasskeyState.begin, icon_name="plus", test_id="passkeys-add", class_name="w-full")
    )


def _list() -> rx.Component:
    return rx.el.ul(
        rx.foreach(PasskeysState.passkeys, _passkey),
        class_name="flex flex-col divide-y divide-line rounded-control border border-line",
        custom_attrs={"data-testid": "passkeys-list"},
    )


def _passkey(passkey: Any) -> rx.Component:
    used = rx.cond(passkey.last_used != "", tr("passkeys.used", date=passkey.last_used), tr("passkeys.unused"))
    return rx.el.li(
        _picture(passkey.picture),
        rx.el.div(
            rx.el.p(passkey.name, class_name="font-medium wrap-anywhere"),
            rx.el.p(rx.cond(passkey.can_sync, tr("passkeys.synced"), tr("passkeys.one_device"))),
            rx.el.p(tr("passkeys.added_on", date=passkey.added), " · ", used, class_name="text-xs text-muted"),
            rx.cond(passkey.last_used != "", rx.el.p(breakable(passkey.where), class_name="text-xs text-muted")),
            class_name="min-w-0 flex-1 basis-40",
        ),
        rx.el.div(
            _button(
                tr("passkeys.rename"),
                tr("passkeys.rename.one", name=passkey.name),
                PasskeyDialogState.begin_rename(passkey.id),
            ),
            _button(
                tr("passkeys.remove"),
                tr("passkeys.remove.one", name=passkey.name),
                PasskeyDialogState.begin_remove(passkey.id),
            ),
            class_name="-mr-2 ml-auto flex flex-wrap",
        ),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1 p-3.5",
    )


def _picture(picture: rx.Var[str]) -> rx.Component:
    """On white, for which the pictures are made."""
    own = rx.el.img(src=picture, alt="", class_name="size-6 rounded-sm bg-white")
    return rx.cond(picture != "", own, icon("key", class_name="text-muted"))


def _button(label: rx.Var[str], name: rx.Var[str], on_click: Any) -> rx.Component:
    return button(label, on_click, "ghost", aria_label=name, class_name="px-2.5")


def _rename_dialog() -> rx.Component:
    state = PasskeyDialogState
    return dialog(
        form(
            text_field(
                "name",
                tr("passkeys.name"),
                value=state.passkey_name,
                max_length=MAX_NAME,
                error=error_at(state.errors, "name"),
                field_id="passkey-name",
                auto_focus=True,
            ),
            on_submit=state.rename,
            submit_label=tr("passkeys.rename.submit"),
            error=error_at(state.errors),
            cancel=state.close,
            test_id="passkey-rename",
        ),
        open=state.dialog == "rename",
        title=tr("passkeys.rename.title"),
        on_close=state.close,
        test_id="passkey-rename-dialog",
    )


def _remove_dialog() -> rx.Component:
    state = PasskeyDialogState
    wrong = error_at(state.errors)
    return dialog(
        rx.cond(wrong != "", notice("danger", wrong)),
        rx.el.p(tr("passkeys.remove.text", name=state.passkey_name)),
        rx.cond(state.last, rx.el.p(tr("passkeys.remove.last"))),
        button_row(
            button(tr("ui.form.cancel"), state.close),
            button(tr("passkeys.remove.submit"), state.remove, "danger", test_id="passkey-remove-submit"),
        ),
        open=state.dialog == "remove",
        title=tr("passkeys.remove.title"),
        on_close=state.close,
        test_id="passkey-remove-dialog",
    )
