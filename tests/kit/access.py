"""The reviewed list of all event handlers: who may send which event."""

from tests.kit.reviewed import joined

REVIEWED: dict[str, str] = {
    "ShellState.open_account_page": "LOGGED_IN",
    "ShellState.open_public_page": "ANYONE",
    "ShellState.set_language": "ANYONE",
    "ShellState.close_notice": "ANYONE unchecked",
    "ShellState.end_notice": "ANYONE unchecked",
    "ShellState.recheck_session": "ANYONE unchecked",
    "StepUpState.close": "LOGGED_IN",
    "StepUpState.submit": "LOGGED_IN",
    "LoginState.open_page": "ANYONE",
    "LoginState.open_home": "ANYONE",
    "LoginState.submit": "ANYONE",
    "LoginState.submit_code": "PENDING",
    "LoginState.cancel_code": "PENDING",
    "SignUpState.open_page": "ANYONE",
    "SignUpState.rate": "ANYONE",
    "SignUpState.submit": "ANYONE",
    "VerifyState.open_page": "ANYONE",
    "VerifyState.submit": "ANYONE",
    "ForgotState.open_page": "ANYONE",
    "ForgotState.submit": "ANYONE",
    "ResetState.open_page": "ANYONE",
    "ResetState.rate": "ANYONE",
    "ResetState.submit": "ANYONE",
    "UndoState.open_page": "ANYONE",
    "UndoState.submit": "ANYONE",
    "ProfileState.save": "LOGGED_IN",
    "EmailState.begin": "FRESH",
    "EmailState.close": "LOGGED_IN",
    "EmailState.submit": "FRESH",
    "MailboxState.open_page": "ANYONE",  # development only, as the next ones: see below
    "KitState.switch": "ANYONE",
    "KitState.show": "ANYONE",
    "KitState.close": "ANYONE",
    "KitState.rate": "ANYONE",
    "KitState.save": "ANYONE",
} | joined("marks")
"""The mark of each event handler; those of features are in `tests/features/<name>/reviewed.py`. A new line is a
decision about security: look at what the handler does."""


def marked(level: str) -> set[str]:
    """The handlers whose mark begins so: "ANYONE", "PENDING", "LOGGED_IN" or "FRESH"."""
    return {name for name, mark in REVIEWED.items() if mark.split()[0] == level}
