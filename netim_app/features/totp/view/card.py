"""The card "Two-factor authentication"."""

from typing import Any

import reflex as rx

from netim_app.features.totp.state.card import MAX_AUTHENTICATORS, TotpState
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.features.totp.state.wizard import TotpWizardState
from netim_app.features.totp.view.dialogs import remove_dialog, rename_dialog
from netim_app.features.totp.view.disable import disable_dialog
from netim_app.features.totp.view.wizard import further_steps, wizard
from netim_app.offers import offers
from netim_app.ui import card as kit
from netim_app.ui.buttons import button
from netim_app.ui.text import tr


def card() -> rx.Component:
    """Whether it is on, the authenticators, and their actions."""
    shown = kit.card(
        rx.cond(TotpState.enabled, _authenticators()),
        *(factor.part() for factor in offers().second_factors if factor.part),
        wizard(),
        rename_dialog(),
        remove_dialog(),
        disable_dialog(),
        title=tr("totp.title"),
        state=kit.status(_state(), on=TotpState.enabled | TotpState.beside),
        text=tr("totp.text"),
        action=_enable_or_disable(),
        anchor="two-factor",
        icon="phone",
    )
    # The further steps are outside of the card: in print, the sheet's container must not add a border.
    return rx.fragment(shown, *further_steps())


def _state() -> rx.Var[str]:
    count = TotpState.authenticators.length()
    without = rx.cond(TotpState.beside, tr("totp.beside"), tr("totp.off"))
    return rx.cond(count == 0, without, tr("totp.on", count=count))


def _enable_or_disable() -> rx.Component:
    return rx.cond(
        TotpState.enabled,
        button(tr("totp.disable"), TotpDialogState.begin_disable, "ghost", test_id="totp-disable"),
        button(tr("totp.enable"), TotpWizardState.begin, "primary", test_id="totp-enable"),
    )


def _authenticators() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h4(tr("totp.devices"), class_name="font-semibold"),
            rx.cond(~TotpState.full, _add_button()),
            class_name="flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-2",
        ),
        rx.cond(TotpState.full, rx.el.p(tr("totp.full_hint", limit=MAX_AUTHENTICATORS), class_name="-mt-3 text-muted")),
        rx.el.ul(
            rx.foreach(TotpState.authenticators, _authenticator),
            class_name="flex flex-col divide-y divide-line rounded-control border border-line",
            custom_attrs={"data-testid": "totp-devices"},
        ),
        class_name="flex flex-col gap-3",
    )


def _add_button() -> rx.Component:
    return button(
        tr("totp.add"),
        TotpWizardState.begin,
        icon_name="plus",
        test_id="totp-add",
    )


def _authenticator(shown: Any) -> rx.Component:
    used = rx.cond(shown.last_used != "", tr("totp.device.used", date=shown.last_used), tr("totp.device.never"))
    return rx.el.li(
        rx.el.div(
            rx.el.p(shown.name, class_name="font-medium"),
            rx.el.p(tr("totp.device.added", date=shown.added), " · ", used, class_name="text-xs text-muted"),
            class_name="min-w-0 flex-1 basis-48",
        ),
        rx.el.div(
            _row_button(
                tr("totp.rename"), tr("totp.rename.one", name=shown.name), TotpDialogState.begin_rename(shown.id)
            ),
            _row_button(
                tr("totp.remove"), tr("totp.remove.one", name=shown.name), TotpDialogState.begin_remove(shown.id)
            ),
            class_name="-me-2 ms-auto flex flex-wrap",
        ),
        class_name="flex flex-wrap items-center gap-x-3 gap-y-1 p-3.5",
    )


def _row_button(label: rx.Var[str], name: rx.Var[str], on_click: Any) -> rx.Component:
    return button(label, on_click, "ghost", aria_label=name, class_name="px-2.5")
