from tests.kit.reviewed import Addition, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "ActivityState.choose": "LOGGED_IN",
        "ActivityState.show_more": "LOGGED_IN",
        "JournalState.choose": "LOGGED_IN",
        "JournalState.narrow": "LOGGED_IN",
        "JournalState.show_more": "LOGGED_IN",
        "JournalState.export": "FRESH",
        "JournalCheckState.check": "LOGGED_IN",
    },
    forms={"JournalState.narrow": {"since": "2026-03-01", "until": "2026-03-31", "address": "192.0.2.7"}},
    optional=("since", "until", "address"),
    own_data=("JournalState.export",),
    texts={
        "journal.shown.*": ("all", "logins", "failures", "changes", "mails", "operator"),
    },
    mails={"journal_exported": Mail()},
    additions={"journal": Addition("small_print", {"number": 123, "fingerprint": "9f3a-c01b-77de-05aa-e2c4"})},
)
