from tests.kit.harness import PASSWORD
from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "PasswordState.begin": "LOGGED_IN",
        "PasswordState.close": "LOGGED_IN",
        "PasswordState.rate": "LOGGED_IN",
        "PasswordState.submit": "LOGGED_IN",
    },
    forms={
        "PasswordState.submit": {"current": "wrong " + PASSWORD, "password": "another 9 lanterns in fog"},
    },
    texts={"password.strength.*": tuple(map(str, range(5)))},
    mails={
        "password_changed": Mail(params=NOTICE | {"way": "changed"}, variants={"way": ("changed", "reset")}),
    },
)
