from tests.kit.reviewed import ACCOUNT, NOTICE, Mail, Reviewed

DUE = "8 Dec 2026, 09:05 (UTC+1)"

REVIEWED = Reviewed(
    marks={
        "OwnDataState.download": "FRESH",
        "OwnDataState.close_notice": "LOGGED_IN",
        "DeleteAccountState.begin": "FRESH",
        "DeleteAccountState.close": "LOGGED_IN",
        "DeleteAccountState.submit": "FRESH",
    },
    forms={"DeleteAccountState.submit": {"email": "nobody@example.com"}},
    own_data=("OwnDataState.download",),
    mails={
        "data_downloaded": Mail(),
        "deletion_asked": Mail(
            params=NOTICE
            | {
                "due": DUE,
                "by_support": False,
                "restorable": False,
                "disabled": False,
                "login_url": f"{ACCOUNT}/login",
            },
            variants={"by_support": (False, True), "restorable": (False, True), "disabled": (False, True)},
            unsaid=frozenset({"security_url"}),  # its pages are closed
            to_support=lambda _variant: True,
        ),
        "deletion_due": Mail(
            params=NOTICE | {"due": DUE, "disabled": False, "login_url": f"{ACCOUNT}/login"},
            variants={"disabled": (False, True)},
            unsaid=frozenset({"security_url", "address", "browser", "system"}),  # nothing has happened there
            to_support=lambda _variant: True,
        ),
        "deletion_taken_back": Mail(),
        "account_deleted": Mail(
            params={"first_name": "Zoé", "when": DUE, "support": NOTICE["support"]},
            to_support=lambda _variant: True,
        ),
    },
)
