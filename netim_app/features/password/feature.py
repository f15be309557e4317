"""Password: its change by the owner, and whether it is up to date."""

from netim_app.core import paths
from netim_app.feature import Feature, Hint, Protection, Refresher, Subscription
from netim_app.features.password import service
from netim_app.features.password.state import PasswordState, show_setting
from netim_app.features.password.view import card
from netim_app.identity.facts import PasswordChanged, ProfileChanged

PASSWORD = Feature(
    name="password",
    protections=(
        Protection(
            key="password",
            points=20,
            active=service.up_to_date,
            changed_by=(PasswordChanged,),
            href=paths.card("password"),
            press=PasswordState.begin,
        ),
    ),
    hints=(
        Hint(
            key="password_refused",
            applies=service.is_refused,
            changed_by=(PasswordChanged,),
            href=paths.card("password"),
            press=PasswordState.begin,
        ),
    ),
    subscriptions=(Subscription(fact=PasswordChanged, handle=service.mail_changed),),
    card=card,
    group="logging_in",
    refresher=Refresher(changed_by=(PasswordChanged, ProfileChanged), load=service.view_setting, show=show_setting),
    dialogs=(PasswordState,),
)
