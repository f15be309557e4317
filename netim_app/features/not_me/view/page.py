"""The page of the link."""

import reflex as rx

from netim_app.features.not_me.state import NotMeState
from netim_app.identity.view.entry_parts import aside, back_to_login, entry_form, to_login, token_field
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.ui.notice import outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /not-me."""
    state = NotMeState
    return entry_page(
        rx.cond(state.then == "", _form(), _stopped()),
        title=rx.cond(state.then == "", tr("not_me.title"), tr("not_me.done.title")),
        below=rx.cond(state.then == "", back_to_login()),
        skeleton=form_skeleton(1),
    )


def _form() -> rx.Component:
    effects = (
        tr("not_me.effect.sessions"),
        tr("not_me.effect.login"),
        tr("not_me.effect.freeze"),
        tr("not_me.effect.pending"),
    )
    return rx.fragment(
        rx.el.p(tr("not_me.text")),
        rx.el.ul(*(rx.el.li(effect) for effect in effects), class_name="flex list-disc flex-col gap-2 pl-5"),
        aside(tr("not_me.mistake")),
        entry_form(
            NotMeState,
            token_field(error_at(NotMeState.errors)),
            submit_label=tr("not_me.submit"),
            test_id="not-me",
        ),
    )


def _stopped() -> rx.Component:
    """The next steps, in order."""
    first = rx.match(
        NotMeState.then,
        ("passkey", tr("not_me.then.passkey")),
        ("wait", tr("not_me.then.wait")),
        ("undo", tr("not_me.then.undo")),
        ("elsewhere", tr("not_me.then.elsewhere")),
        tr("not_me.then.reset"),
    )
    steps = rx.el.ol(
        rx.el.li(first),
        rx.match(
            NotMeState.then,
            ("passkey", rx.fragment()),
            ("elsewhere", rx.fragment()),
            rx.el.li(tr("not_me.then.login")),
        ),
        rx.el.li(tr("not_me.then.look")),
        class_name="flex list-decimal flex-col gap-2 pl-5 text-start",
    )
    return outcome(tr("not_me.done.text"), steps, to_login(), test_id="not-me-done")
