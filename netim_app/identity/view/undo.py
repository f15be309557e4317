"""The page that undoes a change of address."""

import reflex as rx

from netim_app.identity.state.undo import UndoState
from netim_app.identity.view.entry_parts import back_to_login, entry_form, mailed, token_field
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def _undo_form() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("undo.text")),
        entry_form(
            UndoState,
            token_field(error_at(UndoState.errors)),
            submit_label=tr("undo.submit"),
            test_id="undo",
        ),
    )


def undo_page() -> rx.Component:
    """The page /restore-email."""
    restored = UndoState.restored
    done = mailed(tr("undo.done.text", email=restored), tr("undo.done.hint"), test_id="restored")
    return entry_page(
        rx.cond(restored == "", _undo_form(), done),
        title=rx.cond(restored == "", tr("undo.title"), tr("undo.done.title")),
        below=back_to_login(),
        skeleton=form_skeleton(1),
    )
