"""The card "Your data", and the panel that says that an account stays."""

import reflex as rx

from netim_app.core import paths
from netim_app.features.own_data.state import GRACE_DAYS, DeleteAccountState, OwnDataState
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, button_link
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.text import tr


def card() -> rx.Component:
    """The download of all data, and the deletion of the account."""
    return kit.card(
        kit.part(
            title=tr("own_data.download.title"),
            text=tr("own_data.download.text"),
            action=button(tr("own_data.download.action"), OwnDataState.download, icon_name="download"),
            anchor="download-data",
            level=3,
        ),
        kit.part(
            title=tr("own_data.delete.title"),
            text=tr("own_data.delete.text", days=GRACE_DAYS),
            action=button(tr("own_data.delete.action"), DeleteAccountState.begin, test_id="delete-account-begin"),
            anchor="delete-account",
            level=3,
        ),
        _dialog(),
        title=tr("own_data.title"),
        text=tr("own_data.text"),
        anchor="your-data",
        icon="download",
        level=2,
    )


def panel() -> rx.Component:
    """Shown after a login that cancelled a deletion: what happened, and what to do if somebody else requested it."""
    shown = kit.card(
        rx.el.p(tr("own_data.stays.not_you")),
        rx.el.div(
            button(tr("own_data.stays.close"), OwnDataState.close_notice, "primary"),
            button_link(tr("own_data.stays.password"), paths.card("password"), "secondary"),
            class_name="flex flex-wrap gap-3",
        ),
        title=tr("own_data.stays.title"),
        text=tr("own_data.stays.text", date=OwnDataState.asked_on),
        anchor="account-stays",
        icon="info",
        level=2,
    )
    return rx.cond(OwnDataState.asked_on != "", shown)


def _dialog() -> rx.Component:
    state = DeleteAccountState
    effects = (
        tr("own_data.dialog.sessions"),
        tr("own_data.dialog.grace", days=GRACE_DAYS),
        tr("own_data.dialog.gone"),
        tr("own_data.dialog.law"),
    )
    return dialog(
        rx.el.ul(*(rx.el.li(effect) for effect in effects), class_name="flex list-disc flex-col gap-2 pl-5"),
        form(
            text_field(
                "email",
                tr("own_data.dialog.email"),
                type="email",
                autocomplete="off",
                inputmode="email",
                error=error_at(state.errors, "email"),
                auto_focus=True,
                field_id="delete-email",
            ),
            on_submit=state.submit,
            submit_label=tr("own_data.dialog.submit"),
            submit_kind="danger",
            error=error_at(state.errors),
            cancel=state.close,
            test_id="delete-account",
        ),
        open=state.open,
        title=tr("own_data.dialog.title"),
        on_close=state.close,
        test_id="delete-account-dialog",
    )
