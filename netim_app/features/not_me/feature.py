"""This was not me: a link in every mail about the account, by which the owner stops an attack."""

from netim_app.feature import EntryPage, Feature, MailAddition, Refresher, Subscription
from netim_app.features.not_me import service
from netim_app.features.not_me.state import NotMeState, show_freeze
from netim_app.features.not_me.view.page import page
from netim_app.features.not_me.view.panel import panel
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, EmailRestored, ProfileChanged

NOT_ME = Feature(
    name="not_me",
    mail_additions=(MailAddition(name="not_me", place="end", values=service.link_for),),
    subscriptions=(Subscription(fact=EmailRestored, handle=service.forget_other_mailboxes),),
    lasting_links=(service.PURPOSE,),
    panel=panel,
    entry_pages=(EntryPage(route=service.PAGE, title="not_me.title", content=page, opened=NotMeState.open_page),),
    refresher=Refresher(
        changed_by=(AccountFrozen, AccountUnlocked, ProfileChanged), load=service.view_freeze, show=show_freeze
    ),
)
