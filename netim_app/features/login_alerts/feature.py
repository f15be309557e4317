"""Login alerts: a mail for every successful sign-in."""

from netim_app.core.events import AlertsSwitched, SignedIn
from netim_app.core.feature import Feature, Protection, Refresher, Subscription
from netim_app.features.login_alerts import service
from netim_app.features.login_alerts.state import show_setting
from netim_app.features.login_alerts.view import card

LOGIN_ALERTS = Feature(
    name="login_alerts",
    protections=(
        Protection(
            key="login_alerts",
            weight=20,
            active=service.alerts_on,
            href="/account/connection-and-security#email-alerts",
        ),
    ),
    subscriptions=(
        Subscription(fact=SignedIn, handle=service.mail_sign_in),
        Subscription(fact=AlertsSwitched, handle=service.mail_switched_off),
    ),
    card=card,
    refresher=Refresher(load=service.view_setting, show=show_setting),
)
