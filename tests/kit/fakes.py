"""Stand-ins for the outside world: a clock that moves when told, transports, and a real SMTP server in this process."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from netim_app.infra.mail_message import Message, RenderedMail, build
from netim_app.infra.mail_transport import DeliveryFailed

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLAIN_MAIL = RenderedMail("Grüße", "Straße\n", "<p>Straße</p>\n")


def opened(message: Message) -> EmailMessage:
    """As the recipient's mail program reads it."""
    return message_from_bytes(message.content, policy=default)


def message_to(to: str = "jane@example.com") -> Message:
    """`PLAIN_MAIL` as a message."""
    return build(PLAIN_MAIL, to=to, sender="Netim Direct <security@netim.example>", message_id="abc", at=START)


class FakeClock:
    """Stands still until `advance` is called."""

    def __init__(self, start: datetime = START) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """By days, hours, minutes, seconds: the arguments of `timedelta`."""
        self.now += timedelta(**by)


class FakeTransport:
    """Keeps what it is given. `failures` are raised, one per call, before anything is taken."""

    def __init__(self, *failures: Exception) -> None:
        self.sent: list[EmailMessage] = []
        self.failures = list(failures)
        self.calls = 0

    async def send(self, message: Message) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(opened(message))

    async def finish(self) -> None:
        """Holds nothing open."""


class GatedTransport(FakeTransport):
    """Holds every message at a gate: `reached` says that one has arrived, `open` lets all pass."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def send(self, message: Message) -> None:
        self.reached.set()
        await self.open.wait()
        await super().send(message)


class BrokenTransport:
    """Never takes anything."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure or DeliveryFailed("broken")
        self.calls = 0

    async def send(self, message: Message) -> None:
        self.calls += 1
        raise self.failure

    async def finish(self) -> None:
        """Holds nothing open."""


@dataclass
class SmtpServer:
    """A server in this process: the mails it saw, and its behaviour.

    behaviour: `up`, `refuse` (550 to RCPT), `greylist` (451 to RCPT), `reject` (554 to DATA), `hang` (never answers
    DATA), `close` (drops the connection at DATA), `busy` (421 to MAIL), `no utf8` (553 to MAIL with SMTPUTF8: it
    is the next server that lacks it), `no utf8 header` (554 to DATA).
    """

    behaviour: str = "up"
    port: int = 0
    connections: int = 0
    session: asyncio.Transport | None = None
    """Of the last mail that was taken."""
    received: list[EmailMessage] = field(default_factory=list)
    envelopes: list[Envelope] = field(default_factory=list)
    over_tls: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def hang_up(self) -> None:
        """Ends the connection that brought the last mail."""
        assert self.session is not None
        self.session.close()

    # aiosmtpd finds these by name.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        if self.behaviour == "busy":
            return "421 4.3.2 too busy"
        if self.behaviour == "no utf8" and "SMTPUTF8" in options:
            return "553 5.6.7 non-ASCII addresses not permitted"
        envelope.mail_from = sender
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        if self.behaviour == "refuse":
            return f"550 5.1.1 <{recipient}>: no such user"
        if self.behaviour == "greylist":
            return "451 4.7.1 come back later"
        envelope.rcpt_tos.append(recipient)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        transport: Any = server.transport
        if self.behaviour == "reject":
            return "554 5.7.1 we do not like this"
        if self.behaviour == "no utf8 header":
            return "554 5.6.9 UTF-8 header message cannot be transferred"
        if self.behaviour == "hang":
            await asyncio.sleep(3600)
        if self.behaviour == "close":
            transport.close()
            return "250 never read"
        content: Any = envelope.content
        message: Any = message_from_bytes(content, policy=default)
        self.session = transport
        self.received.append(message)
        self.envelopes.append(envelope)
        self.over_tls.append(transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"p@ss:word", handled=False)


@asynccontextmanager
async def smtp_server(
    behaviour: str = "up",
    *,
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    auth: bool = False,
    auth_without_tls: bool = False,
    utf8: bool = True,
) -> AsyncIterator[SmtpServer]:
    """A real SMTP server on a free port of 127.0.0.1, in the running event loop. `utf8`: it has SMTPUTF8."""
    seen = SmtpServer(behaviour)

    def protocol() -> SMTP:
        seen.connections += 1
        return SMTP(
            seen,
            enable_SMTPUTF8=utf8,
            hostname="mail.test",
            tls_context=starttls,
            auth_required=auth,
            auth_require_tls=not auth_without_tls,
            authenticator=seen.authenticate if auth else None,
        )

    async with smtp_listener(protocol, tls=tls) as seen.port:
        yield seen


@asynccontextmanager
async def smtp_listener(
    protocol: Callable[[], SMTP], port: int = 0, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Listens on 127.0.0.1 for the length of a block, on a free port by default. Gives the port."""
    connections: list[SMTP] = []

    def accept() -> SMTP:
        connections.append(protocol())
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(accept, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.close()
            if connection._handler_coroutine is not None:
                connection._handler_coroutine.cancel()
        await server.wait_closed()
        await asyncio.sleep(0.05)


@contextmanager
def captured_log(name: str = "") -> Iterator[list[logging.LogRecord]]:
    """The records of one logger (all by default), of every level."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    logger, handler = logging.getLogger(name or None), Keep()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def events(records: list[logging.LogRecord]) -> list[str]:
    """The names of the events in a log."""
    return [record.netim_event for record in records if hasattr(record, "netim_event")]


async def until(condition: Callable[[], bool], seconds: float = 100.0) -> None:
    """Waits for something that another task or thread is about to do.

    Raises:
        TimeoutError: it did not come true.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  a row, a log line, a thread: what it waits for has no event
            await asyncio.sleep(0.005)
