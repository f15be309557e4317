from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "LoginAlertsState.switch": "LOGGED_IN",
    },
    right_values=(("LoginAlertsState.switch", True),),
    mails={
        "logged_in": Mail(
            params=NOTICE | {"known_browser": True, "how": "Passkey of the sample"},
            variants={"known_browser": (True, False)},
        ),
        "alerts_off": Mail(),
    },
)
