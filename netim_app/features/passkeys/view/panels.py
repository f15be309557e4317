"""The panels above the cards."""

import reflex as rx

from netim_app.features.passkeys.state.card import PasskeyQuestionState, PasskeysState
from netim_app.ui import card as kit
from netim_app.ui.buttons import button
from netim_app.ui.passkeys import with_passkeys
from netim_app.ui.text import tr


def panels() -> rx.Component:
    """The panel that stops a recovery by a stranger, and the question for a first passkey."""
    return rx.fragment(_recovery(), _question())


def _recovery() -> rx.Component:
    """Shown during a recovery without a passkey."""
    shown = kit.card(
        rx.el.div(button(tr("passkeys.recovery.stop"), PasskeysState.stop_recovery, "primary")),
        title=tr("passkeys.recovery.panel"),
        text=tr("passkeys.recovery.panel.text", when=PasskeysState.recovery_opens),
        anchor="passkey-recovery",
        icon="info",
        level=2,
    )
    return rx.cond(PasskeysState.recovery_opens != "", shown)


def _question() -> rx.Component:
    """Shown in the session that a password opened, until the customer answers."""
    answers = rx.el.div(
        button(tr("passkeys.question.yes"), PasskeysState.show_card, "primary"),
        button(tr("passkeys.question.no"), PasskeyQuestionState.decline, "ghost"),
        class_name="flex flex-wrap gap-2",
    )
    shown = kit.card(
        answers,
        title=tr("passkeys.question.title"),
        text=tr("passkeys.question.text"),
        anchor="passkey-question",
        icon="key",
        level=2,
    )
    return rx.cond(PasskeyQuestionState.asked, with_passkeys(shown))
