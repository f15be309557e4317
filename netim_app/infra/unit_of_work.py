"""One use case is one transaction: its facts and queued mails commit or roll back together with the change."""

import asyncio
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, CursorResult, Engine, Executable, Row, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from netim_app.core.clock import Clock, shifted_clock, system_clock
from netim_app.core.errors import RecordedRefusal
from netim_app.core.facts import Fact
from netim_app.infra import handlers
from netim_app.infra.db import BUSY_TIMEOUT_MS, MAX_CONNECTIONS, WRITES, make_engine
from netim_app.infra.vault import Vault
from netim_app.settings import Settings

Inserts = Callable[[Any], sqlite.Insert | postgresql.Insert]
P = ParamSpec("P")
R = TypeVar("R")


class UnitOfWork:
    """The transaction that a service works in. A service never commits: the opener of the unit does.

    Attributes:
        session: the open transaction.
        now: one aware timestamp in UTC for the whole unit.
        settings, vault: as configured.
        after_commit: callbacks that run after the commit, and never after a rollback, such as log lines.
        queued_mail: whether the mail sender has something to do after the commit.
        locked: the accounts that nobody else can change until this unit ends.
    """

    def __init__(
        self, session: Session, now: datetime, settings: Settings, vault: Vault, *, only_reads: bool = False
    ) -> None:
        self._rows_read: dict[object, Sequence[Row[Any]]] | None = {} if only_reads else None
        self._connection: Connection | None = None
        self.session = session
        self.now = now
        self.settings = settings
        self.vault = vault
        self.after_commit: list[Callable[[], None]] = []
        self.queued_mail = False
        self.locked: set[int] = set()

    @property
    def insert(self) -> Inserts:
        """The `insert` of this database's dialect, which supports ON CONFLICT. Both dialects have the same methods."""
        return sqlite.insert if self.session.get_bind().dialect.name == "sqlite" else postgresql.insert

    def run(
        self, statement: Executable, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Runs a statement that was built once, at module level, and returns plain rows.

        Use it for events: building a statement each time and reading models takes ten times as long. Pending changes
        of models are flushed first.

        Args:
            statement: uses tables (`infra.columns.table_of`), with a `bindparam` for each value.
            values: values by parameter name; for a sequence, the statement runs for each element.
        """
        self.session.flush()
        self._connection = self._connection or self.session.connection()
        return self._connection.execute(statement, values)

    def rows(self, statement: Executable, **values: Hashable) -> Sequence[Row[Any]]:
        """The rows that a statement returns. See `run`. A reading unit runs it only once for the same values."""
        if self._rows_read is None:
            return self.run(statement, values).all()
        key = (statement, *values.items())
        if key not in self._rows_read:
            self._rows_read[key] = self.run(statement, values).all()
        return self._rows_read[key]

    def row(self, statement: Executable, **values: Hashable) -> Row[Any] | None:
        """The first of these rows; None without one."""
        return next(iter(self.rows(statement, **values)), None)

    def record(self, fact: Fact) -> None:
        """Calls all subscriptions to this kind of fact, in this transaction."""
        for subscription in handlers.subscriptions():
            if isinstance(fact, subscription.fact):
                subscription.handle(self, fact)


class _ReadingSession(Session):
    """A session that keeps every row it has read. Its base class drops a row once nothing references it."""


@event.listens_for(_ReadingSession, "loaded_as_persistent")
def _keep(session: Session, row: object) -> None:
    session.info.setdefault("rows", []).append(row)


class Units:
    """Opens units of work on one database."""

    def __init__(self, engine: Engine, settings: Settings, clock: Clock = system_clock) -> None:
        self.engine = engine
        self.settings = settings
        self.clock = clock
        self.vault = Vault(settings.secret_key.get_secret_value(), settings.secret_key_old.get_secret_value())
        self.writing_engine = engine.execution_options(**{WRITES: True})
        self._writer = Lock()
        self.after_write: Callable[[], None] = lambda: None
        """Called after each commit that queued a mail: it wakes the mail sender."""

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A unit that commits at the end. An exception rolls it back, except `RecordedRefusal`, which commits."""
        refusal: RecordedRefusal | None = None
        with self._turn(), Session(self.writing_engine, expire_on_commit=False) as session:
            unit = UnitOfWork(session, self.clock(), self.settings, self.vault)
            try:
                yield unit
            except RecordedRefusal as error:
                refusal = error
            session.commit()
        for call in unit.after_commit:
            call()
        if unit.queued_mail:
            self.after_write()
        if refusal is not None:
            raise refusal

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Lets the writers of this process take turns on SQLite. They wait no longer than SQLite would let them.

        Writers that wait inside SQLite poll at intervals of up to 100 ms; here the next one starts at once.
        """
        taken = self.engine.dialect.name == "sqlite" and self._writer.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
        try:
            yield
        finally:
            if taken:
                self._writer.release()

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """A unit that changes nothing. It keeps the rows that it has read, so reading a row again needs no query."""
        with _ReadingSession(self.engine, expire_on_commit=False) as session:
            yield UnitOfWork(session, self.clock(), self.settings, self.vault, only_reads=True)


_units: Units | None = None


def configure(settings: Settings) -> Units:
    """Opens the database of `settings` for this process."""
    global _units
    clock = shifted_clock(settings.clock_file) if settings.clock_file else system_clock
    _units = Units(make_engine(settings.database_url), settings, clock)
    return _units


def units() -> Units:
    """The units of this process.

    Raises:
        RuntimeError: `configure` was not called.
    """
    if _units is None:
        raise RuntimeError("infra.unit_of_work.configure was not called")
    return _units


@lru_cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=MAX_CONNECTIONS, thread_name_prefix="unit")


async def in_unit_thread(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs a call that uses the database in a thread, with the caller's context variables.

    It has a thread pool of its own, with one thread per possible connection: when a slow name server or disk blocks
    the default threads of the event loop, no customer has to wait.
    """
    context = copy_context()
    return await asyncio.get_running_loop().run_in_executor(_threads(), lambda: context.run(call, *args, **kwargs))


async def in_unit(service: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs a service in a thread, in one transaction of its own, and returns its plain result."""

    def call() -> R:
        with units().write() as unit:
            return service(unit, *args, **kwargs)

    return await in_unit_thread(call)


async def in_read_unit(service: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Like `in_unit`, for a service that only reads."""

    def call() -> R:
        with units().read() as unit:
            return service(unit, *args, **kwargs)

    return await in_unit_thread(call)
