"""The parts on the login page, in its second step, and in the dialog that asks for a fresh proof."""

from typing import Any

import reflex as rx

from netim_app.features.passkeys.state.entry import PasskeyCodeState, PasskeyLoginState, PasskeyProofState
from netim_app.identity.view.fields import error_at
from netim_app.ui.buttons import button
from netim_app.ui.notice import notice
from netim_app.ui.passkeys import autofill, prompt, signals, with_passkeys, without_passkeys
from netim_app.ui.script import TimedDiv
from netim_app.ui.text import early, tr
from reflex_guard.single_submit import QUIET


def login_part() -> rx.Component:
    """The button below the form, and the passkeys in its e-mail field."""
    state = PasskeyLoginState
    return with_passkeys(
        autofill(state.offer),
        signals(state.signals),
        rx.el.div(
            rx.cond(
                state.offers > 0,
                TimedDiv.create(key=state.offers.to(str), class_name="renews", on_animation_end=state.offer),
            ),
            class_name="absolute",
            custom_attrs=QUIET,
        ),
        _or(early("passkeys.or")),
        *_way(state, early("passkeys.use"), "passkey-login"),
        class_name="flex flex-col gap-5",
        test_id="passkey-login-part",
    )


def code_part() -> rx.Component:
    """The button above the code."""
    return with_passkeys(
        *_way(PasskeyCodeState, tr("passkeys.use"), "passkey-code"),
        _or(tr("passkeys.or")),
        class_name="flex flex-col gap-5",
    )


def step_up_part(alone: rx.Var[bool]) -> rx.Component:
    """The button above the password. Without a password field, it says itself what it is for."""
    way = with_passkeys(
        rx.cond(alone, rx.el.p(tr("passkeys.step_up"))),
        *_way(PasskeyProofState, tr("passkeys.use"), "passkey-proof"),
        rx.cond(~alone, _or(tr("passkeys.or"))),
        class_name="flex flex-col gap-5",
    )
    return rx.fragment(way, rx.cond(alone, _elsewhere()))


def _elsewhere() -> rx.Component:
    """Advice in a browser without passkeys, when only a passkey gives a proof."""
    return without_passkeys(notice("warning", tr("passkeys.step_up.elsewhere"), test_id="passkey-elsewhere"))


def _way(state: Any, label: rx.Var[str], test_id: str) -> list[rx.Component]:
    error = error_at(state.errors)
    return [
        rx.cond(error != "", notice("danger", error)),
        button(label, state.begin, icon_name="key", test_id=test_id, class_name="w-full"),
        prompt(state, test_id=f"{test_id}-prompt"),
    ]


def _or(word: rx.Var[str]) -> rx.Component:
    line = rx.el.span(class_name="h-px flex-1 bg-line")
    return rx.el.p(line, word, line, class_name="flex items-center gap-3 text-sm text-muted")
