from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "SessionsState.log_out": "FRESH",
        "LogOutOthersState.begin": "FRESH",
        "LogOutOthersState.confirm": "FRESH",
        "LogOutOthersState.close": "LOGGED_IN",
    },
    takes_an_id=("SessionsState.log_out",),
    mails={
        "other_sessions_revoked": Mail(
            params=NOTICE | {"which": "Safari on iOS (203.0.113.9)"},
            variants={"which": ("Safari on iOS (203.0.113.9)", "")},
        ),
    },
)
