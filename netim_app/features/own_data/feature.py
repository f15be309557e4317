"""Your data: the download as a file, and the deletion with the account."""

from netim_app.feature import Feature, PeriodicWork, Refresher, Subscription
from netim_app.features.own_data.facts import DataDownloaded, DeletionAsked, DeletionTakenBack, StayNoticeClosed
from netim_app.features.own_data.service import cancellation, deletion, document
from netim_app.features.own_data.state import DeleteAccountState, show_stay
from netim_app.features.own_data.view import card, panel
from netim_app.identity.facts import AccountFrozen, AccountUnlocked, EmailRestored, LoggedIn, ProfileChanged

OWN_DATA = Feature(
    name="own_data",
    subscriptions=(
        Subscription(fact=DataDownloaded, handle=document.mail_downloaded),
        Subscription(fact=DeletionAsked, handle=deletion.mail_asked),
        *(
            Subscription(fact=fact, handle=cancellation.keep)
            for fact in (LoggedIn, EmailRestored, AccountUnlocked, AccountFrozen)
        ),
        Subscription(fact=DeletionTakenBack, handle=cancellation.mail_taken_back),
    ),
    card=card,
    group="personal",
    panel=panel,
    refresher=Refresher(
        changed_by=(DeletionAsked, DeletionTakenBack, StayNoticeClosed, ProfileChanged),
        load=cancellation.view_stay,
        show=show_stay,
    ),
    dialogs=(DeleteAccountState,),
    purges=(cancellation.purge,),
    periodic=(
        PeriodicWork(candidates=deletion.to_remind, handle=deletion.remind),
        PeriodicWork(candidates=deletion.due, handle=deletion.carry_out),
    ),
    export=document.own_part,
)
