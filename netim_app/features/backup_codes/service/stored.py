"""The stored rows and the sealed key of a set."""

import logging
from typing import Any

from sqlmodel import col, delete, select

from netim_app.features.backup_codes.tables import BackupCode, BackupCodeSet
from netim_app.infra.export import export_rows
from netim_app.infra.log import log_event
from netim_app.infra.rewrap import Rewrapped, rewrap_rows
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError

logger = logging.getLogger(__name__)


def key_of(unit: UnitOfWork, account_id: int) -> bytes | None:
    """The key of the set. None without a set, or for one that was tampered with: then no code is accepted."""
    row = unit.session.get(BackupCodeSet, account_id, populate_existing=True)
    if row is None:
        return None
    try:
        return unit.vault.open(row.sealed, _context(account_id))
    except VaultError:
        log_event(logger, "vault.unreadable", level=logging.ERROR, table="backup_code_set", account_id=account_id)
        return None


def seal(unit: UnitOfWork, account_id: int, key: bytes) -> bytes:
    """The key of a set as it is stored."""
    return unit.vault.seal(key, _context(account_id))


def delete_set(unit: UnitOfWork, account_id: int) -> None:
    """Deletes the set and its codes."""
    for table in (BackupCode, BackupCodeSet):
        unit.session.exec(delete(table).where(col(table.account_id) == account_id))
    unit.session.expire_all()


def rewrap(unit: UnitOfWork) -> Rewrapped:
    """Re-seals with the current secret what the previous one sealed."""
    sets = unit.session.exec(select(BackupCodeSet).with_for_update())
    return rewrap_rows(unit, sets, lambda row: _context(row.account_id), "sealed")


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the set and when its codes were used, but not the codes."""
    return {
        "sets": export_rows(unit, BackupCodeSet, account_id, "made_at", "shown_at", "saved_at"),
        "codes": export_rows(unit, BackupCode, account_id, "used_at"),
    }


def _context(account_id: int) -> str:
    return f"backup_code_set:{account_id}"
