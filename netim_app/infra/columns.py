"""Common to all tables: a naming convention for constraints, and timestamps that are always aware and in UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Table, TypeDecorator
from sqlalchemy import types as sa_types
from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for statements that are built once and return plain rows (`UnitOfWork.run`)."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel gives it to models with `table=True`
    return table


class UtcDateTime(TypeDecorator[datetime]):
    """An aware timestamp. SQLite stores no time zone, so every database writes and reads it as UTC."""

    impl = sa_types.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone was about to be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
