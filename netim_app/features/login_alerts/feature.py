"""Login alerts: a mail for every login, or for those in new browsers, with copies to one more mailbox."""

from netim_app.core import paths
from netim_app.feature import EntryPage, Feature, Protection, Refresher, Subscription
from netim_app.features.login_alerts.facts import AlertsSwitched, CopyEmailChanged
from netim_app.features.login_alerts.service import alerts, copies
from netim_app.features.login_alerts.state.card import SWITCH_ON, UNDO, show_setting
from netim_app.features.login_alerts.state.copy_dialog import CopyDialogState
from netim_app.features.login_alerts.state.copy_page import CopyLinkState
from netim_app.features.login_alerts.view.card import card
from netim_app.features.login_alerts.view.page import page
from netim_app.identity.facts import AccountFrozen, EmailChanged, LoggedIn, ProfileChanged, TakenBack

LOGIN_ALERTS = Feature(
    name="login_alerts",
    protections=(
        Protection(
            key="login_alerts",
            points=20,
            active=alerts.mails_every_login,
            changed_by=(AlertsSwitched,),
            href=paths.card("email-alerts"),
            press=SWITCH_ON,
        ),
    ),
    subscriptions=(
        Subscription(fact=LoggedIn, handle=alerts.mail_login),
        Subscription(fact=AlertsSwitched, handle=alerts.mail_lowered),
        Subscription(fact=CopyEmailChanged, handle=copies.mail_change),
        Subscription(fact=AccountFrozen, handle=copies.cancel_unconfirmed),
        Subscription(fact=EmailChanged, handle=copies.drop_own),
        Subscription(fact=TakenBack, handle=copies.drop_new),
    ),
    card=card,
    undo=UNDO,
    refresher=Refresher(
        changed_by=(AlertsSwitched, CopyEmailChanged, ProfileChanged), load=alerts.view_setting, show=show_setting
    ),
    lasting_links=(copies.STOP,),
    dialogs=(CopyDialogState,),
    entry_pages=(
        EntryPage(route=copies.PAGE, title="login_alerts.page.title", content=page, opened=CopyLinkState.open_page),
    ),
    export=alerts.export,
)
