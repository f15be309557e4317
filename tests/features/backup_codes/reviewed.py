from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "NewCodesState.begin_due": "FRESH",
        "NewCodesState.note_shown": "LOGGED_IN",
        "NewCodesState.begin": "FRESH",
        "NewCodesState.make": "FRESH",
        "NewCodesState.finish": "LOGGED_IN",
        "NewCodesState.close": "LOGGED_IN",
    },
    forms_without_fields=("NewCodesState.finish",),
    mails={
        "backup_codes_made": Mail(),
        "backup_codes_removed": Mail(),
        "backup_code_used": Mail(params=NOTICE | {"left": 7}),
    },
)
