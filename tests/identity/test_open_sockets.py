"""identity.open_sockets: which budgets pay for the events of a socket, and when the server closes it."""

import asyncio

import pytest
from starlette.types import Message

from netim_app.identity import open_sockets
from netim_app.identity.open_sockets import OpenSockets, PaidSocket
from netim_app.infra.cost_budget import CostBudgets, Payer

VISITOR = (Payer("address", "192.0.2.7"),)
CUSTOMER = (Payer("session", 1), Payer("account", 2))
EVENT = '42/_event,["event",{"name":"a"}]'
FREE = ("40/_event,", "40/_event", "41/_event,", '42/_event,["ping"]', '42/_event,["client_error",{"a":1}]')
DISGUISED = ('40/_event,{"event":{}}', '42/_event,[ "event",{}]', '42/_event,["\\u0065vent",{}]', '42/_event,["pin')


class Paid(CostBudgets):
    """Takes note of who pays, and lets nobody wait."""

    def __init__(self) -> None:
        super().__init__()
        self.by: list[tuple[Payer, ...]] = []

    def advance(self, *payers: Payer) -> float:
        self.by.append(payers)
        return 0


class Line:
    """A socket of a customer, and what comes over it."""

    def __init__(self, address: str = "192.0.2.7") -> None:
        self.paid = Paid()
        self.socket = PaidSocket(self.paid, address, VISITOR, CUSTOMER)
        self._coming: asyncio.Queue[Message] = asyncio.Queue()

    async def send(self, frame: str) -> Message:
        self._coming.put_nowait({"type": "websocket.receive", "text": frame})
        return await self.next()

    async def next(self) -> Message:
        async with asyncio.timeout(5):
            return await self.socket.receive(self._coming.get)


@pytest.mark.parametrize("frame", [EVENT, *DISGUISED])
async def test_costly_events_are_paid_by_session_and_account_until_it_has_ended(frame: str) -> None:
    line = Line()
    assert (await line.send(frame))["text"] == frame
    line.socket.end()
    assert (await line.send(frame))["text"] == frame
    assert line.paid.by == [CUSTOMER, VISITOR]


@pytest.mark.parametrize("frame", FREE)
async def test_costly_events_aside_the_account_pays_for_nothing(frame: str) -> None:
    line = Line()
    await line.send(frame)
    await line.send("3")
    assert line.paid.by == [VISITOR]


async def test_it_is_closed_when_its_session_has_ended_and_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_sockets, "QUIET_SECONDS", 0.05)
    ended, live = Line(), Line()
    nexts = [asyncio.create_task(line.next()) for line in (ended, live)]
    await asyncio.sleep(0)
    ended.socket.end()
    assert (await nexts[0])["type"] == "websocket.disconnect"
    assert not nexts[1].done()
    nexts[1].cancel()


async def test_it_is_closed_in_the_end_while_it_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [asyncio.get_running_loop().time()]
    monkeypatch.setattr(open_sockets, "_now", lambda: now[0])
    line = Line()
    line.socket.end()
    assert (await line.send(EVENT))["type"] == "websocket.receive", "a login that is on its way"
    line.socket.end()
    now[0] += open_sockets.MOST_SECONDS
    assert (await line.send(EVENT))["type"] == "websocket.disconnect"


async def test_others_of_the_account_go_on() -> None:
    sockets, ended, live = OpenSockets(), Line(), Line()
    with sockets.holding("a", ended.socket), sockets.holding("b", live.socket):
        assert sockets.cookies == {"a", "b"}
        sockets.end({"a", "unknown"})
        for line in (ended, live):
            await line.send(EVENT)
    assert (ended.paid.by, live.paid.by) == ([VISITOR], [CUSTOMER])
    assert sockets.cookies == set()


async def test_one_address_that_is_shut_out_pays_itself() -> None:
    sockets, here, elsewhere = OpenSockets(), Line(), Line("192.0.2.8")
    with sockets.holding("a", here.socket), sockets.holding("a", elsewhere.socket):
        sockets.charge_visitors({"a"}, "192.0.2.8")
        for line in (here, elsewhere):
            await line.send(EVENT)
    assert (here.paid.by, elsewhere.paid.by) == ([CUSTOMER], [VISITOR])
