"""infra.db: no wait for the database is endless."""

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

from netim_app.infra import db
from netim_app.infra.db import BUSY_TIMEOUT_MS, make_engine

Make = Callable[[str], Engine]


@pytest.fixture
def engine(migrated_postgres: tuple[str, Engine]) -> Iterator[Make]:
    """Makes engines on the PostgreSQL of the tests, with options in the url as an operator would give them."""
    made: list[Engine] = []

    def make(options: str = "") -> Engine:
        url = make_url(migrated_postgres[0])
        made.append(
            make_engine((url.update_query_dict({"options": options}) if options else url).render_as_string(False))
        )
        return made[-1]

    yield make
    for each in made:
        each.dispose()


def shown(engine: Engine, name: str) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def test_a_file_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    """SQLite would delete the journal beside an empty database, with what others have committed."""
    file = tmp_path / "a name with #signs.db"
    ours, theirs = make_engine(f"sqlite:///{file}"), make_engine(f"sqlite:///{file}")
    with ours.begin() as connection:
        connection.execute(text("CREATE TABLE kept (id INTEGER)"))
    moved = file.rename(tmp_path / "away")
    with pytest.raises(OperationalError, match="unable to open"), theirs.connect():
        pass
    assert not file.exists()
    moved.rename(file)
    with theirs.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 0
    ours.dispose()
    theirs.dispose()


def test_every_postgresql_connection_has_limits(engine: Make) -> None:
    ours = engine("")
    assert shown(ours, "lock_timeout") == "10s" == f"{BUSY_TIMEOUT_MS // 1000}s", "as long as SQLite waits"
    assert shown(ours, "statement_timeout") == "15s"
    assert shown(ours, "idle_in_transaction_session_timeout") == "30s"


def test_a_line_that_went_dead_is_noticed(engine: Make) -> None:
    with engine("").connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        line = driver.info.get_parameters()
    assert {name: line[name] for name in db._POSTGRES_LINE} == db._POSTGRES_LINE


def test_what_the_url_says_counts_more_and_leaves_the_rest(engine: Make) -> None:
    theirs = engine("-c statement_timeout=40s -c search_path=pg_catalog")
    assert shown(theirs, "statement_timeout") == "40s"
    assert shown(theirs, "search_path") == "pg_catalog"
    assert shown(theirs, "lock_timeout") == "10s"


def test_a_lock_that_somebody_else_holds_ends_in_an_error(engine: Make) -> None:
    holding, waiting = engine(""), engine("-c lock_timeout=300")
    statement = text("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
    with holding.connect() as holder:
        holder.execute(statement)
        started = time.monotonic()
        with waiting.connect() as other, pytest.raises(OperationalError, match="lock timeout"):
            other.execute(statement)
        assert 0.25 < time.monotonic() - started < 5
    with waiting.connect() as other:
        other.execute(statement)


def test_a_statement_that_takes_too_long_is_ended(engine: Make) -> None:
    with (
        engine("-c statement_timeout=1000").connect() as connection,
        pytest.raises(OperationalError, match="statement"),
    ):
        connection.execute(text("SELECT pg_sleep(20)"))


def test_a_transaction_that_nobody_goes_on_with_is_ended_and_its_connection_replaced(engine: Make) -> None:
    ours = engine("-c idle_in_transaction_session_timeout=1000")
    with ours.connect() as connection:
        connection.execute(text("SELECT 1"))
        time.sleep(2)
        with pytest.raises(DBAPIError, match="idle-in-transaction"):
            connection.execute(text("SELECT 1"))
    assert shown(ours, "lock_timeout") == "10s"


def test_a_server_that_takes_the_call_and_keeps_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        engine = make_engine(f"postgresql://nobody@127.0.0.1:{port}/none?connect_timeout=2")
        started = time.monotonic()
        with pytest.raises(OperationalError, match="timeout"):
            engine.connect()
        assert time.monotonic() - started < 10
        engine.dispose()
