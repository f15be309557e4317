from tests.kit.reviewed import ACCOUNT, NOTICE, Mail, Reviewed

PAGE, SECRET = f"{ACCOUNT}/recover-account", "#t-3nUx_0k9"
IN_ACCOUNT = frozenset({"security_url", "forgot_url"})
"""Pages of the account are of no use to those who cannot get in."""

REVIEWED = Reviewed(
    marks={
        "PasskeyLoginState.offer": "ANYONE",
        "PasskeyLoginState.begin": "ANYONE",
        "PasskeyLoginState.finish": "ANYONE",
        "PasskeyCodeState.begin": "PENDING",
        "PasskeyCodeState.finish": "PENDING",
        "PasskeyProofState.begin": "LOGGED_IN",
        "PasskeyProofState.finish": "LOGGED_IN",
        "NewPasskeyState.begin": "FRESH",
        "NewPasskeyState.finish": "FRESH",
        "PasskeyDialogState.begin_rename": "LOGGED_IN",
        "PasskeyDialogState.rename": "LOGGED_IN",
        "PasskeyDialogState.begin_remove": "FRESH",
        "PasskeyDialogState.remove": "FRESH",
        "PasskeyDialogState.close": "LOGGED_IN",
        "PasskeysState.show_card": "LOGGED_IN",
        "PasskeysState.stop_recovery": "LOGGED_IN",
        "PasskeyQuestionState.decline": "LOGGED_IN",
        "PasskeysOnlyState.begin": "FRESH",
        "PasskeysOnlyState.ask": "FRESH",
        "PasskeysOnlyState.finish": "FRESH",
        "PasskeysOnlyState.switch_off": "FRESH",
        "PasskeysOnlyState.close": "LOGGED_IN",
        "PasskeyRecoveryState.open_page": "ANYONE",
        "PasskeyRecoveryState.begin": "ANYONE",
        "PasskeyRecoveryState.finish": "ANYONE",
        "PasskeyRecoveryState.stop": "ANYONE",
    },
    forms={
        "PasskeyDialogState.rename": {"name": "Laptop"},
        "PasskeyRecoveryState.begin": {"code": "123456", "token": "A" * 43},
    },
    # The browser fills these in: what an answer may be wrong in is in test_lies.py.
    forms_without_fields=(
        "PasskeyLoginState.finish",
        "PasskeyCodeState.finish",
        "PasskeyProofState.finish",
        "NewPasskeyState.finish",
        "PasskeysOnlyState.ask",
        "PasskeysOnlyState.finish",
        "PasskeyRecoveryState.finish",
        "PasskeyRecoveryState.stop",
    ),
    own_data=("NewPasskeyState.begin",),
    texts={"*.support": ("passkeys.only.lost",)},
    free_text=("name",),
    takes_an_id=("PasskeyDialogState.begin_remove", "PasskeyDialogState.begin_rename"),
    mails={
        "passkey_changed": Mail(
            params=NOTICE | {"change": "added", "name": "iCloud Keychain"},
            variants={"change": ("added", "removed", "removed.last", "copied", "copied.refused")},
        ),
        "passkeys_only": Mail(
            params=NOTICE | {"change": "off"},
            variants={"change": ("on", "off", "password")},
            to_support=lambda variant: variant["change"] == "on",
        ),
        "recovery_link": Mail(
            params=NOTICE | {"link": f"{PAGE}?for=begin{SECRET}", "wait": 24, "minutes": 60}, unsaid=IN_ACCOUNT
        ),
        "recovery_begun": Mail(
            params=NOTICE
            | {"link": f"{PAGE}?for=stop{SECRET}", "opens": "25 Nov 2026, 09:05", "again": False, "days": 8},
            variants={"again": (False, True)},
            unsaid=IN_ACCOUNT,
        ),
        "recovery_open": Mail(
            params=NOTICE | {"link": f"{PAGE}?for=finish{SECRET}", "stop_link": f"{PAGE}?for=stop{SECRET}", "days": 7},
            unsaid=IN_ACCOUNT,
        ),
        "recovery_ended": Mail(
            params=NOTICE | {"change": "done"},
            variants={"change": ("stopped", "done")},
        ),
    },
)
