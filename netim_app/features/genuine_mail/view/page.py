"""The page "Did you send this?"."""

from typing import Any

import reflex as rx

from netim_app.features.genuine_mail.state.question import EXAMPLE, KEEP_DAYS, MAX_PASTE, QuestionState
from netim_app.identity.view.entry_parts import aside, back_to_login, entry_form
from netim_app.identity.view.fields import error_at
from netim_app.identity.view.shell import entry_page
from netim_app.identity.view.support import with_support
from netim_app.ui.buttons import button
from netim_app.ui.fields import text_area
from netim_app.ui.notice import notice, outcome
from netim_app.ui.skeleton import form_skeleton
from netim_app.ui.text import tr


def page() -> rx.Component:
    """The page /did-you-send-this."""
    answer = QuestionState.answer
    return entry_page(
        rx.match(
            answer,
            ("yes", _yes()),
            ("no", _no("no", tr("genuine_mail.no.text", days=KEEP_DAYS))),
            ("none", _no("none", tr("genuine_mail.none.text", example=EXAMPLE))),
            _question(),
        ),
        title=rx.match(
            answer,
            ("yes", tr("genuine_mail.yes.title")),
            ("no", tr("genuine_mail.no.title")),
            ("none", tr("genuine_mail.no.title")),
            tr("genuine_mail.question.title"),
        ),
        below=back_to_login(),
        skeleton=form_skeleton(1),
    )


def _question() -> rx.Component:
    return rx.fragment(
        rx.el.p(tr("genuine_mail.question.text", example=EXAMPLE)),
        entry_form(
            QuestionState,
            text_area(
                "text",
                tr("genuine_mail.question.label"),
                error=error_at(QuestionState.errors, "text"),
                rows=6,
                max_length=MAX_PASTE * 2,
            ),
            submit_label=tr("genuine_mail.question.submit"),
            test_id="question",
        ),
        aside(tr("genuine_mail.question.kept")),
    )


def _yes() -> rx.Component:
    sent = rx.el.ul(
        rx.foreach(QuestionState.sent, _mail),
        class_name="flex w-full flex-col divide-y divide-line rounded-control border border-line",
        custom_attrs={"data-testid": "question-sent"},
    )
    return outcome(
        tr("genuine_mail.yes.text"),
        sent,
        notice("warning", tr("genuine_mail.yes.compare")),
        aside(tr("genuine_mail.yes.whom")),
        _again(),
        icon_name="mail",
        test_id="question-yes",
    )


def _mail(mail: Any) -> rx.Component:
    return rx.el.li(
        rx.el.p(mail.kind, class_name="font-medium"),
        rx.el.p(mail.at, class_name="text-muted"),
        class_name="flex flex-col gap-0.5 px-3.5 py-3",
    )


def _no(name: str, text: rx.Var[str]) -> rx.Component:
    advice = (
        tr("genuine_mail.no.leave"),
        tr("genuine_mail.no.password"),
        with_support("genuine_mail.no.delete"),
    )
    return rx.fragment(
        notice("danger", text, test_id=f"question-{name}"),
        rx.el.p(tr("genuine_mail.no.then"), class_name="font-medium"),
        rx.el.ul(*(rx.el.li(each) for each in advice), class_name="-mt-2 flex list-disc flex-col gap-2 ps-5"),
        _again(),
    )


def _again() -> rx.Component:
    return button(tr("genuine_mail.again"), QuestionState.ask_again, class_name="w-full")
