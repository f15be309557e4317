from tests.kit.reviewed import ACCOUNT, NOTICE, Addition, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "NotMeState.open_page": "ANYONE",
        "NotMeState.submit": "ANYONE",
    },
    forms_without_fields=("NotMeState.submit",),
    additions={"not_me": Addition("end", {"link": f"{ACCOUNT}/not-me#t-3nUx_0k9", "days": 7})},
    mails={
        "not_me_done": Mail(
            params=NOTICE | {"change": "reset", "blocked": True},
            variants={"change": ("reset", "ask", "passkey", "wait", "undo", "elsewhere"), "blocked": (True, False)},
            to_support=lambda variant: variant.get("change") == "elsewhere",
        ),
    },
)
