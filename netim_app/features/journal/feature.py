"""The journal: all that has happened to an account, in a chain that its owner can verify."""

from netim_app.core.facts import Fact
from netim_app.feature import Feature, MailAddition, PeriodicWork, Refresher, Subscription
from netim_app.features.journal.facts import JournalExported
from netim_app.features.journal.service import entries, files, keys, reading, retention
from netim_app.features.journal.state import JournalCheckState, JournalState, show_in_language
from netim_app.features.journal.view import card
from netim_app.identity import accounts
from netim_app.identity.facts import ProfileChanged

JOURNAL = Feature(
    name="journal",
    subscriptions=(
        Subscription(fact=Fact, handle=entries.note, first=True),
        Subscription(fact=JournalExported, handle=files.mail_exported),
    ),
    card=card,
    group="activity",
    refresher=Refresher(changed_by=(ProfileChanged,), load=accounts.locale_of, show=show_in_language),
    dialogs=(JournalState, JournalCheckState),
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
