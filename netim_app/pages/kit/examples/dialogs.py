"""Dialogs and wizards."""

import reflex as rx

from netim_app.pages.kit.state import KitState
from netim_app.ui.buttons import button
from netim_app.ui.dialog import dialog
from netim_app.ui.fields import text_field
from netim_app.ui.form import form
from netim_app.ui.password_field import password_field
from netim_app.ui.wizard import button_row, numbered, step


def dialog_with_a_form() -> rx.Component:
    """Mounted only while `open` is true, so nothing typed outlives it. Esc closes it, and the focus returns."""
    return rx.el.div(
        button("Change the nickname", KitState.show("question"), test_id="kit-open"),
        dialog(
            form(
                text_field(
                    "nickname",
                    "Nickname",
                    error=KitState.errors.get("nickname", "").to(str),
                    field_id="dialog-nickname",
                    auto_focus=True,
                ),
                on_submit=KitState.save,
                submit_label="Save",
                cancel=KitState.close,
            ),
            open=KitState.dialog == "question",
            title="Change the nickname",
            on_close=KitState.close,
            test_id="kit-dialog",
        ),
    )


def dialogs_of_other_sizes() -> rx.Component:
    """The default is `md`; on a phone all have the width of the screen."""
    return rx.el.div(
        button("Small", KitState.show("small")),
        dialog(
            password_field("password", "Password", field_id="dialog-password", auto_focus=True),
            button_row(button("Cancel", KitState.close), button("Continue", KitState.close, "primary")),
            open=KitState.dialog == "small",
            title="Confirm that it is you",
            on_close=KitState.close,
            test_id="kit-small",
            size="sm",
        ),
        button("Large", KitState.show("large")),
        dialog(
            *(rx.el.p("Much to read. " * 40) for _ in range(12)),
            open=KitState.dialog == "large",
            title="Terms of use",
            on_close=KitState.close,
            test_id="kit-large",
            size="lg",
        ),
        class_name="flex flex-wrap gap-3",
    )


def steps_in_words() -> rx.Component:
    """Instructions in their order."""
    return numbered(rx.el.p("Install an application."), rx.el.p("Scan the picture."), rx.el.p("Type the six digits."))


def wizard_that_stays() -> rx.Component:
    """`on_close=None`: neither Esc nor an accidental click closes it. Each step is a value of one var."""
    return rx.el.div(
        button("Start", KitState.show("wizard 1"), "primary", test_id="kit-wizard-open"),
        dialog(
            step(
                rx.el.p("Save the codes before you go on."),
                number=1,
                of=2,
                title="Save your codes",
                buttons=(button("Next", KitState.show("wizard 2"), "primary"),),
            ),
            open=KitState.dialog == "wizard 1",
            title="New backup codes",
            on_close=None,
            test_id="kit-wizard-1",
            size="md",
            quiet_title=True,
        ),
        dialog(
            step(rx.el.p("That was all."), number=2, of=2, title="Done"),
            button_row(
                button("Back", KitState.show("wizard 1")),
                button("Done", KitState.close, "primary"),
            ),
            open=KitState.dialog == "wizard 2",
            title="New backup codes",
            on_close=None,
            test_id="kit-wizard-2",
        ),
    )
