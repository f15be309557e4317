"""The mails of a recovery, and the links in them."""

from datetime import timedelta
from typing import Any

from netim_app.core.facts import Fact
from netim_app.features.passkeys import rules
from netim_app.features.passkeys.tables import PasskeyRecovery
from netim_app.identity import links, notices
from netim_app.infra.unit_of_work import UnitOfWork

BEGIN, STOP, FINISH = "recovery_begin", "recovery_stop", "recovery_finish"
"""The purposes of the mailed links."""
WAIT_HOURS = int(rules.RECOVERY_WAIT.total_seconds() // 3600)
_TWO_DAYS = 48


def mail_link(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the link with which a backup code starts the waiting period."""
    life = rules.RECOVERY_LINK_LIFE
    token = links.new_link(unit, purpose=BEGIN, life=life, account_id=fact.account_id)
    notices.notify(
        unit,
        "recovery_link",
        fact,
        before_login=True,
        expires_at=unit.now + life,
        link=_page(unit, BEGIN, token),
        wait=WAIT_HOURS,
        minutes=int(life.total_seconds() // 60),
    )


def mail_begun(unit: UnitOfWork, fact: Fact, *, opens: str, again: bool = False) -> None:
    """Mails when the waiting period ends. `again`: somebody requested a link meanwhile."""
    life = _life(unit, fact.account_id)
    notices.notify(
        unit,
        "recovery_begun",
        fact,
        before_login=again,
        expires_at=unit.now + life,
        link=_stop_page(unit, fact.account_id),
        opens=opens,
        again=again,
        **_in_words(life),
    )


def mail_open(unit: UnitOfWork, fact: Fact) -> None:
    """Mails the link that opens a session, after the waiting period."""
    life = _life(unit, fact.account_id)
    token = links.new_link(unit, purpose=FINISH, life=life, account_id=fact.account_id)
    notices.notify(
        unit,
        "recovery_open",
        fact,
        expires_at=unit.now + life,
        link=_page(unit, FINISH, token),
        stop_link=_stop_page(unit, fact.account_id),
        **_in_words(life),
    )


def _page(unit: UnitOfWork, purpose: str, token: str) -> str:
    return f"{unit.settings.public_url}/recover-account?for={purpose.removeprefix('recovery_')}#{token}"


def _stop_page(unit: UnitOfWork, account_id: int) -> str:
    """The link of one mail that stops the recovery. The links of earlier mails stay valid."""
    life = _life(unit, account_id)
    return _page(unit, STOP, links.new_link(unit, purpose=STOP, life=life, account_id=account_id, replaces=False))


def _life(unit: UnitOfWork, account_id: int) -> timedelta:
    """How long the recovery can still last, including the time to finish it."""
    return unit.session.get_one(PasskeyRecovery, account_id).opens_at + rules.RECOVERY_OPEN_FOR - unit.now


def _in_words(life: timedelta) -> dict[str, Any]:
    """In full days from two days on, otherwise in hours."""
    hours = max(1, round(life.total_seconds() / 3600))
    return {"days": hours // 24} if hours >= _TWO_DAYS else {"hours": hours}
