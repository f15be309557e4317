"""Open pages without a browser: raw sockets that answer as soon as the server does. The same for both apps."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import aiohttp
import pyotp
import socketio

from netim_app.features.ip_restriction.state.card import IpRestrictionState, IpTestState
from netim_app.features.ip_restriction.state.dialogs import IpDialogState
from netim_app.features.login_alerts.state.card import LoginAlertsState
from netim_app.features.passkeys.state.entry import PasskeyLoginState
from netim_app.identity.state.login import LoginState
from netim_app.identity.state.ticket_exchange import TicketExchangeState
from tests.benchmarks.servers import ORIGIN, RELYING_PARTY, Customer
from tests.kit.harness import NAMESPACE, Server

ROOT_STATE = "reflex___state____state"
SWITCH_STATE = LoginAlertsState.get_full_name()
LOGIN_STATE = LoginState.get_full_name()
PASSKEY_STATE = PasskeyLoginState.get_full_name()
TICKET_STATE = TicketExchangeState.get_full_name()
RULES_STATE = IpRestrictionState.get_full_name()
RULE_DIALOG_STATE = IpDialogState.get_full_name()
IP_TEST_STATE = IpTestState.get_full_name()
COUNTER_STATE = f"{ROOT_STATE}.counter___counter____counter"
ANSWER_SECONDS = 60
OPEN_AT_ONCE = 10
PRESS_AGAIN_SECONDS = 1
PRESSES = 60

Delta = dict[str, dict[str, Any]]


def loopback(number: int) -> str:
    """An own address for each customer: the limits count by address."""
    return f"127.{number // 50_000}.{1 + number // 250 % 200}.{2 + number % 250}"


class Tab:
    """One open page with its socket."""

    def __init__(self, server: Server, path: str, number: int, customer: Customer | None = None) -> None:
        self.server = server
        self.path = path
        self.customer = customer
        self._address = loopback(number)
        self._socket: socketio.AsyncClient | None = None
        self._session: aiohttp.ClientSession | None = None
        self._wanted: Callable[[Delta], Any] = bool
        self._answer: asyncio.Future[Any] | None = None

    async def open(self) -> None:
        """Connects and hydrates, as the page does in a browser."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(self._address, 0)))
        self._socket = socketio.AsyncClient(reconnection=False, http_session=self._session)
        self._socket.on("event", self._hear, namespace=NAMESPACE)
        await self._socket.connect(
            f"{self.server.address}/?token={uuid.uuid4()}",
            headers=self._headers(),
            socketio_path=NAMESPACE,
            namespaces=[NAMESPACE],
            transports=["websocket"],
            wait_timeout=ANSWER_SECONDS,
        )
        await self.ask(f"{ROOT_STATE}.hydrate_and_load", lambda delta: _var(delta, ROOT_STATE, "is_hydrated"))

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.disconnect()
        if self._session is not None:
            await self._session.close()

    async def ask(self, event: str, wanted: Callable[[Delta], Any], **payload: Any) -> Any:
        """Sends an event and waits for the first delta that `wanted` finds something in; returns what."""
        assert self._socket is not None
        self._wanted = wanted
        self._answer = asyncio.get_running_loop().create_future()
        router = {"pathname": self.path, "asPath": self.path, "query": {}}
        await self._socket.emit(
            "event", {"name": event, "payload": payload, "router_data": router}, namespace=NAMESPACE
        )
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answer

    async def redeem(self, ticket: str) -> int:
        """Posts a ticket as the hidden form does; returns the status of the answer."""
        assert self._session is not None
        async with self._session.post(
            f"{self.server.address}/auth/session",
            data={"ticket": ticket},
            headers=self._headers() | {"Sec-Fetch-Site": "same-origin"},
            allow_redirects=False,
        ) as response:
            return response.status if "netim_session" in response.headers.get("set-cookie", "") else 0

    def _headers(self) -> dict[str, str]:
        headers = {"Origin": ORIGIN, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"}
        cookies = self.customer.cookies if self.customer else {}
        return headers | ({"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())} if cookies else {})

    def _hear(self, update: dict[str, Any]) -> None:
        if self._answer is not None and not self._answer.done():
            found = self._wanted(update.get("delta") or {})
            if found:
                self._answer.set_result(found)


def _var(delta: Delta, state: str, name: str) -> Any:
    return delta.get(state, {}).get(f"{name}_rx_state_")


async def switch(tab: Tab, number: int) -> None:
    """One event of the product: the switch of the login alerts, on or off by turns."""
    on = number % 2 == 0
    await tab.ask(f"{SWITCH_STATE}.switch", lambda delta: _var(delta, SWITCH_STATE, "on") is on, on=on)


async def count(tab: Tab, number: int) -> None:
    """One event of the counter."""
    await tab.ask(f"{COUNTER_STATE}.increment", lambda delta: _var(delta, COUNTER_STATE, "count") == number + 1)


async def submit(tab: Tab, password: str) -> str:
    """Fills in the login form, and presses again while the server is busy; returns the ticket."""
    assert tab.customer is not None
    form = {"email": tab.customer.email, "password": password}
    found: Any = None
    for _ in range(PRESSES):
        found = await tab.ask(f"{LOGIN_STATE}.submit", _ticket_or_errors, form=form)
        if isinstance(found, str):
            return found
        await asyncio.sleep(PRESS_AGAIN_SECONDS)
    raise RuntimeError(f"a login was refused: {found}")


def _ticket_or_errors(delta: Delta) -> Any:
    return _var(delta, TICKET_STATE, "ticket") or _var(delta, LOGIN_STATE, "errors")


async def submit_code(tab: Tab) -> str:
    """Fills in the form for the code, too; returns the ticket."""
    assert tab.customer is not None
    form = {"code": pyotp.TOTP(tab.customer.secret).now()}
    return str(
        await tab.ask(f"{LOGIN_STATE}.submit_code", lambda delta: _var(delta, TICKET_STATE, "ticket"), form=form)
    )


async def give_password(tab: Tab, password: str) -> None:
    """Fills in the login form of an account that is asked for a code next."""
    assert tab.customer is not None
    form = {"email": tab.customer.email, "password": password}
    await tab.ask(f"{LOGIN_STATE}.submit", lambda delta: _var(delta, LOGIN_STATE, "needs_code"), form=form)


class PasskeyLogin:
    """A login with a passkey, step by step."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._answer = self._ticket = ""

    async def ask(self) -> None:
        """Asks for a prompt. The passkey signs it on the customer's side."""
        assert self._tab.customer is not None
        assert self._tab.customer.passkey is not None
        options = await self._tab.ask(f"{PASSKEY_STATE}.begin", lambda delta: _var(delta, PASSKEY_STATE, "options"))
        lies = {"relying_party": RELYING_PARTY, "client_data": {"origin": ORIGIN}}
        self._answer = self._tab.customer.passkey.use(options, **lies)

    async def answer(self) -> None:
        """Sends the answer, and gets a ticket."""
        self._ticket = await self._tab.ask(
            f"{PASSKEY_STATE}.finish",
            lambda delta: _var(delta, TICKET_STATE, "ticket") or _var(delta, PASSKEY_STATE, "errors"),
            form={"answer": self._answer},
        )

    async def redeem(self) -> None:
        """Posts the ticket, and gets the cookie."""
        if await self._tab.redeem(self._ticket) != 303:
            raise RuntimeError(f"a login with a passkey was refused: {self._ticket}")


async def add_rule(tab: Tab, number: int) -> None:
    """Puts an address on the list of IP restriction, which is shown anew then."""
    form = {"address": f"172.16.0.{number}", "note": ""}
    await tab.ask(
        f"{RULE_DIALOG_STATE}.add",
        lambda delta: form["address"] in str(_var(delta, RULES_STATE, "rules")),
        form=form,
    )


async def try_address(tab: Tab, number: int) -> None:
    """Asks whether an address is on the list."""
    form = {"address": f"203.0.113.{number}"}
    await tab.ask(
        f"{IP_TEST_STATE}.submit",
        lambda delta: _var(delta, IP_TEST_STATE, "address") == form["address"],
        form=form,
    )


async def open_all(tabs: Sequence[Tab]) -> Sequence[Tab]:
    """Opens pages, a few at a time."""
    for start in range(0, len(tabs), OPEN_AT_ONCE):
        await asyncio.gather(*(tab.open() for tab in tabs[start : start + OPEN_AT_ONCE]))
    return tabs


@contextlib.asynccontextmanager
async def opened(tabs: Sequence[Tab]) -> AsyncIterator[Sequence[Tab]]:
    """Opens pages, and closes them at the end of the block."""
    try:
        yield await open_all(tabs)
    finally:
        await asyncio.gather(*(tab.close() for tab in tabs), return_exceptions=True)


async def timed(work: Awaitable[object]) -> float:
    """How many seconds something takes."""
    start = time.perf_counter()
    await work
    return time.perf_counter() - start
