"""The rows of passkeys, and the handle of each account."""

import secrets
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, delete, select

from netim_app.features.passkeys import rules
from netim_app.features.passkeys.tables import Passkey, PasskeyHandle, PasskeyQuestion, PasskeyRecovery, PasskeysOnly
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork

_PASSKEYS, _HANDLES = table_of(Passkey), table_of(PasskeyHandle)
_passkey, _handle = _PASSKEYS.c, _HANDLES.c
_COUNT = sa.select(sa.func.count()).where(_passkey.account_id == sa.bindparam("account"))
_HANDLE = sa.select(_handle.handle).where(_handle.account_id == sa.bindparam("account"))
_IS_HANDLE = sa.select(_handle.account_id).where(_handle.handle == sa.bindparam("handle"))
_OWNER = sa.select(_passkey.account_id).where(_passkey.credential_id == sa.bindparam("credential"))


def count(unit: UnitOfWork, account_id: int) -> int:
    """How many passkeys the account has."""
    row = unit.row(_COUNT, account=account_id)
    return row[0] if row else 0


def enrolled(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the account has a passkey."""
    return count(unit, account_id) > 0


def owner_of(unit: UnitOfWork, credential_id: bytes) -> int:
    """The owner of a passkey; 0 for none."""
    row = unit.run(_OWNER, {"credential": credential_id}).first()
    return row.account_id if row else 0


def passkeys_of(unit: UnitOfWork, account_id: int) -> Sequence[Passkey]:
    """The account's passkeys, oldest first."""
    return unit.session.exec(select(Passkey).where(Passkey.account_id == account_id).order_by(col(Passkey.id))).all()


def find(unit: UnitOfWork, account_id: int, credential_id: bytes) -> Passkey | None:
    """The account's passkey with this id, read again. The account is locked."""
    wanted = select(Passkey).where(Passkey.credential_id == credential_id, Passkey.account_id == account_id)
    return unit.session.exec(wanted, execution_options={"populate_existing": True}).first()


def handle_of(unit: UnitOfWork, account_id: int) -> bytes | None:
    """The account's handle for authenticators; None if it has none."""
    row = unit.row(_HANDLE, account=account_id)
    return None if row is None else bytes(row.handle)


def is_handle(unit: UnitOfWork, handle: bytes) -> bool:
    """Whether an account has this handle."""
    return unit.run(_IS_HANDLE, {"handle": handle}).first() is not None


def make_handle(unit: UnitOfWork, account_id: int) -> bytes:
    """The account's handle, created if there is none. The account is locked."""
    if (handle := handle_of(unit, account_id)) is None:
        handle = secrets.token_bytes(rules.HANDLE_BYTES)
        unit.run(sa.insert(_HANDLES), {"account_id": account_id, "handle": handle})
    return handle


def store(unit: UnitOfWork, passkey: Passkey) -> bool:
    """Adds a passkey. False if any account has one with its id, even if both are added concurrently."""
    values = passkey.model_dump(exclude={"id"})
    statement = unit.insert(Passkey).values(**values).on_conflict_do_nothing(index_elements=["credential_id"])
    return unit.run(statement.returning(_passkey.id)).first() is not None


def remove(unit: UnitOfWork, passkey_id: int | None) -> None:
    """Deletes one."""
    unit.session.exec(delete(Passkey).where(col(Passkey.id) == passkey_id))
    unit.session.expire_all()


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data": the name and the use of each passkey, but not its key."""
    columns = ("name", "provider", "can_sync", "backed_up", "added_at", "last_used_at", "address", "browser", "system")
    return {
        "passkeys": export_rows(unit, Passkey, account_id, *columns),
        "only": export_rows(unit, PasskeysOnly, account_id, "since"),
        "question": export_rows(unit, PasskeyQuestion, account_id, "session_id"),
        "recovery": export_rows(unit, PasskeyRecovery, account_id, "opens_at", "address", "browser", "system"),
    }
