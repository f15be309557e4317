"""The journal: all events of an account, in a chain that its owner can verify, with the recent activity on the page."""

from netim_app.core.facts import Change, Fact
from netim_app.feature import Feature, MailAddition, PeriodicWork, Refresher, Subscription
from netim_app.features.journal.facts import JournalExported
from netim_app.features.journal.service import entries, files, keys, reading, recent, retention
from netim_app.features.journal.state.activity import ActivityState, show_newest
from netim_app.features.journal.state.check import JournalCheckState
from netim_app.features.journal.state.journal import JournalState
from netim_app.features.journal.view import card

JOURNAL = Feature(
    name="journal",
    subscriptions=(
        Subscription(fact=Fact, handle=entries.note, first=True),
        Subscription(fact=JournalExported, handle=files.mail_exported),
    ),
    card=card,
    group="activity",
    refresher=Refresher(changed_by=(*recent.NOTED, Change), load=recent.view_newest, show=show_newest),
    dialogs=(ActivityState, JournalState, JournalCheckState),
    mail_additions=(
        MailAddition(
            name="journal", place="small_print", values=entries.note_mail, withdrawn=entries.note_mail_withdrawn
        ),
    ),
    public_texts={keys.PATH: keys.public_key},
    purges=(retention.forget_places,),
    periodic=(
        PeriodicWork(candidates=keys.missing, handle=keys.make),
        PeriodicWork(candidates=retention.too_long, handle=retention.shorten),
    ),
    rewrap=keys.rewrap,
    export=reading.export,
)
