"""Genuine mails: customers recognise them by a phrase of their own, and can check a reference."""

from netim_app.feature import EntryPage, Feature, MailAddition, Refresher, Subscription
from netim_app.features.genuine_mail.facts import PhraseChanged
from netim_app.features.genuine_mail.service import phrase, references
from netim_app.features.genuine_mail.state.phrase import PhraseDialogState, show_setting
from netim_app.features.genuine_mail.state.question import QuestionState
from netim_app.features.genuine_mail.view.card import card
from netim_app.features.genuine_mail.view.page import page
from netim_app.identity.facts import ProfileChanged, TakenBack

GENUINE_MAIL = Feature(
    name="genuine_mail",
    subscriptions=(
        Subscription(fact=PhraseChanged, handle=phrase.mail_change),
        Subscription(fact=TakenBack, handle=phrase.forget),
    ),
    card=card,
    refresher=Refresher(changed_by=(PhraseChanged, ProfileChanged), load=phrase.view_setting, show=show_setting),
    dialogs=(PhraseDialogState,),
    entry_pages=(
        EntryPage(
            route=references.PAGE,
            title="genuine_mail.question.title",
            content=page,
            opened=QuestionState.open_page,
            link_at_login="genuine_mail.question.link",
        ),
    ),
    mail_additions=(
        MailAddition(name="phrase", place="head", values=phrase.at_head),
        MailAddition(name="reference", place="small_print", values=references.note),
    ),
    purges=(references.purge,),
    rewrap=phrase.rewrap,
    export=phrase.export,
)
