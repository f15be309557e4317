"""The database engine: SQLite by default, PostgreSQL through psycopg 3."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url

BUSY_TIMEOUT_MS = 10_000
"""How long to wait for a lock that another connection holds."""
WRITES = "netim_writes"
_POOL_SIZE = 10
_MAX_OVERFLOW = 20
MAX_CONNECTIONS = _POOL_SIZE + _MAX_OVERFLOW
"""Of one engine."""
_POSTGRES_LIMITS = {
    "lock_timeout": BUSY_TIMEOUT_MS,
    "statement_timeout": 15_000,
    "idle_in_transaction_session_timeout": 30_000,
}
"""In milliseconds. A wait for a lock times out before the statement does, so that the error names the cause. An idle
transaction must not keep its locks: ours take milliseconds."""
_POSTGRES_LINE = {
    "connect_timeout": "5",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""libpq's names. A server that vanishes without closing the connection is noticed after a minute, not two hours."""


def make_engine(url: str) -> Engine:
    """An engine for `url`. It creates an SQLite file and its folder now, and never later. Every wait has a timeout.

    For PostgreSQL, timeouts and keepalives in the query of `url` override our values.

    A transaction that will write sets the execution option `WRITES`, so that SQLite takes its lock at the start: two
    writers then queue, instead of one failing half-way.
    """
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        return create_engine(
            _with_timeouts(parsed),
            pool_size=_POOL_SIZE,
            max_overflow=_MAX_OVERFLOW,
            pool_pre_ping=True,
            pool_timeout=10,
            hide_parameters=True,
        )
    if parsed.database and parsed.database != ":memory:":
        file = Path(parsed.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        # A missing file (an unmounted disk) is a fault. An empty file in its place would be worse: SQLite deletes the
        # journal of an empty database, and with it what other connections have committed.
        parsed = parsed.set(database=f"file:{quote(str(file))}", query={**parsed.query, "uri": "true", "mode": "rw"})
    engine = create_engine(
        parsed,
        pool_size=_POOL_SIZE,
        max_overflow=_MAX_OVERFLOW,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _with_timeouts(url: URL) -> URL:
    options = [f"-c {name}={value}" for name, value in _POSTGRES_LIMITS.items()]
    given = url.query.get("options", ())
    options += [given] if isinstance(given, str) else given
    return url.set(query={**_POSTGRES_LINE, **url.query, "options": " ".join(options)})


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # not the driver but _begin_sqlite starts transactions
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
