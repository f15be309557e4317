"""A real server in a process of its own, and a client that speaks to it as a browser would, only without manners."""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import httpx
import socketio
from pydantic import SecretStr
from redis import Redis, RedisError
from reflex.utils import format as reflex_format
from sqlalchemy import text
from sqlmodel import SQLModel

from netim_app import build as front_end
from netim_app.core.clock import shifted_clock
from netim_app.features.login_alerts.tables import LoginAlert
from netim_app.features.passkeys.tables import PasskeyQuestion
from netim_app.identity import account_creation, accounts, passwords
from netim_app.infra.db import make_engine
from netim_app.infra.unit_of_work import Units
from netim_app.registry import install_features
from netim_app.schema import load_metadata
from netim_app.settings import DEVELOPMENT_SECRET, Settings
from tests.kit.kept_secrets import DATABASE, LOG, MAILS, STORE, Secrets, links_in, text_of
from tools.find_program import REDIS, find

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "/_event"
PASSWORD = "quiet meadow lantern 42"
START_SECONDS = 90
ANSWER_SECONDS = 100
"""Only a test that hangs waits so long: a busy machine answers sooner."""
_addresses = itertools.count(256)


def fresh_address() -> str:
    """A loopback address that no client has used: one more machine, as far as limits per address can tell."""
    number = next(_addresses)
    return f"127.1.{number // 250}.{number % 250 + 1}"


_ports = itertools.count(20_000 + os.getpid() * 53 % 10_000)


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.bind(("127.0.0.1", port))
        return True
    return False


def free_port() -> int:
    """A TCP port on loopback that nobody listens on.

    The system gives none of these to a socket that asks for any port, so it stays free until a server takes it.
    """
    return next(filter(_is_free, _ports))


@cache
def public_trust() -> ssl.SSLContext:
    """The certificates that every client accepts. To read them takes 20 ms, also for a client that needs none."""
    return httpx.create_ssl_context()


@dataclass
class Server:
    """A running `netim serve`, with its own folder for database, mails, clock and log."""

    folder: Path
    port: int = field(default_factory=free_port)
    env: dict[str, str] = field(default_factory=dict)
    public_url: str = ""
    entrance: str = ""
    """Where customers come in, if not at its own port: the address of a proxy."""
    trust: ssl.SSLContext | None = None
    """Whose certificates they accept there."""
    checkout: Path = ROOT
    """Where the product's code is."""
    process: subprocess.Popen[bytes] | None = None
    secrets: Secrets = field(default_factory=Secrets)

    @property
    def address(self) -> str:
        """Where it really listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        """Where its pages are opened, as far as they know."""
        return self.public_url or "http://localhost:3000"

    @property
    def mail_dir(self) -> Path:
        return self.folder / "mail"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("NETIM_", "REFLEX_"))}
        wanted = {
            **kept,
            "NETIM_PORT": str(self.port),
            "NETIM_PUBLIC_URL": self.origin,
            "NETIM_VAR_DIR": str(self.folder),
            "NETIM_BCRYPT_COST": "4",
            "NETIM_CLOCK_FILE": str(self.folder / "clock"),
            **self.env,
        }
        return {name: value for name, value in wanted.items() if value}

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "netim_app", "serve"],
                cwd=self.checkout,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.process

    def start(self) -> "Server":
        """Starts it and waits until it answers."""
        process = self.launch()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise RuntimeError(f"the server stopped at once:\n{self.log[-3000:]}")
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.address}/ping", timeout=2, verify=public_trust()).status_code == 200:
                    return self
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"the server did not answer in time:\n{self.log[-3000:]}")

    def stop(self, sign: int = signal.SIGTERM) -> None:
        """Ends it: politely, or with SIGKILL as a power cut would."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, sign)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(15)
        self.process = None

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.stop(signal.SIGKILL)

    def close(self) -> None:
        """Returns what this process holds of the server's database.

        Raises:
            AssertionError: the server has kept a secret that a client used or saw. It fails the test, or the last one
                of those that shared the server.
        """
        try:
            found = self.kept_secrets()
        finally:
            if "units" in self.__dict__:
                self.units.engine.dispose()
                del self.units
        assert not found, "\n".join(found)

    def kept_secrets(self) -> list[str]:
        """A line for each secret that is in the log, in the database, in Redis or in a mail."""
        if not (self.folder / "log").exists():
            return []
        for key in (DEVELOPMENT_SECRET, self.env.get("NETIM_SECRET_KEY", "")):
            self.secrets.note("server key", key)
        mails = text_of(self.mails())
        for link in links_in(mails):
            self.secrets.note("link", link)
        if self.env.get("NETIM_DATABASE_URL"):
            stored = str(self.dump())
        else:
            stored = "".join(path.read_bytes().decode(errors="replace") for path in self.folder.glob("netim.db*"))
        kept = {LOG: self.log, DATABASE: stored, STORE: self._store(), MAILS: mails}
        return [line for place, text in kept.items() for line in self.secrets.found_in(place, text)]

    def _store(self) -> str:
        """Everything in Redis. If it has stopped, nothing is left, because it saves nothing."""
        url = self.env.get("NETIM_REDIS_URL")
        if not url:
            return ""
        found = b""
        with contextlib.suppress(RedisError), Redis.from_url(url) as redis:
            for key in redis.scan_iter():
                if redis.type(key) == b"string":
                    found += key + b" " + (redis.get(key) or b"") + b" "
        return found.decode(errors="replace")

    def move_clock(self, seconds: float) -> None:
        """Sets the server's clock to this many seconds from now."""
        written = self.folder / "clock.new"
        written.write_text(str(seconds))
        written.replace(self.folder / "clock")  # the server never reads half of it

    def netim(self, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs the `netim` command on this server's database."""
        return subprocess.run(
            [sys.executable, "-m", "netim_app", *args],
            cwd=ROOT,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @cached_property
    def units(self) -> Units:
        """The server's database and clock, for looking and for setting the scene from this process."""
        settings = Settings(
            database_url=self.env.get("NETIM_DATABASE_URL", ""),
            var_dir=self.folder,
            public_url=self.origin,
            secret_key=SecretStr(self.env.get("NETIM_SECRET_KEY", DEVELOPMENT_SECRET)),
            bcrypt_cost=int(self.environment()["NETIM_BCRYPT_COST"]),
        )
        return Units(make_engine(settings.database_url), settings, shifted_clock(self.folder / "clock"))

    def query(self, sql: str, **params: Any) -> list[Any]:
        """The rows that a statement finds in the database (one value each where it asks for one)."""
        with self.units.engine.connect() as connection:
            rows = connection.execute(text(sql), params).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    def dump(self, *without: str) -> dict[str, list[str]]:
        """All rows of all tables but those named, as text.

        Left out is what the server deletes by itself meanwhile: spent tickets, and challenges of passkeys.
        """
        load_metadata()
        left_out = {*without, "passkey_challenge"}
        tables = [table for name, table in SQLModel.metadata.tables.items() if name not in left_out]
        queries = {
            table.name: table.select().where(table.c.used_at.is_(None)) if table.name == "ticket" else table.select()
            for table in tables
        }
        with self.units.engine.connect() as connection:
            return {
                name: sorted(str(tuple(row)) for row in connection.execute(query)) for name, query in queries.items()
            }

    def create_account(
        self,
        email: str,
        password: str = PASSWORD,
        language: str = "en",
        first_name: str = "Anna",
        last_name: str = "Martin",
        *,
        asked_for_passkey: bool = True,
    ) -> str:
        """A customer with this address. Written to the database at once: the command takes two seconds to start.

        Unless told otherwise they have declined a passkey before, so that no panel asks for one.
        """
        install_features()
        self.secrets.note_typed({"email": email, "password": password})
        customer = account_creation.NewCustomer(
            email=email,
            first_name=first_name,
            last_name=last_name,
            password=password,
            language=language,
            time_zone=accounts.DEFAULT_TIME_ZONE,
        )
        with self.units.write() as unit:
            hashed = passwords.hash_password(password, unit.settings.bcrypt_cost)
            account = account_creation.create_account(unit, customer, hashed)
            # off, so that the first press of the switch is one that switches on
            unit.session.add(LoginAlert(account_id=account.id, setting="off", since=unit.now))
            if asked_for_passkey:
                unit.session.add(PasskeyQuestion(account_id=account.id, session_id=0))
        return email

    @property
    def alive(self) -> bool:
        """Whether the process that was started still runs."""
        return self.process is not None and self.process.poll() is None

    def mails(self, to: str = "") -> list[EmailMessage]:
        """All mails sent so far, oldest first, to one address or to all."""
        if not self.mail_dir.exists():
            return []
        parsed = [message_from_bytes(p.read_bytes(), policy=default) for p in sorted(self.mail_dir.glob("*.eml"))]
        return [m for m in parsed if not to or to.lower() in {a.addr_spec.lower() for a in m["to"].addresses}]

    def wait_for_mail(self, to: str, count: int = 1, subject: str = "") -> EmailMessage:
        """The `count`-th mail to this address whose subject has these words, as soon as it is there."""
        deadline = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < deadline:
            found = [m for m in self.mails(to) if subject in str(m["subject"])]
            if len(found) >= count:
                return found[count - 1]
            time.sleep(0.05)
        raise AssertionError(f"no mail {count} to {to} ({subject!r}); there are {[m['subject'] for m in self.mails()]}")


def link_in(mail: EmailMessage) -> str:
    """The secret link in a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"https?://\S+#[\w-]{43}", body.get_content())
    assert found, body.get_content()
    return found[0]


@contextlib.contextmanager
def running(folder: Path, **options: Any) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(folder, **options)
    try:
        yield server.start()
    finally:
        server.stop()
        server.close()


def redis_program() -> str:
    """The program of a Redis server."""
    path = find(REDIS)
    assert path, "no redis-server: run `make test`, which finds or fetches one"
    return path


@contextlib.contextmanager
def redis_server(folder: Path, password: str = "") -> Iterator[tuple[Redis, str]]:
    """A Redis that listens on loopback for the length of a block: a client to look into it, and its address."""
    port = free_port()
    process = subprocess.Popen(
        [
            redis_program(), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder),
            "--save", "", "--requirepass", password,
        ],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    client = Redis(port=port, password=password or None)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(client):
            assert process.poll() is None, "Redis stopped at once"
            assert time.monotonic() < deadline, "Redis did not answer in time"
            time.sleep(0.02)
        yield client, f"redis://:{quote(password)}@127.0.0.1:{port}/0" if password else f"redis://127.0.0.1:{port}/0"
    finally:
        client.close()
        process.terminate()
        process.wait(15)


def _answers(redis: Redis) -> bool:
    with contextlib.suppress(RedisError):
        return bool(redis.ping())
    return False


@contextlib.contextmanager
def production_server(
    folder: Path, url: str = "https://account.netim.example", port: int = 0, **env: str
) -> Iterator[Server]:
    """A server in production settings, for raw HTTP and the socket.

    It serves a copy of the pages that are built already: a build of its own would take half a minute, and would throw
    away the one that all other tests share.
    """
    web = folder / "web"
    shutil.copytree(front_end.web_dir() / "build", web / "build")
    (web / "netim-build").write_text(front_end.fingerprint(Settings(env="production")))
    settings = {
        "NETIM_ENV": "production",
        "NETIM_SECRET_KEY": "a secret of the tests that nobody else has",
        "NETIM_MAIL_DIR": str(folder / "mail"),
        "NETIM_MAIL_FROM": "Netim Direct <security@example.com>",
        "NETIM_BCRYPT_COST": "12",
        "NETIM_CLOCK_FILE": "",
        "REFLEX_WEB_WORKDIR": str(web),
    }
    with running(folder, port=port or free_port(), public_url=url, env=settings | env) as started:
        yield started


class Client:
    """One browser tab without a browser: cookies over HTTP, one socket, and every answer remembered.

    Attributes:
        vars: all state variables received so far, as {"StateClass.var": value}.
        local_address: the loopback address that it comes from, a new one unless told otherwise.
        events: the events that the server asked the browser to run, such as redirects.
        heard: everything that came over the socket, for tests that search it for forbidden data.
    """

    def __init__(
        self,
        server: Server,
        *,
        local_address: str | None = None,
        headers: dict[str, str] | None = None,
        cookies: dict[str, str] | None = None,
    ) -> None:
        self.server = server
        self.token = str(uuid.uuid4())
        self.path = "/login"
        self.vars: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.heard: list[Any] = []
        self.headers = {"Origin": server.origin, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        self.headers |= headers or {}
        self._arrived = asyncio.Event()
        self._settled = 0
        self._has_data = False
        self.local_address = local_address or fresh_address()
        self.http = httpx.AsyncClient(
            base_url=server.entrance or server.address,
            transport=httpx.AsyncHTTPTransport(local_address=self.local_address, verify=server.trust or public_trust()),
            headers=self.headers,
            timeout=ANSWER_SECONDS,
            event_hooks={"response": [self._note_cookies]},
        )
        server.secrets.note("tab", self.token)
        for name, value in (cookies or {}).items():
            server.secrets.note("cookie", value)
            self.http.cookies.set(name, value, domain="127.0.0.1")
        self._sio: socketio.AsyncClient | None = None
        self._sockets: list[socket.socket] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()
        await self.http.aclose()

    async def load(self, path: str = "/login") -> httpx.Response:
        """Loads a document, so that the browser has its browser cookie, and opens the socket there."""
        response = await self.http.get(path)
        await self.connect(path)
        return response

    async def connect(
        self,
        path: str = "/login",
        headers: dict[str, str | None] | None = None,
        boot: dict[str, Any] | None = None,
        patience: float = ANSWER_SECONDS,
    ) -> None:
        """Opens the socket (anew) with the present cookies.

        Args:
            path: the page that it is opened from.
            headers: others for the handshake; None leaves one out.
            boot: an event that rides in the CONNECT packet, as `packet` makes it.
            patience: seconds to wait for an answer. A packet that is dropped has none.

        Raises:
            socketio.exceptions.ConnectionError: the server refused the handshake.
        """
        await self.disconnect()
        self.path, self._has_data = path, False
        connector = aiohttp.TCPConnector(
            local_addr=(self.local_address, 0), ssl=self.server.trust or True, socket_factory=self._make_socket
        )
        self._session = aiohttp.ClientSession(connector=connector)
        self._sio = socketio.AsyncClient(reconnection=False, http_session=self._session, json=json)
        self._sio.on("event", self._hear, namespace=NAMESPACE)
        cookie = "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)
        sent = self.headers | ({"Cookie": cookie} if cookie else {}) | (headers or {})
        try:
            await self._sio.connect(
                f"{self.server.entrance or self.server.address}/?token={self.token}",
                headers={name: value for name, value in sent.items() if value is not None},
                auth={"event": boot} if boot else None,
                socketio_path=NAMESPACE,
                namespaces=[NAMESPACE],
                transports=["websocket"],
                wait_timeout=patience,  # the library's second is too short on a busy machine
            )
        except BaseException:
            await self.disconnect()
            raise

    async def closed(self) -> None:
        """Waits until the server has closed the socket."""
        assert self._sio is not None, "call load or connect first"
        async with asyncio.timeout(ANSWER_SECONDS):
            await self._sio.wait()

    async def disconnect(self) -> None:
        if self._sio is not None:
            await self._sio.disconnect()
            await self._session.close()
            self._sio = None
        # aiohttp does not wait until TLS has said goodbye: a loop that ends before that would leak the socket.
        async with asyncio.timeout(ANSWER_SECONDS):
            while any(each.fileno() != -1 for each in self._sockets):  # noqa: ASYNC110  a socket tells nobody
                await asyncio.sleep(0.01)
        self._sockets.clear()

    def _make_socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        made = socket.socket(*address[:3])
        self._sockets.append(made)
        return made

    async def _note_cookies(self, response: httpx.Response) -> None:
        self.server.secrets.note_cookies(response.headers.get_list("set-cookie"))

    def _hear(self, update: Any) -> None:
        self.heard.append(update)
        for state, delta in (update.get("delta") or {}).items():
            name = reflex_format.to_camel_case(state.rpartition("____")[2])
            for var, value in delta.items():
                self.vars[f"{name[0].upper()}{name[1:]}.{var.removesuffix('_rx_state_')}"] = value
                self.server.secrets.note_shown(var.removesuffix("_rx_state_"), value)
        self.events += update.get("events") or []
        self._arrived.set()

    async def send(self, handler: str, router: dict[str, Any] | None = None, /, **payload: Any) -> None:
        """Sends an event: `handler` is "StateClass.method" or a full name as it goes over the wire."""
        await self.emit("event", self.packet(handler, payload, router))

    async def emit(self, name: str, data: Any) -> None:
        """Sends anything at all over the socket."""
        assert self._sio is not None, "call load or connect first"
        await self._sio.emit(name, data, namespace=NAMESPACE)

    def packet(self, handler: str, payload: dict[str, Any], router: dict[str, Any] | None = None) -> dict[str, Any]:
        """An event as it goes over the wire."""
        self.server.secrets.note_typed(payload)
        return {
            "name": event_name(handler),
            "payload": payload,
            "router_data": {"pathname": self.path, "asPath": self.path, "query": {}} | (router or {}),
        }

    async def settle(self) -> dict[str, Any]:
        """Waits until everything sent so far was handled; returns all variables, as a hydrating page gets them."""
        self._settled += 1
        sign = f"{'&' if '?' in self.path else '?'}settled={self._settled}"
        heard = len(self.heard)
        await self.send("State.hydrate", {"asPath": self.path + sign})
        await self.until(lambda: any(sign in str(update) for update in self.heard[heard:]), "hydration")
        self._has_data = True
        return self.vars

    async def call(self, handler: str, /, **payload: Any) -> dict[str, Any]:
        """Sends an event and waits until it was handled. As each page does, the client first asks for its data."""
        if not self._has_data:
            await self.settle()
        await self.send(handler, **payload)
        return await self.settle()

    async def call_forgotten(self, path: str, handler: str, /, **payload: Any) -> dict[str, Any]:
        """The same from a page that is displayed, and whose states the server has lost: it handles the event again."""
        self.token = str(uuid.uuid4())
        self.server.secrets.note("tab", self.token)
        await self.connect(path)
        await self.send(handler, **payload)
        await self.settle()  # by then it waits to be handled again
        return await self.settle()

    async def until(self, condition: Callable[[], bool], what: str = "") -> None:
        """Waits for something to arrive."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while not condition():
                self._arrived.clear()
                await self._arrived.wait()

    async def log_in(self, email: str, password: str = PASSWORD, *, remember: bool = False) -> httpx.Response:
        """The whole way: page, form, ticket, cookie, and a new socket on the page behind it."""
        await self.load("/login")
        ticket = await self.ticket(
            "LoginState.submit", form={"email": email, "password": password} | ({"remember": "on"} if remember else {})
        )
        response = await self.redeem(ticket)
        await self.connect(response.headers["location"])
        await self.call("ShellState.open_account_page")
        return response

    async def ticket(self, handler: str, /, **payload: Any) -> str:
        """Sends an event whose answer is a ticket, and returns the ticket (empty when there was none)."""
        marker = len(self.heard)
        await self.call(handler, **payload)
        found = re.findall(r"'ticket_rx_state_': '([\w-]+)'", str(self.heard[marker:]))
        return str(found[0]) if found else ""

    async def redeem(self, ticket: str) -> httpx.Response:
        """Posts a ticket as the hidden form does."""
        return await self.http.post("/auth/session", data={"ticket": ticket}, headers={"Sec-Fetch-Site": "same-origin"})

    async def keep_pending(self) -> httpx.Response:
        """Posts the last secret of a login that owes its code, as the page does by itself."""
        secret = re.findall(r"'pending_rx_state_': '([\w-]{43})'", str(self.heard))[-1]
        return await self.http.post("/auth/pending", data={"secret": secret}, headers={"Sec-Fetch-Site": "same-origin"})

    async def log_out(self) -> httpx.Response:
        """Posts what the entry "Log out" posts."""
        return await self.http.post("/auth/logout", headers={"Sec-Fetch-Site": "same-origin"})

    @property
    def session_cookie(self) -> str:
        """The value of the session cookie, or empty."""
        return next((str(c.value) for c in self.http.cookies.jar if c.name.endswith("netim_session")), "")

    def redirects(self) -> list[str]:
        """Where the server has sent the page, in order."""
        return [e["payload"]["path"] for e in self.events if e["name"] == "_redirect"]

    async def sent_to(self, part: str) -> str:
        """Where the server sends the page, as soon as it sends it to an address with this part."""
        await self.until(lambda: part in "".join(self.redirects()[-1:]), f"being sent to {part}")
        return self.redirects()[-1]


def event_name(handler: str) -> str:
    """The name on the wire of "StateClass.method"."""
    if "___" in handler:
        return handler
    state, _, method = handler.partition(".")
    return f"{STATES[state]}.{method}"


def is_served(state: type) -> bool:
    """Whether a state is the product's or Reflex's, and not one that some test has made up in this process.

    Reflex puts a state that is defined in a function into `reflex.istate.dynamic`. Those of `reflex_guard` are mixins:
    by themselves they are registered only where a test has derived from them.
    """
    return state.__module__.startswith(("netim_app.", "reflex.")) and state.__module__ != "reflex.istate.dynamic"


class _States(dict[str, str]):
    """Full names of all states by their class names, read from the product once."""

    def __missing__(self, _key: str) -> str:
        from reflex_base.registry import RegistrationContext

        from netim_app import netim_app  # noqa: F401  registers every state

        for full_name, cls in RegistrationContext.get().base_states.items():
            self[cls.__name__] = full_name
        return super().__getitem__(_key)


STATES = _States()


@contextlib.asynccontextmanager
async def customer(server: Server, email: str, **options: Any) -> AsyncIterator[Client]:
    """A logged-in customer with an account of their own."""
    server.create_account(email)
    async with Client(server, **options) as client:
        await client.log_in(email)
        yield client
