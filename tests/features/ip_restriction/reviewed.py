from tests.kit.reviewed import NOTICE, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "IpRestrictionState.add_here": "FRESH",
        "IpDialogState.begin_add": "FRESH",
        "IpDialogState.add": "FRESH",
        "IpDialogState.begin_switch": "FRESH",
        "IpDialogState.switch": "FRESH",
        "IpDialogState.begin_remove": "FRESH",
        "IpDialogState.remove": "FRESH",
        "IpDialogState.close": "LOGGED_IN",
        "IpListState.begin": "FRESH",
        "IpListState.begin_with": "FRESH",
        "IpListState.check": "FRESH",
        "IpListState.write_again": "FRESH",
        "IpListState.add": "FRESH",
        "IpListState.close": "LOGGED_IN",
        "IpTestState.submit": "LOGGED_IN",
    },
    forms={
        "IpDialogState.add": {"address": "203.0.113.0/24", "note": "Office"},
        "IpTestState.submit": {"address": "203.0.113.7"},
    },
    forms_without_fields=(
        "IpDialogState.switch",
        "IpDialogState.remove",
        "IpListState.begin_with",
        "IpListState.check",
    ),
    free_text=("note",),
    optional=("note",),
    takes_an_id=("IpDialogState.begin_remove",),
    own_data=("IpRestrictionState.add_here",),
    texts={"*.support": ("ip_restriction.turn_on.text", "ip_restriction.refused")},
    mails={
        # That page refuses a reader at the place where it happened.
        "login_blocked": Mail(unsaid=frozenset({"security_url"}), to_support=lambda _variant: True),
        "ip_restriction_changed": Mail(
            params=NOTICE | {"change": "removed", "rule": "198.51.100.0/24", "count": 4711},
            variants={"change": ("on", "off", "added", "added_many", "added_list", "removed", "taken_back")},
            unsaid=frozenset({"count"}),  # one rule is named
            to_support=lambda variant: variant == {"change": "on"},
        ),
    },
)
