"""What identity itself offers: it is no entry of the registry, but joins in like a feature."""

from netim_app.core.events import Fact
from netim_app.core.feature import Feature, Refresher, Subscription
from netim_app.identity import accounts
from netim_app.identity.security_log import log_fact
from netim_app.identity.state.profile import show_profile

IDENTITY = Feature(
    name="identity",
    subscriptions=(
        Subscription(fact=Fact, handle=accounts.bump_revision),
        Subscription(fact=Fact, handle=log_fact),
    ),
    refresher=Refresher(load=accounts.view_account, show=show_profile),
)
