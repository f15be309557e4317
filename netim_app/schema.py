"""Finds every table of the product, and migrates a database to the newest schema."""

from importlib import import_module
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from sqlalchemy import MetaData, inspect, text
from sqlmodel import SQLModel

from netim_app.core.installation import ROOT
from netim_app.infra.unit_of_work import Units

__all__ = ["RevisionError", "load_metadata", "migrate", "missing_migrations", "missing_tables"]
_ONE_AT_A_TIME = 7_305_146_211
"""The number of the advisory lock in PostgreSQL: any number that nothing else uses."""
_PACKAGE = Path(__file__).parent
ALEMBIC_INI = ROOT / "alembic" / "alembic.ini"


def load_metadata() -> MetaData:
    """Imports each `tables.py` below this package and returns what they declare."""
    for path in sorted(_PACKAGE.rglob("tables.py")):
        import_module(".".join((_PACKAGE.name, *path.relative_to(_PACKAGE).with_suffix("").parts)))
    return SQLModel.metadata


def migrate(units: Units, revision: str = "head") -> None:
    """Upgrades the database to a revision; "base" removes everything.

    Servers that start at the same time take turns: the second finds nothing left to do.
    """
    config = Config(ALEMBIC_INI)
    # One transaction, begun before Alembic reads the current version. On SQLite, Alembic would otherwise read it first,
    # and then lock the file again for each step.
    with units.writing_engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # SQLite locks the whole file
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
        config.attributes["connection"] = connection
        (alembic.command.downgrade if revision == "base" else alembic.command.upgrade)(config, revision)


def missing_migrations(units: Units) -> int:
    """How many steps the database is behind the newest schema.

    Raises:
        RevisionError: a version that this one does not know has migrated it.
    """
    scripts = ScriptDirectory.from_config(Config(ALEMBIC_INI))
    with units.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_heads()
    return len(list(scripts.iterate_revisions("heads", present or "base")))


def missing_tables(units: Units) -> list[str]:
    """The names of missing tables: their migration is not written, or has not run."""
    return sorted(set(load_metadata().tables) - set(inspect(units.engine).get_table_names()))
