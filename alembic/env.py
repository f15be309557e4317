"""Runs migrations on the connection that `netim_app.schema` hands in, or on the database of the settings."""

from typing import Any

import sqlalchemy as sa
from sqlmodel.sql.sqltypes import AutoString

from alembic import context
from netim_app.infra.columns import UtcDateTime
from netim_app.infra.unit_of_work import configure
from netim_app.schema import load_metadata
from netim_app.settings import get_settings


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Migrations stand on their own: they name plain column types, not ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})"
    return False


def run(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        # A table may take its time to be changed. Nobody is made to wait long for it: the lock has a limit still.
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    context.configure(
        connection=connection,
        target_metadata=load_metadata(),
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_in = context.config.attributes.get("connection")
if handed_in is not None:
    run(handed_in)
else:
    with configure(get_settings()).writing_engine.connect() as connection:
        run(connection)
        connection.commit()
