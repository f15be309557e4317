"""Login alerts: a mail for every successful login."""

from netim_app.feature import Feature, Protection, Refresher, Subscription
from netim_app.features.login_alerts import service
from netim_app.features.login_alerts.facts import AlertsSwitched
from netim_app.features.login_alerts.state import SWITCH_OFF, SWITCH_ON, show_setting
from netim_app.features.login_alerts.view import card
from netim_app.identity.facts import LoggedIn, ProfileChanged

LOGIN_ALERTS = Feature(
    name="login_alerts",
    protections=(
        Protection(
            key="login_alerts",
            points=20,
            active=service.alerts_on,
            changed_by=(AlertsSwitched,),
            href="/account/connection-and-security#email-alerts",
            press=SWITCH_ON,
        ),
    ),
    subscriptions=(
        Subscription(fact=LoggedIn, handle=service.mail_login),
        Subscription(fact=AlertsSwitched, handle=service.mail_switched_off),
    ),
    card=card,
    undo=SWITCH_OFF,
    refresher=Refresher(changed_by=(AlertsSwitched, ProfileChanged), load=service.view_setting, show=show_setting),
    export=service.export,
)
