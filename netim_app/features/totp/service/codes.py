"""Codes at login: which ones are accepted, once each."""

import logging
from collections.abc import Callable
from typing import Any

import pyotp
import sqlalchemy as sa

from netim_app.core.facts import Origin
from netim_app.features.totp import rules
from netim_app.features.totp.service import stored
from netim_app.features.totp.tables import TotpAuthenticator
from netim_app.infra.columns import table_of
from netim_app.infra.log import log_event
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError

logger = logging.getLogger(__name__)
_AUTHENTICATORS = table_of(TotpAuthenticator)
_USE = (
    sa.update(_AUTHENTICATORS)
    .where(_AUTHENTICATORS.c.id == sa.bindparam("authenticator"), _AUTHENTICATORS.c.last_step < sa.bindparam("step"))
    .values(last_step=sa.bindparam("step"), last_used_at=sa.bindparam("now"))
)


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account has an authenticator."""
    return stored.count(unit, account_id) > 0


def consume(unit: UnitOfWork, account_id: int, code: str, _origin: Origin) -> bool:
    """Whether an authenticator of the account shows this code now and it was not used before. If so, consumes it."""
    now = rules.step_at(unit.now)
    for authenticator in stored.authenticators_of(unit, account_id):
        totp = _totp(unit, authenticator)
        if totp is None:
            continue
        step = rules.matching_step(code, codes_of(totp), now=now, reach=rules.TOLERANCE, after=authenticator.last_step)
        if step is not None and _use(unit, authenticator, step):
            return True
    return False


def was_used(unit: UnitOfWork, account_id: int, code: str) -> bool:
    """Whether an authenticator of the account shows this code now. If `consume` refused it, it was used or too old."""
    now = rules.step_at(unit.now)
    authenticators = (_totp(unit, authenticator) for authenticator in stored.authenticators_of(unit, account_id))
    return any(
        totp and rules.matching_step(code, codes_of(totp), now=now, reach=rules.TOLERANCE) is not None
        for totp in authenticators
    )


def valid_code_count(unit: UnitOfWork, account_id: int) -> int:
    """How many codes are valid now: those of the accepted steps of every authenticator."""
    return stored.count(unit, account_id) * (2 * rules.TOLERANCE + 1)


def _use(unit: UnitOfWork, authenticator: sa.Row[Any], step: int) -> bool:
    """Whether this call, and no concurrent one, consumed the step and all steps before it."""
    used = unit.run(_USE, {"authenticator": authenticator.id, "step": step, "now": unit.now})
    return used.rowcount == 1


def _totp(unit: UnitOfWork, authenticator: sa.Row[Any]) -> pyotp.TOTP | None:
    """None for a row that was tampered with: no code of such an authenticator is accepted."""
    try:
        return pyotp.TOTP(unit.vault.open(authenticator.sealed, stored.authenticator_context(authenticator)).decode())
    except VaultError:
        log_event(
            logger,
            "vault.unreadable",
            level=logging.ERROR,
            table="totp_authenticator",
            account_id=authenticator.account_id,
            authenticator_id=authenticator.id,
        )
        return None


def codes_of(totp: pyotp.TOTP) -> Callable[[int], str]:
    """The code of each step."""
    return totp.generate_otp
