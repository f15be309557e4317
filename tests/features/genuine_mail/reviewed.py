from tests.kit.reviewed import ACCOUNT, NOTICE, Addition, Mail, Reviewed

REVIEWED = Reviewed(
    marks={
        "PhraseDialogState.begin": "FRESH",
        "PhraseDialogState.save": "FRESH",
        "PhraseDialogState.remove": "FRESH",
        "PhraseDialogState.close": "LOGGED_IN",
        "QuestionState.open_page": "ANYONE",
        "QuestionState.submit": "ANYONE",
        "QuestionState.ask_again": "ANYONE",
    },
    forms={
        "PhraseDialogState.save": {"phrase": "blue heron"},
        "QuestionState.submit": {"text": "7KQ2M-X9PD4"},
    },
    own_data=("PhraseDialogState.remove",),
    free_text=("phrase",),
    pasted=("text",),
    texts={"*.support": ("genuine_mail.no.delete",)},
    mails={
        "phrase_changed": Mail(
            params=NOTICE | {"change": "chosen"}, variants={"change": ("chosen", "changed", "removed")}
        ),
    },
    additions={
        "phrase": Addition("head", {"phrase": "W" * 40}),
        "reference": Addition("small_print", {"reference": "7KQ2M-X9PD4", "url": f"{ACCOUNT}/did-you-send-this"}),
    },
)
