"""infra.rate_limit.width: in every limit, a client whose address is unread may be many people."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from netim_app.infra.cost_budget import AT_ONCE_OF_ADDRESS, BURST_SECONDS, CostBudgets, Payer
from netim_app.infra.rate_limit import WIDE_FACTOR, Limiter, network_keys, width
from netim_app.infra.work_queue import Lane, QueueFull, WorkQueue
from netim_app.settings import Settings
from netim_app.web import request_bodies, socket_limits
from netim_app.web.request_bodies import RequestBodies
from netim_app.web.socket_limits import SocketLimits
from tests.kit.fakes import until

ONE, UNREAD = "192.0.2.7", f"unknown-{1:016x}"
WIDTHS = pytest.mark.parametrize(("address", "expected"), [(ONE, 1), (UNREAD, WIDE_FACTOR)])


@pytest.mark.parametrize(
    ("address", "expected"),
    [(ONE, [1]), ("2001:db8:1:2::3", [1, WIDE_FACTOR]), (UNREAD, [WIDE_FACTOR]), ("unknown", [1]), ("evil/48", [1])],
)
def test_a_network_is_as_wide_as_it_may_hold_people(address: str, expected: list[int]) -> None:
    assert [width(key) for key in network_keys(address)] == expected
    assert width(f"ada@example.org {UNREAD}") == 1, "one customer"


@WIDTHS
async def test_sockets(address: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_limits, "MAX_SOCKETS", 2)
    limiter = Limiter.from_settings(Settings(var_dir=tmp_path))
    held = _Held()
    limits = SocketLimits(held, limiter=lambda: limiter)

    assert await held.count(limits, "websocket", [address], 2 * expected + 1) == (2 * expected, 1)


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [([ONE], 1), ([UNREAD], WIDE_FACTOR), ([f"2001:db8:1:{line:x}::1" for line in range(99)], WIDE_FACTOR)],
)
async def test_bodies(addresses: list[str], expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_bodies, "MAX_AT_ONCE", 2)
    held = _Held()
    limits = RequestBodies(held)

    assert await held.count(limits, "http", addresses, 2 * expected + 1) == (2 * expected, 1)
    assert not limits._open, "forgotten"


@WIDTHS
async def test_events(address: str, expected: int) -> None:
    budgets, payer = CostBudgets(clock=lambda: 0.0), Payer("address", address)
    for _ in range(AT_ONCE_OF_ADDRESS * expected):
        await budgets.take_turn(payer)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(budgets.take_turn(payer), 0)

    burst = round(BURST_SECONDS * expected / 0.01)
    waits = [budgets.advance(payer) for _ in range(burst + 2)]
    assert not any(waits[: burst - 1])
    assert waits[-1] > 0


@WIDTHS
def test_places(address: str, expected: int) -> None:
    queue = WorkQueue("test", 1, [Lane(1, 100, 2)])
    with ExitStack() as stack:
        for _ in range(2 * expected):
            stack.enter_context(queue.place(0, address))
        with pytest.raises(QueueFull):
            stack.enter_context(queue.place(0, address))
        stack.enter_context(queue.place(0, "198.51.100.1"))


class _Held:
    """An application behind a limit, whose connections stay open until all have come."""

    def __init__(self) -> None:
        self.opened = 0
        self.refused: list[Any] = []
        self._end = asyncio.Event()

    async def __call__(self, _scope: Any, _receive: Any, _send: Any) -> None:
        self.opened += 1
        await self._end.wait()

    async def count(self, limit: Any, kind: str, addresses: Sequence[str], times: int) -> tuple[int, int]:
        """How many of so many connections are let in, and how many are refused."""

        async def receive() -> Any:
            return {}

        async def send(message: Any) -> None:
            if message["type"] in ("websocket.close", "http.response.start"):
                self.refused.append(message)

        async with asyncio.TaskGroup() as group:
            for number in range(times):
                client = (addresses[number % len(addresses)], 1)
                scope = {"type": kind, "client": client, "headers": [(b"content-length", b"1")]}
                group.create_task(limit(scope, receive, send))
            await until(lambda: self.opened + len(self.refused) == times)
            self._end.set()
        return self.opened, len(self.refused)
