import asyncio
from pathlib import Path
from typing import Any

import pytest

from netim_app.infra.rate_limit import SOCKETS_PER_ADDRESS, Limiter
from netim_app.settings import Settings
from netim_app.web import socket_limits
from netim_app.web.socket_limits import MAX_MESSAGE_BYTES, SocketLimits
from tests.kit.fakes import captured_log

HOME = ("192.0.2.7", 1000)


class Line:
    """One websocket: what its client sends, and what the server answers."""

    def __init__(self, limits: SocketLimits, client: tuple[str, int] = HOME) -> None:
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.answers: list[dict[str, Any]] = []
        self.sent.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(limits({"type": "websocket", "client": client}, self.sent.get, self._send))

    async def _send(self, message: Any) -> None:
        self.answers.append(message)

    def say(self, text: str) -> None:
        self.sent.put_nowait({"type": "websocket.receive", "text": text})

    async def hang_up(self) -> None:
        self.sent.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task


@pytest.fixture
def heard() -> list[Any]:
    """The messages that reached the application."""
    return []


@pytest.fixture
def limits(heard: list[Any], tmp_path: Path) -> SocketLimits:
    async def application(_scope: Any, receive: Any, _send: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            heard.append(message.get("text"))

    limiter = Limiter.from_settings(Settings(var_dir=tmp_path))
    return SocketLimits(application, limiter=lambda: limiter)


async def soon() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_messages_pass_unchanged(limits: SocketLimits, heard: list[Any]) -> None:
    line = Line(limits)
    line.say("x" * MAX_MESSAGE_BYTES)
    await line.hang_up()

    assert heard == [None, "x" * MAX_MESSAGE_BYTES]
    assert line.answers == []


async def test_too_large_a_message_closes_the_socket_and_never_arrives(limits: SocketLimits, heard: list[Any]) -> None:
    line = Line(limits)
    line.say("x" * (MAX_MESSAGE_BYTES + 1))
    await line.task

    assert heard == [None]
    assert line.answers == [{"type": "websocket.close", "code": 1009}]


async def test_a_flood_is_slowed_down(limits: SocketLimits, heard: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_limits, "BURST", 5)
    monkeypatch.setattr(socket_limits, "MESSAGES_PER_SECOND", 0.001)  # none comes back while the test runs
    line, other = Line(limits), Line(limits, ("192.0.2.8", 1))
    await soon()
    for number in range(50):
        line.say(str(number))
    other.say("from elsewhere")
    await soon()

    assert len([text for text in heard if text and text.isdecimal()]) == 5
    assert "from elsewhere" in heard
    line.task.cancel()
    await other.hang_up()


async def test_an_address_may_hold_so_many_sockets_and_others_are_not_touched(
    limits: SocketLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_limits, "MAX_SOCKETS", 3)
    lines = [Line(limits) for _ in range(3)]
    await soon()
    with captured_log("netim_app.web.socket_limits") as log:
        one_more, elsewhere = Line(limits), Line(limits, ("192.0.2.8", 1))
        await one_more.task

    assert one_more.answers == [{"type": "websocket.close", "code": 1013}]
    assert [vars(record)["netim_event"] for record in log] == ["socket.refused"]
    assert elsewhere.answers == []
    await lines.pop().hang_up()
    again = Line(limits)
    await soon()
    assert again.answers == []
    for line in (*lines, again, elsewhere):
        await line.hang_up()
    assert {key: network.sockets for key, network in limits._networks.items()} == {"192.0.2.7": 0, "192.0.2.8": 0}


async def test_v6_blocks_hold_so_many_sockets_and_their_neighbours_are_not_touched(
    limits: SocketLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_limits, "MAX_SOCKETS_WIDE", 3)
    lines = [Line(limits, (f"2001:db8:1:{number}::1", 1)) for number in range(3)]
    await soon()
    with captured_log("netim_app.web.socket_limits") as log:
        one_more, neighbour, other = (
            Line(limits, (address, 1)) for address in ("2001:db8:1:ffff::1", "2001:db8:2::1", HOME[0])
        )
        await one_more.task

    assert one_more.answers == [{"type": "websocket.close", "code": 1013}]
    assert [vars(record)["netim_fields"]["reason"] for record in log] == ["too many of one network"]
    await lines.pop().hang_up()
    again = Line(limits, ("2001:db8:1:ffff::1", 1))
    await soon()
    for line in (*lines, again, neighbour, other):
        assert line.answers == []
        await line.hang_up()
    assert {network.sockets for network in limits._networks.values()} == {0}
    assert limits._open == 0


async def test_v6_blocks_and_all_together_have_an_end(limits: SocketLimits, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_limits, "MAX_SOCKETS_IN_ALL", 3)
    lines = [Line(limits, (f"192.0.2.{number}", 1)) for number in range(3)]
    await soon()
    one_more = Line(limits)
    await one_more.task
    assert one_more.answers == [{"type": "websocket.close", "code": 1013}]
    await lines.pop().hang_up()
    again = Line(limits)
    await soon()
    for line in (*lines, again):
        assert line.answers == []
        await line.hang_up()


async def test_v6_blocks_send_no_more_than_ten_addresses(
    limits: SocketLimits, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_limits, "BURST", 5)
    monkeypatch.setattr(socket_limits, "MESSAGES_PER_SECOND", 0.0001)  # none comes back while the test runs
    lines = [Line(limits, (f"2001:db8:1:{number}::1", 1)) for number in range(20)]
    for line in lines:
        for _ in range(5):
            line.say("x")
    for _ in range(10):
        await soon()
    assert heard.count("x") == 50
    for line in lines:
        line.task.cancel()
    neighbour = Line(limits, ("2001:db8:2::1", 1))
    neighbour.say("from elsewhere")
    await neighbour.hang_up()
    assert "from elsewhere" in heard


async def test_a_large_message_counts_as_several(
    limits: SocketLimits, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_limits, "BURST", 20)
    monkeypatch.setattr(socket_limits, "MESSAGES_PER_SECOND", 0.001)
    line = Line(limits)
    for _ in range(3):
        line.say("x" * MAX_MESSAGE_BYTES)
    await soon()
    assert len(heard) == 2
    line.task.cancel()


async def test_new_sockets_have_a_limit_too(limits: SocketLimits) -> None:
    for _ in range(SOCKETS_PER_ADDRESS.amount):
        await Line(limits).hang_up()
    refused, elsewhere = Line(limits), Line(limits, ("192.0.2.8", 1))
    await refused.task

    assert refused.answers == [{"type": "websocket.close", "code": 1013}]
    await elsewhere.hang_up()
    assert elsewhere.answers == []


async def test_who_hangs_up_and_comes_back_gets_no_new_credit_and_is_forgotten_later(
    limits: SocketLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_limits, "MESSAGES_PER_SECOND", 0.001)
    for _ in range(2):
        line = Line(limits)
        await soon()
        line.say("x")
        await line.hang_up()
    assert limits._networks["192.0.2.7"].spent > 1

    monkeypatch.setattr(socket_limits, "MESSAGES_PER_SECOND", 10**9)
    monkeypatch.setattr(socket_limits, "SWEEP_EVERY_SECONDS", 0)
    await Line(limits, ("192.0.2.8", 1)).hang_up()
    assert limits._networks == {}


async def test_what_is_no_websocket_passes(heard: list[Any], tmp_path: Path) -> None:
    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        heard.append(scope["type"])

    limiter = Limiter.from_settings(Settings(var_dir=tmp_path))
    await SocketLimits(application, limiter=lambda: limiter)({"type": "http"}, None, None)  # type: ignore[arg-type]

    assert heard == ["http"]
