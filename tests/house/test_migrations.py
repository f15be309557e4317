import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import Units
from netim_app.schema import ALEMBIC_INI, load_metadata, migrate
from tests.conftest import DATABASES, new_postgres_database, settings_for
from tests.house.modules import ROOT


@pytest.fixture(params=DATABASES)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Units]:
    """A database without any table."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    if request.param == "postgresql":
        url = new_postgres_database(request.getfixturevalue("postgres_uri"), "netim_migrations")
    units = Units(make_engine(url), settings_for(url, tmp_path))
    yield units
    units.engine.dispose()


def tables(units: Units) -> set[str]:
    return set(sa.inspect(units.engine).get_table_names())


def scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(Config(ALEMBIC_INI))


def check(units: Units) -> None:
    """`alembic check`: raises where the tables are not what the code says."""
    config = Config(ALEMBIC_INI)
    with units.engine.connect() as connection:
        config.attributes["connection"] = connection
        alembic.command.check(config)


def test_up_is_what_the_code_says_and_down_leaves_nothing(empty: Units) -> None:
    migrate(empty)
    check(empty)
    assert tables(empty) == {*load_metadata().tables, "alembic_version"}

    migrate(empty, "base")
    assert tables(empty) == {"alembic_version"}

    migrate(empty)
    check(empty)


def test_servers_that_start_at_once_take_turns(empty: Units) -> None:
    environment = os.environ | {
        "NETIM_DATABASE_URL": empty.settings.database_url,
        "NETIM_VAR_DIR": str(empty.settings.var_dir),
    }
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "netim_app", "migrate"], cwd=ROOT, env=environment, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    for process in started:
        said = process.communicate(timeout=60)[1]
        assert process.returncode == 0, said.decode()

    check(empty)


def test_a_step_that_fails_takes_back_those_before_it(empty: Units) -> None:
    """All steps are one transaction: else a second server that starts could look between two of them."""

    @sa.event.listens_for(empty.engine, "before_cursor_execute")
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE account_deletion" in statement:
            raise RuntimeError("the last step fails")

    with pytest.raises(RuntimeError, match="the last step fails"):
        migrate(empty)
    assert tables(empty) == set()

    sa.event.remove(empty.engine, "before_cursor_execute", fail)
    migrate(empty)
    check(empty)


def test_each_step_can_be_gone_alone(empty: Units) -> None:
    for script in reversed(list(scripts().walk_revisions())):
        migrate(empty, script.revision)

    check(empty)


def test_going_up_twice_does_nothing(empty: Units) -> None:
    migrate(empty)
    migrate(empty)

    check(empty)


def test_a_drift_is_found(empty: Units) -> None:
    migrate(empty)
    with empty.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE account ADD COLUMN forgotten VARCHAR(5)"))

    with pytest.raises(alembic.command.util.CommandError, match="forgotten"):
        check(empty)


@pytest.mark.parametrize("empty", ["postgresql"], indirect=True)  # SQLite ends no statement that takes long
def test_a_migration_may_take_its_time(empty: Units) -> None:
    limits: set[str] = set()

    @sa.event.listens_for(empty.engine, "before_cursor_execute")
    def look(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if "CREATE TABLE" in statement:
            for name in ("statement_timeout", "lock_timeout"):
                cursor = connection.connection.cursor()
                limits.add(f"{name} {cursor.execute(f'SHOW {name}').fetchone()[0]}")

    migrate(empty)

    assert limits == {"statement_timeout 0", "lock_timeout 10s"}


def test_there_is_one_line_of_migrations() -> None:
    directory = scripts()

    assert len(directory.get_heads()) == 1
    assert len(directory.get_bases()) == 1


def test_every_migration_says_what_it_does_and_carries_its_date() -> None:
    for script in scripts().walk_revisions():
        assert script.doc
        assert script.path[-3:] == ".py"
        name = Path(script.path).name
        date, revision, slug = name.removesuffix(".py").split("_", 2)
        assert date.isdigit()
        assert len(date) == 8
        assert revision == script.revision
        assert slug


def test_every_constraint_of_the_code_has_a_name() -> None:
    for table in load_metadata().tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint!r}"
        for index in table.indexes:
            assert index.name, f"{table.name}: {index!r}"


def test_every_constraint_of_the_database_has_the_name_that_the_code_gives_it(empty: Units) -> None:
    """Or a later migration cannot take it away."""
    migrate(empty)
    inspector = sa.inspect(empty.engine)
    for table in load_metadata().sorted_tables:
        expected = {str(c.name) for c in table.constraints}
        found = {
            str(item["name"])
            for items in (
                inspector.get_foreign_keys(table.name),
                inspector.get_unique_constraints(table.name),
                inspector.get_check_constraints(table.name),
                [inspector.get_pk_constraint(table.name)],
            )
            for item in items
        }
        assert found == expected, table.name


def test_all_rows_of_an_account_are_deleted_with_it() -> None:
    for table in load_metadata().tables.values():
        for key in table.foreign_keys:
            assert key.ondelete == "CASCADE", f"{table.name}.{key.parent.name}"


def test_every_moment_is_aware() -> None:
    from netim_app.infra.columns import UtcDateTime

    for table in load_metadata().tables.values():
        for column in table.columns:
            assert not isinstance(column.type, sa.DateTime) or isinstance(column.type, UtcDateTime), column
