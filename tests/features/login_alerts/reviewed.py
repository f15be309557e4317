from tests.kit.reviewed import ACCOUNT, NOTICE, Mail, Reviewed

SECRET = "#t-3nUx_0k9"

REVIEWED = Reviewed(
    marks={
        "LoginAlertsState.switch": "LOGGED_IN",
        "LoginAlertsState.choose": "LOGGED_IN",
        "LoginAlertsState.undo": "LOGGED_IN",
        "CopyState.ask_again": "LOGGED_IN",
        "CopyState.remove": "FRESH",
        "CopyDialogState.begin": "FRESH",
        "CopyDialogState.close": "LOGGED_IN",
        "CopyDialogState.submit": "FRESH",
        "CopyLinkState.open_page": "ANYONE",
        "CopyLinkState.submit": "ANYONE",
    },
    forms={"CopyDialogState.submit": {"email": "second@example.net"}},
    forms_without_fields=("CopyLinkState.submit",),
    right_values=(("LoginAlertsState.switch", True),),
    own_data=("LoginAlertsState.undo", "CopyState.ask_again", "CopyState.remove"),
    mails={
        "logged_in": Mail(
            params=NOTICE | {"known_browser": True, "how": "Passkey of the sample"},
            variants={"known_browser": (True, False)},
        ),
        "alerts_off": Mail(params=NOTICE | {"change": "off"}, variants={"change": ("off", "new")}),
        "alert_copy": Mail(
            params=NOTICE
            | {
                "first_name": "",
                "account": "z…@example.org",
                "known_browser": True,
                "how": "Passkey of the sample",
                "stop_url": f"{ACCOUNT}/alert-copy?for=stop{SECRET}",
                "days": 30,
            },
            variants={"known_browser": (True, False)},
            unsaid=frozenset({"security_url", "forgot_url"}),  # the account's pages are not for this mailbox
        ),
        "alert_copy_confirm": Mail(
            params={"link": f"{ACCOUNT}/alert-copy{SECRET}", "hours": 24}, variants={"hours": (24, 1)}
        ),
        "alert_copy_changed": Mail(
            params=NOTICE | {"change": "removed", "email": "second@example.net"},
            variants={"change": ("removed", "confirmed", "stopped")},
        ),
    },
)
