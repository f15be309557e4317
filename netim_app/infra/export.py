"""Rows of an account as JSON values: what features contribute to "Download my data"."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

Exported = dict[str, Any]


def export_rows(unit: UnitOfWork, model: type[SQLModel], account_id: int, *names: str) -> list[Exported]:
    """The named columns of the account's rows, in the order of their key. Columns that are not named are left out."""
    table = table_of(model)
    owner = table.c.id if "account_id" not in table.c else table.c.account_id
    wanted = sa.select(*(table.c[name] for name in names)).where(owner == account_id).order_by(*table.primary_key)
    return as_json(unit.run(wanted, {}).all())


def as_json(rows: Sequence[sa.Row[Any]]) -> list[Exported]:
    """Each row as a dict by column name. Timestamps are in UTC, in ISO 8601 format."""
    return [{name: _value(value) for name, value in zip(row._fields, row, strict=True)} for row in rows]


def _value(value: object) -> object:
    return value.astimezone(UTC).isoformat(timespec="seconds") if isinstance(value, datetime) else value
