from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "TotpWizardState.begin": "FRESH",
        "TotpWizardState.go_to": "LOGGED_IN",
        "TotpWizardState.confirm": "FRESH",
        "TotpWizardState.close": "LOGGED_IN",
        "TotpDialogState.begin_rename": "LOGGED_IN",
        "TotpDialogState.rename": "LOGGED_IN",
        "TotpDialogState.begin_remove": "FRESH",
        "TotpDialogState.begin_remove_lost": "FRESH",
        "TotpDialogState.remove": "FRESH",
        "TotpDialogState.begin_disable": "FRESH",
        "TotpDialogState.disable": "FRESH",
        "TotpDialogState.close": "LOGGED_IN",
    },
    forms={
        "TotpWizardState.confirm": {"code": "123456", "name": "Phone"},
        "TotpDialogState.rename": {"name": "Phone"},
        "TotpDialogState.disable": {"code": "123456"},
    },
    free_text=("name",),
    takes_an_id=("TotpDialogState.begin_remove", "TotpDialogState.begin_rename"),
    texts={"totp.system.*": ("android", "ios", "windows", "macos", "linux", "browser")},
    mails={
        "two_factor_changed": Mail(
            params=NOTICE | {"change": "added", "device": "Pixel 9"},
            variants={"change": ("added", "removed", "enabled", "disabled")},
            to_support=lambda variant: variant == {"change": "enabled"},
        ),
    },
)
