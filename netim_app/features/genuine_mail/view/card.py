"""The card "Your phrase in our emails", and its dialog."""

import reflex as rx

from netim_app.features.genuine_mail.state.phrase import MAX_PHRASE, MIN_PHRASE, PhraseDialogState, PhraseState
from netim_app.identity.view.fields import error_at
from netim_app.ui import card as kit
from netim_app.ui.buttons import button, link
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.text import tr


def card() -> rx.Component:
    """Whether there is a phrase, and the link for a doubtful mail. Only the dialog shows the phrase itself."""
    since = PhraseState.since
    label = rx.cond(since != "", tr("genuine_mail.show"), tr("genuine_mail.choose"))
    return kit.card(
        rx.el.p(link(tr("genuine_mail.doubt"), "/did-you-send-this")),
        _dialog(),
        title=tr("genuine_mail.title"),
        state=kit.status(
            rx.cond(since != "", tr("genuine_mail.on", date=since), tr("genuine_mail.off")), on=since != ""
        ),
        text=tr("genuine_mail.text"),
        action=button(label, PhraseDialogState.begin, test_id="phrase-begin"),
        anchor="mail-phrase",
        icon="shield",
    )


def _dialog() -> rx.Component:
    state = PhraseDialogState
    has_phrase = PhraseState.since != ""
    return dialog(
        rx.el.p(tr("genuine_mail.effect")),
        rx.cond(state.phrase != "", _present(state.phrase)),
        form(
            text_field(
                "phrase",
                rx.cond(has_phrase, tr("genuine_mail.new"), tr("genuine_mail.first")),
                hint=tr("genuine_mail.hint", least=MIN_PHRASE, most=MAX_PHRASE),
                autocomplete="off",
                error=error_at(state.errors, "phrase"),
                auto_focus=True,
            ),
            on_submit=state.save,
            submit_label=tr("genuine_mail.save"),
            error=error_at(state.errors),
            cancel=state.close,
            footer=rx.cond(has_phrase, _remove()),
            test_id="phrase",
        ),
        open=state.open,
        title=tr("genuine_mail.title"),
        on_close=state.close,
        test_id="phrase-dialog",
    )


def _present(phrase: rx.Var[str]) -> rx.Component:
    return rx.el.div(
        rx.el.p(tr("genuine_mail.present"), class_name="text-xs text-muted"),
        rx.el.p(
            phrase, class_name="text-base font-semibold wrap-anywhere", custom_attrs={"data-testid": "phrase-present"}
        ),
        class_name="rounded-control bg-sunken px-4 py-3",
    )


def _remove() -> rx.Component:
    return rx.el.div(
        button(
            tr("genuine_mail.remove"), PhraseDialogState.remove, "ghost", test_id="phrase-remove", class_name="-ms-4"
        ),
        class_name="border-t border-line pt-4",
    )
