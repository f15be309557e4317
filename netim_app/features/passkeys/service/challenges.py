"""Challenges: each is valid for one browser, one purpose, one account and one answer, for five minutes."""

import sqlalchemy as sa
from sqlmodel import col, delete

from netim_app.core.actor import Visitor
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.rules import Purpose
from netim_app.features.passkeys.tables import PasskeyChallenge
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from reflex_guard.tokens import digest, new_token

_CHALLENGES = table_of(PasskeyChallenge)
_challenge = _CHALLENGES.c
_ISSUE = sa.insert(_CHALLENGES)
_CONSUME = sa.delete(_CHALLENGES).where(_challenge.digest == sa.bindparam("consumed")).returning(*_challenge)


def issue(unit: UnitOfWork, visitor: Visitor, purpose: Purpose, account_id: int | None = None) -> bytes:
    """Returns a new challenge for the authenticator."""
    challenge = new_token()
    row = {
        "digest": digest(challenge),
        "purpose": purpose,
        "browser_digest": visitor.browser_digest,
        "account_id": account_id,
        "expires_at": unit.now + rules.CHALLENGE_LIFE,
    }
    unit.run(_ISSUE, row)
    return rules.decode(challenge)


def consume(
    unit: UnitOfWork, challenge: str, visitor: Visitor, purpose: Purpose, account_id: int | None = None
) -> bytes | None:
    """Consumes a challenge in any case. None if this caller did not get it for this purpose."""
    row = unit.run(_CONSUME, {"consumed": digest(challenge)}).first()
    if row is None or row.expires_at <= unit.now or not visitor.browser_digest:
        return None
    meant = (row.purpose, row.browser_digest, row.account_id)
    return rules.decode(challenge) if meant == (purpose, visitor.browser_digest, account_id) else None


def purge(unit: UnitOfWork) -> None:
    """Deletes expired challenges."""
    unit.session.exec(delete(PasskeyChallenge).where(col(PasskeyChallenge.expires_at) <= unit.now))
