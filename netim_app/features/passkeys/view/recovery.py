"""The page for the recovery of an account without its passkeys."""

from typing import Any

import reflex as rx

from netim_app.features.passkeys.state.only import WAIT_HOURS
from netim_app.features.passkeys.state.recovery import PasskeyRecoveryState
from netim_app.identity.view.entry_parts import back_to_login, to_login
from netim_app.identity.view.fields import code_field, error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.browser import field_from_fragment
from netim_app.ui.form import form
from netim_app.ui.notice import notice, outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /recover-account."""
    state = PasskeyRecoveryState
    begun = outcome(tr("passkeys.recovery.begun", when=state.opens), icon_name="mail", test_id="passkey-recovery-begun")
    stopped = outcome(tr("passkeys.recovery.stopped"), to_login(), test_id="passkey-recovery-stopped")
    return entry_page(
        rx.cond(
            state.opens != "",
            begun,
            rx.cond(
                state.stopped,
                stopped,
                rx.match(state.step, ("finish", _finish()), ("stop", _stop()), _begin()),
            ),
        ),
        title=rx.cond(state.step == "stop", tr("passkeys.recovery.stop_title"), tr("passkeys.recovery.title")),
        below=back_to_login(),
        skeleton=form_skeleton(1),
    )


def _begin() -> rx.Component:
    field = code_field(
        error_at(PasskeyRecoveryState.errors, "code"),
        field_id="passkey-recovery-code",
        or_backup_code=False,
        label=tr("passkeys.backup_code"),
    )
    text = tr("passkeys.recovery.begin.text", hours=WAIT_HOURS)
    return _step("begin", text, PasskeyRecoveryState.begin, tr("passkeys.recovery.begin.submit"), field)


def _finish() -> rx.Component:
    text = tr("passkeys.recovery.finish.text")
    return _step("finish", text, PasskeyRecoveryState.finish, tr("login.submit"))


def _stop() -> rx.Component:
    text = tr("passkeys.recovery.stop.text")
    return _step("stop", text, PasskeyRecoveryState.stop, tr("passkeys.recovery.stop"))


def _step(
    name: str, text: rx.Var[str], on_submit: Any, submit_label: rx.Var[str], *fields: rx.Component
) -> rx.Component:
    error = error_at(PasskeyRecoveryState.errors)
    lost = rx.cond(error == "", notice("warning", tr("link.missing"), test_id="link-missing"))
    return rx.fragment(
        rx.el.p(text),
        form(
            field_from_fragment("token", f"passkey-recovery-token-{name}", missing=lost),
            *fields,
            on_submit=on_submit,
            submit_label=submit_label,
            error=error,
            test_id=f"passkey-recovery-{name}",
            full_width=True,
        ),
    )
