"""Login alerts: a mail for every login, or for those in new browsers."""

from netim_app.feature import Feature, Protection, Refresher, Subscription
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.service import alerts
from netim_app.features.login_alerts.state import SWITCH_ON, UNDO, show_setting
from netim_app.features.login_alerts.view import card
from netim_app.identity.facts import LoggedIn, ProfileChanged

LOGIN_ALERTS = Feature(
    name="login_alerts",
    protections=(
        Protection(
            key="login_alerts",
            points=20,
            active=alerts.mails_every_login,
            changed_by=(AlertsSwitched,),
            href="/account/connection-and-security#email-alerts",
            press=SWITCH_ON,
        ),
    ),
    subscriptions=(
        Subscription(fact=LoggedIn, handle=alerts.mail_login),
        Subscription(fact=AlertsSwitched, handle=alerts.mail_lowered),
    ),
    card=card,
    undo=UNDO,
    refresher=Refresher(changed_by=(AlertsSwitched, ProfileChanged), load=alerts.view_setting, show=show_setting),
    export=alerts.export,
)
