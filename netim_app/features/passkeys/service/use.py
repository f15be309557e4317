"""The uses of a passkey: a login, the second step of one, a fresh proof."""

from netim_app.core.actor import Actor, Visitor
from netim_app.core.errors import RecordedRefusal
from netim_app.features.passkeys.service import answers, only, passkeys, prompts
from netim_app.features.passkeys.tables import Passkey
from netim_app.identity import ceremonies, pending_logins
from netim_app.identity.account_lock import lock_account
from netim_app.infra.unit_of_work import UnitOfWork

ALONE = only.PASSKEY
AFTER_PASSWORD = "passkey_second"  # noqa: S105  a word of the journal


def log_in(unit: UnitOfWork, visitor: Visitor, text: str, return_to: str) -> str:
    """Logs in by passkey alone. Returns the ticket that opens the session.

    Raises:
        RecordedRefusal: the answer does not match the request, the account is blocked, it is frozen and the passkey is
            new, or a login policy refuses.
    """
    passkey = answers.judge_use(unit, visitor, text, "login")
    if passkeys.is_doubted(unit, passkey):
        raise _blocked(unit, visitor, passkey)
    try:
        ticket = ceremonies.accept_login(unit, passkey.account_id, visitor, factor=ALONE, return_to=return_to)
    except ceremonies.AccountBlocked as error:
        raise _blocked(unit, visitor, passkey) from error
    answers.note_use(unit, passkey, visitor)
    return ticket


def _blocked(unit: UnitOfWork, visitor: Visitor, passkey: Passkey) -> RecordedRefusal:
    """Reads like a wrong answer. The owner finds it in the activity."""
    answers.note_refusal(unit, visitor, "login", passkey.account_id, reason="blocked")
    return RecordedRefusal(answers.REFUSED)


def ask_after_password(unit: UnitOfWork, visitor: Visitor) -> str:
    """The prompt of the second step.

    Raises:
        RecordedRefusal: the pending login has ended.
    """
    return prompts.for_account(unit, visitor, "code", ceremonies.waiting_account(unit, visitor))


def finish_login(unit: UnitOfWork, visitor: Visitor, text: str) -> str:
    """The second step of a login. Returns the ticket that opens the session.

    The answer is judged before all else: the owner reads of a right one that the account does not accept any more.

    Raises:
        RecordedRefusal: the answer does not match the request, the pending login has ended, or a login policy refuses.
    """
    account_id = pending_logins.pending_account(unit, visitor)
    if account_id is None:
        account_id = ceremonies.waiting_account(unit, visitor)
    passkey = answers.judge_use(unit, visitor, text, "code", account_id)
    try:
        ticket = ceremonies.finish_login(unit, account_id, visitor, factor=AFTER_PASSWORD)
    except RecordedRefusal:
        answers.note_refusal(unit, visitor, "code", account_id, reason="blocked")
        raise
    answers.note_use(unit, passkey, visitor)
    return ticket


def prove_again(unit: UnitOfWork, actor: Actor, text: str, return_to: str) -> str:
    """A fresh proof. Returns the ticket that renews the session.

    Raises:
        RecordedRefusal: the answer does not match the request.
    """
    lock_account(unit, actor.account_id)
    answers.note_use(unit, answers.judge_use(unit, actor, text, "step_up", actor.account_id), actor)
    return ceremonies.accept_proof(unit, actor, factor=ALONE, return_to=return_to)
