"""Puts a row of an account into every table that belongs to accounts, whatever its columns are."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.schema import load_metadata

MARK = "made up for "
"""How each text begins that is in such a row."""


def tables_of_accounts() -> list[sa.Table]:
    """All of the product, those first that others refer to."""
    return [table for table in load_metadata().sorted_tables if "account_id" in table.c]


def fill(unit: UnitOfWork, account_id: int) -> None:
    """One row each. Rows that are there stay."""
    for table in tables_of_accounts():
        if not count(unit, table, account_id):
            unit.run(sa.insert(table).values(**_row(unit, table, account_id)), {})


def count(unit: UnitOfWork, table: sa.Table, account_id: int) -> int:
    """How many rows of the account the table has."""
    wanted = sa.select(sa.func.count()).where(table.c.account_id == account_id)
    return int(unit.run(wanted, {}).scalar_one())


def _row(unit: UnitOfWork, table: sa.Table, account_id: int) -> dict[str, Any]:
    values = {c.name: _value(unit, c, account_id) for c in table.c if c.name not in ("account_id", "sign_up_id", "id")}
    return values | {"account_id": account_id}


def _value(unit: UnitOfWork, column: sa.Column[Any], account_id: int) -> object:
    if column.foreign_keys:
        parent = next(iter(column.foreign_keys)).column
        return unit.run(sa.select(parent).where(parent.table.c.account_id == account_id).limit(1), {}).scalar_one()
    if column.name == "state":
        return "sent"
    kind = getattr(column.type, "impl_instance", column.type).python_type
    made: dict[type, object] = {
        str: f"{MARK}{account_id} {column.name}"[: getattr(column.type, "length", None)],
        bytes: f"{MARK}{account_id} {column.name}".encode(),
        datetime: unit.now + timedelta(days=1),
        bool: True,
        int: 1,
    }
    return made[kind]
