"""The dialog that asks a logged-in customer for a fresh proof."""

import reflex as rx

from netim_app.feature import Ceremony
from netim_app.identity.state.step_up import StepUpState
from netim_app.identity.view.fields import code_field, error_at, own_account_name
from netim_app.offers import offers
from netim_app.ui.browser import note_asked
from netim_app.ui.dialog import dialog
from netim_app.ui.form import form
from netim_app.ui.password_field import password_field
from netim_app.ui.text import tr


def step_up_dialog() -> rx.Component:
    """Asks for the password again before a sensitive change."""
    return dialog(
        note_asked(),
        *(_ceremony(each) for each in offers().ceremonies),
        rx.cond(StepUpState.typed, _typed()),
        open=StepUpState.open,
        title=tr("step_up.title"),
        on_close=StepUpState.close,
        test_id="step-up-dialog",
    )


def _ceremony(ceremony: Ceremony) -> rx.Component:
    return rx.cond(StepUpState.ceremonies.contains(ceremony.name), ceremony.step_up_part(~StepUpState.typed))


def _typed() -> rx.Component:
    return rx.fragment(
        rx.el.p(rx.cond(StepUpState.needs_code, tr("step_up.text.code"), tr("step_up.text"))),
        form(
            own_account_name(),
            password_field(
                "password",
                tr("field.password"),
                error=error_at(StepUpState.errors, "password"),
                field_id="step-up-password",
                auto_focus=True,
            ),
            rx.cond(StepUpState.needs_code, code_field(error_at(StepUpState.errors, "code"), field_id="step-up-code")),
            on_submit=StepUpState.submit,
            submit_label=tr("step_up.submit"),
            error=error_at(StepUpState.errors),
            cancel=StepUpState.close,
            test_id="step-up",
        ),
    )
