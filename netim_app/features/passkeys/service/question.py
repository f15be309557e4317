"""The question after a login by password: "Next time without a password?". It is shown in one session only."""

import sqlalchemy as sa

from netim_app.core.actor import Actor
from netim_app.features.passkeys.service import stored
from netim_app.features.passkeys.tables import PasskeyQuestion
from netim_app.identity.facts import LoggedIn
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

_QUESTIONS = table_of(PasskeyQuestion)
_question = _QUESTIONS.c
_SESSION = sa.select(_question.session_id).where(_question.account_id == sa.bindparam("account"))
_ANSWER = sa.update(_QUESTIONS).where(_question.account_id == sa.bindparam("account")).values(session_id=0)


def put_after_login(unit: UnitOfWork, fact: LoggedIn) -> None:
    """Shows the question in a session opened by password, if the customer has no passkeys and never saw it before."""
    if not unit.settings.passkey_domain:
        return
    if unit.row(_SESSION, account=fact.account_id) or stored.enrolled(unit, fact.account_id):
        return
    row = {"account_id": fact.account_id, "session_id": fact.session_id}
    unit.run(unit.insert(PasskeyQuestion).values(**row).on_conflict_do_nothing())


def session_of(unit: UnitOfWork, account_id: int) -> int:
    """The session that shows the question; 0 once it is answered."""
    row = unit.row(_SESSION, account=account_id)
    return row.session_id if row and not stored.enrolled(unit, account_id) else 0


def decline(unit: UnitOfWork, actor: Actor) -> None:
    """Removes the question for good."""
    unit.run(_ANSWER, {"account": actor.account_id})
