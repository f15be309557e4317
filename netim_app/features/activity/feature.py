"""Activity: who got in, who tried, and what was changed."""

from netim_app.core.facts import Change
from netim_app.feature import Feature, Refresher, Subscription
from netim_app.features.activity import service
from netim_app.features.activity.state import ActivityState, show_activity
from netim_app.features.activity.view import card

ACTIVITY = Feature(
    name="activity",
    subscriptions=(
        *(Subscription(fact=fact, handle=service.note) for fact in service.NOTED),
        Subscription(fact=Change, handle=service.note_change),
    ),
    card=card,
    group="activity",
    refresher=Refresher(changed_by=(*service.NOTED, Change), load=service.view_newest, show=show_activity),
    dialogs=(ActivityState,),
    purges=(service.purge,),
    export=service.export,
)
