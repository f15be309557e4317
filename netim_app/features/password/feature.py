"""Password: changed by its owner, and kept up to date."""

from netim_app.feature import Feature, Protection, Refresher, Subscription
from netim_app.features.password import service
from netim_app.features.password.state import PasswordState, show_setting
from netim_app.features.password.view import card
from netim_app.identity.facts import PasswordChanged, ProfileChanged

PASSWORD = Feature(
    name="password",
    protections=(
        Protection(
            key="password",
            weight=20,
            active=service.up_to_date,
            changed_by=(PasswordChanged,),
            href="/account/connection-and-security#password",
        ),
    ),
    subscriptions=(Subscription(fact=PasswordChanged, handle=service.mail_changed),),
    card=card,
    refresher=Refresher(changed_by=(PasswordChanged, ProfileChanged), load=service.view_setting, show=show_setting),
    dialogs=(PasswordState,),
)
