from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "LoginAlertsState.switch": "LOGGED_IN",
        "LoginAlertsState.choose": "LOGGED_IN",
        "LoginAlertsState.undo": "LOGGED_IN",
    },
    right_values=(("LoginAlertsState.switch", True),),
    own_data=("LoginAlertsState.undo",),
    mails={
        "logged_in": Mail(
            params=NOTICE | {"known_browser": True, "how": "Passkey of the sample"},
            variants={"known_browser": (True, False)},
        ),
        "alerts_off": Mail(params=NOTICE | {"change": "off"}, variants={"change": ("off", "new")}),
    },
)
