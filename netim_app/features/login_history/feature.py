"""Login history: who got in, and who tried."""

from netim_app.feature import Feature, Refresher, Subscription
from netim_app.features.login_history import service
from netim_app.features.login_history.state import HistoryState, show_history
from netim_app.features.login_history.view import card
from netim_app.identity.facts import ProfileChanged

LOGIN_HISTORY = Feature(
    name="login_history",
    subscriptions=tuple(Subscription(fact=fact, handle=service.note) for fact in service.NOTED),
    card=card,
    refresher=Refresher(changed_by=(*service.NOTED, ProfileChanged), load=service.view_newest, show=show_history),
    dialogs=(HistoryState,),
    purges=(service.purge,),
)
