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

from netim_app.identity.email_address import email_key
from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import Units
from netim_app.schema import ALEMBIC_INI, load_metadata, migrate
from tests.conftest import DATABASES, new_postgres_database, settings_for
from tests.house.modules import ROOT
from tests.kit.fakes import captured_log


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


BEFORE_ONE_FORM, ONE_FORM = "b46d27f0c9e1", "9d27c4b1e6f0"


def insert(connection: sa.Connection, table: str, **values: Any) -> None:
    """A row in which all else is empty, on that day's schema."""
    for column in sa.inspect(connection).get_columns(table):
        if not column["nullable"] and column["name"] not in values:
            day = isinstance(column["type"], sa.DateTime)
            text = isinstance(column["type"], sa.String)
            values[column["name"]] = "2026-01-01 00:00:00+00" if day else "" if text else 0
    names = ", ".join(values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES (:{', :'.join(values)})"), values)  # noqa: S608


def keys_of(units: Units, table: str) -> dict[int, str]:
    with units.engine.connect() as connection:
        return {row.id: row.email_key for row in connection.execute(sa.text(f"SELECT id, email_key FROM {table}"))}  # noqa: S608


def test_addresses_get_one_form_and_no_account_is_lost(empty: Units) -> None:
    """See the migration: of two accounts with one mailbox the one in the new form already, or the older, has it."""
    emails = {
        1: "Anna@bücher-laden.fr",
        2: "bob@example.org",
        3: "Ｂob@example.org",  # 2 is in the new form already
        4: "ｃｙ@example.org",
        5: "ｃy@example.org",  # 4 is older
        6: "JOSÉ@example.org",
        7: "ıan@example.org",
    }
    before = {number: email.lower() for number, email in emails.items()}
    migrate(empty, BEFORE_ONE_FORM)
    with empty.engine.begin() as connection:
        for number, email in emails.items():
            insert(connection, "account", id=number, email=email, email_key=before[number])
            insert(connection, "sign_up", id=number, email=email, email_key=before[number])

    with captured_log("netim_app.migrations") as records:
        migrate(empty, ONE_FORM)

    after = {**before, 1: "anna@xn--bcher-laden-thb.fr", 4: "cy@example.org"}
    assert keys_of(empty, "account") == after
    assert keys_of(empty, "sign_up") == {number: email_key(email) for number, email in emails.items()}
    assert [number for number, key in after.items() if key != email_key(emails[number])] == [3, 5]
    assert [record.getMessage() for record in records] == [
        "accounts 2 and 3 have one mailbox: the address logs in to 2",
        "accounts 4 and 5 have one mailbox: the address logs in to 4",
    ]
    assert not any("example" in record.getMessage() for record in records), "no log names an address"

    with empty.engine.connect() as connection:
        config = Config(ALEMBIC_INI)
        config.attributes["connection"] = connection
        alembic.command.downgrade(config, BEFORE_ONE_FORM)
        connection.commit()
    assert keys_of(empty, "account") == keys_of(empty, "sign_up") == before


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


def test_whatever_belongs_to_an_account_dies_with_it() -> None:
    for table in load_metadata().tables.values():
        for key in table.foreign_keys:
            assert key.ondelete == "CASCADE", f"{table.name}.{key.parent.name}"


def test_every_moment_is_aware() -> None:
    from netim_app.infra.columns import UtcDateTime

    for table in load_metadata().tables.values():
        for column in table.columns:
            assert not isinstance(column.type, sa.DateTime) or isinstance(column.type, UtcDateTime), column
