"""Lost device: after a login by a code that replaces it, a panel guides the customer through its replacement."""

from netim_app.core.facts import Fact
from netim_app.feature import Feature, Refresher, Subscription
from netim_app.features.lost_device import service
from netim_app.features.lost_device.facts import DeviceKept
from netim_app.features.lost_device.state import show_steps
from netim_app.features.lost_device.view import panel
from netim_app.identity.facts import LoggedIn, SecondFactorDisabled

LOST_DEVICE = Feature(
    name="lost_device",
    subscriptions=(
        Subscription(fact=LoggedIn, handle=service.begin_on_login),
        Subscription(fact=Fact, handle=service.strike_off),
        Subscription(fact=DeviceKept, handle=service.clear),
        Subscription(fact=SecondFactorDisabled, handle=service.clear),
    ),
    panel=panel,
    refresher=Refresher(changed_by=service.facts_of_steps, load=service.steps_left, show=show_steps),
    export=service.export,
)
