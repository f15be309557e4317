"""The use of a code."""

import sqlalchemy as sa

from netim_app.core.facts import Origin
from netim_app.features.backup_codes import rules
from netim_app.features.backup_codes.facts import BackupCodeUsed
from netim_app.features.backup_codes.service.stored import key_of
from netim_app.features.backup_codes.tables import BackupCode
from netim_app.identity import notices
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

USED_MAIL = "backup_code_used"
_CODES = table_of(BackupCode)
_code = _CODES.c
_LEFT = sa.select(sa.func.count()).where(_code.account_id == sa.bindparam("account"), _code.used_at.is_(None))
_USE = (
    sa.update(_CODES)
    .where(
        _code.account_id == sa.bindparam("account"), _code.digest == sa.bindparam("consumed"), _code.used_at.is_(None)
    )
    .values(used_at=sa.bindparam("now"))
)


def codes_left(unit: UnitOfWork, account_id: int) -> int:
    """How many codes are left."""
    row = unit.row(_LEFT, account=account_id)
    return 0 if row is None else row[0]


def never_enrolled(_unit: UnitOfWork, _account_id: int) -> bool:
    """Backup codes alone require nothing at login: they replace another factor and are deleted with it."""
    return False


def consume(unit: UnitOfWork, account_id: int, code: str, origin: Origin) -> bool:
    """Whether this is an unused code of the account's set. If so, consumes it and notifies the customer by mail."""
    key = key_of(unit, account_id)
    if key is None:
        return False
    used = unit.run(_USE, {"account": account_id, "consumed": rules.digest_of(code, key), "now": unit.now})
    if used.rowcount != 1:
        return False
    unit.record(BackupCodeUsed(account_id=account_id, at=unit.now, origin=origin, left=codes_left(unit, account_id)))
    return True


def was_used(unit: UnitOfWork, account_id: int, code: str) -> bool:
    """Whether this is an already consumed code of the account's set."""
    key = key_of(unit, account_id)
    row = unit.session.get(BackupCode, (account_id, rules.digest_of(code, key))) if key else None
    return row is not None and row.used_at is not None


def mail_used(unit: UnitOfWork, fact: BackupCodeUsed) -> None:
    """Mails the customer about every consumed code, with the number of codes left."""
    notices.notify(unit, USED_MAIL, fact, left=fact.left)
