"""web.session_sockets: sockets open one after the other, so that a crowd does not delay others' events."""

import asyncio
from datetime import UTC, datetime

import pytest
from starlette.types import Message, Receive, Scope, Send

from netim_app.core.actor import Actor
from netim_app.identity.open_sockets import OpenSockets
from netim_app.infra.cost_budget import CostBudgets
from netim_app.web import session_sockets
from netim_app.web.session_sockets import SessionSockets


class Site:
    """The application behind the middleware. Its sockets stay open."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.sockets = SessionSockets(self, CostBudgets(), OpenSockets())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.opened.append(scope["path"])
        if scope["type"] == "websocket":
            await asyncio.Event().wait()

    def begin(self, path: str, kind: str = "websocket") -> "asyncio.Task[None]":
        scope = {"type": kind, "path": path, "headers": [], "client": ("192.0.2.1", 1)}
        return asyncio.create_task(self.sockets(scope, _connect, _ignore))


async def _connect() -> Message:
    return {"type": "websocket.connect"}


async def _ignore(message: Message) -> None:
    pass


async def _customer(_self: SessionSockets, scope: Scope) -> Actor | None:
    if scope["path"] != "/customer":
        return None
    return Actor(account_id=1, session_id=1, fresh_until=datetime.now(UTC), revision=0)


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_crowd_of_sockets_opens_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_sockets, "SOCKET_SECONDS", 60)
    site = Site()
    sockets = [site.begin("/first"), site.begin("/second"), site.begin("/third")]
    await soon()
    assert site.opened == ["/first"]
    await site.begin("/page", "http")
    assert site.opened == ["/first", "/page"], "only sockets wait"
    sockets[0].cancel()
    await soon()
    assert site.opened == ["/first", "/page", "/second"]
    for socket in sockets:
        socket.cancel()


@pytest.mark.parametrize("end", ["its time is over", "the wait is too long"])
async def test_a_socket_waits_for_those_before_it_for_a_moment_only(monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(session_sockets, "SOCKET_SECONDS", 0 if end == "its time is over" else 60)
    monkeypatch.setattr(session_sockets, "MAX_SOCKET_WAIT", 60 if end == "its time is over" else 0)
    site = Site()
    sockets = [site.begin("/first"), site.begin("/second")]
    await soon()
    assert site.opened == ["/first", "/second"]
    for socket in sockets:
        socket.cancel()


async def test_a_customer_does_not_wait_for_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_sockets, "SOCKET_SECONDS", 60)
    monkeypatch.setattr(SessionSockets, "_actor", _customer)
    site = Site()
    sockets = [site.begin(path) for path in ("/first", "/second", "/customer")]
    await soon()
    assert site.opened == ["/first", "/customer"]
    for socket in sockets:
        socket.cancel()


async def test_a_socket_that_waits_counts_as_open_until_it_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_sockets, "SOCKET_SECONDS", 60)
    monkeypatch.setattr(session_sockets, "MAX_SOCKETS_OF_STRANGERS", 2)
    site = Site()
    first, waiting = site.begin("/first"), site.begin("/second")
    await soon()
    refused = site.begin("/third")
    await soon()
    assert refused.done()
    waiting.cancel()
    await soon()
    admitted = site.begin("/fourth")
    first.cancel()
    await soon()
    assert site.opened == ["/first", "/fourth"]
    admitted.cancel()
