"""socket_packets: what our pages send passes as it is, and nothing else does."""

import asyncio
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reflex.istate.data import URLData

from reflex_guard.socket_packets import MAX_FRAME, SocketPackets, is_event, is_greeting, is_message
from tests.kit.fakes import captured_log

NAMES = {"state.submit", "x"}
EVENT = {"name": "state.submit", "payload": {"form": {"a": "b"}}, "router_data": {"pathname": "/login", "query": {}}}
CONNECT = "40/_event," + json.dumps({"event": EVENT, "state_schema": "x"})
SENT = "42/_event," + json.dumps(["event", EVENT])
REPORT = '42/_event,["client_error",{"message":"x"}]'
ACCEPTED = '40/_event,{"sid":"x"}'
NOT_EVENTS: list[Any] = [
    None, 1, "x", [], {}, {"name": None}, {"name": 5}, {"payload": {}}, {"name": "x", "payload": None},
    {"name": "x", "payload": []}, {"name": "x", "router_data": None}, {"name": "x", "router_data": {"pathname": 5}},
    {"name": "x", "router_data": {"asPath": {}}}, {"name": "x", "router_data": {"query": "q"}},
    {"name": "x", "router_data": {"pathname": "\ud800"}}, {"name": "x", "router_data": {"query": {"\udfff": "1"}}},
    {"name": ""}, {"name": "no.such"}, {"name": "x.x"}, {"name": "X"}, {"name": "__class__"}, {"name": ["x"]},
    {"name": "x", "router_data": {"query": {"a": 1}}}, {"name": "x", "router_data": {"query": {"a": {"b": []}}}},
    {"name": "x", "router_data": {"other": "x" * 9_000}}, {"name": "x", "router_data": {"headers": [["x"] * 9] * 900}},
]  # fmt: skip
POISONED_PATHS = [
    "[", "]", "//[", "//[x]/", "/\t/[", "\x00//[", " //[", "//a\u2100b", "@evil.test", ":x", "login", "\\", "\n",
    "https://evil.test/", "//[::1%25x", "/" + "x" * 2_000, "/\ud800",
]  # fmt: skip
"""Values that Reflex cannot read as the address of a page, after our origin or after none, or that are none."""
PATHS = [
    "", "/", "/login", "/login#[", "/login?x=[", "/[", "/]", "/a]b[", "/%5B", "/login?next=//[", "/?a=%ff&a=%00&&=",
    "/account/x?open=totp#card", "/verify-email#" + "A" * 43, "/caf\u00e9/\u2100", "/@x:y", "/a//b", "/?self=1&cls=2",
]  # fmt: skip
DEEP = "[" * 51 + "]" * 51
NOT_OURS = [
    "", "0", "2", "2probe", "33", "4", "5", "6", "40", "40/other,", "42", "42/_event", "42/_event,", "42/_event,{}",
    "42/_event,[]", '42/_event,["event"]', '42/_event,17["event",{"name":"x"}]', '42["event",{"name":"x"}]',
    '42/_event,["event",{"name":"x"},1]', '42/_event,["other",{}]', '42/_event,["client_error",1]', "43/_event,1[]",
    '451-/_event,["event",{"_placeholder":true,"num":0}]', "459999999-/_event,[]", "42/_event,[" + "[" * 100_000,
    "42/_event,[" + "9" * 10_000 + "]", "41/_event,x", "bAAAA", " 3",
    '42/_event,["event",{"name":"no.such"}]', f'42/_event,["event",{{"name":"x","payload":{{"a":{DEEP}}}}}]',
    f'42/_event,["client_error",{{"message":{DEEP}}}]', '42/_event,["event",{"name":"x","router_data":{"asPath":"["}}]',
]  # fmt: skip


@pytest.fixture
def log() -> Iterator[list[logging.LogRecord]]:
    with captured_log("reflex_guard.log") as records:
        yield records


async def through(*frames: str | bytes, accepted: bool = True) -> list[str]:
    """The frames of these that reach the application, which answers a CONNECT as soon as it comes."""
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    queue.put_nowait({"type": "websocket.connect"})
    for frame in frames:
        kind = "bytes" if isinstance(frame, bytes) else "text"
        queue.put_nowait({"type": "websocket.receive", kind: frame})
    queue.put_nowait({"type": "websocket.disconnect", "code": 1000})
    heard: list[str] = []

    async def application(_scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] != "websocket.disconnect":
            if message["type"] == "websocket.receive":
                heard.append(message["text"])
                if accepted and message["text"].startswith("40"):
                    await send({"type": "websocket.send", "text": ACCEPTED})

    async def send(_message: Any) -> None:
        pass

    await SocketPackets(application, NAMES)(SCOPE, queue.get, send)
    return heard


SCOPE = {"type": "websocket", "client": ("192.0.2.7", 1), "query_string": b"EIO=4&token=a-tab", "headers": []}


async def handshake(query: bytes, *headers: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]] | None:
    """Which headers of a handshake reach the application; None if none does."""
    passed = None
    answers: list[Any] = []

    async def application(scope: Any, _receive: Any, _send: Any) -> None:
        nonlocal passed
        passed = scope["headers"]

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        answers.append(message)

    await SocketPackets(application, NAMES)(SCOPE | {"query_string": query, "headers": [*headers]}, receive, send)
    assert answers == ([] if passed is not None else [{"type": "websocket.close", "code": 1008}])
    return passed


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"token=",
        b"token=a&token=b",
        b"token=a/b",
        b"token=%00%ff",
        b"token=a_b",
        b"token=" + b"x" * 65,
    ],
)
async def test_a_socket_without_a_tab_is_none(log: list[logging.LogRecord], query: bytes) -> None:
    assert await handshake(query) is None
    assert len(log) == 1
    assert await handshake(b"token=01234567-89ab-4cde-8f01-23456789abcd&EIO=4") == []


async def test_poison_path_of_a_handshake_is_its_headers() -> None:
    """Reflex keeps all of them with each tab, and cannot read a header of the name of its own field."""
    read = [(b"host", b"x"), (b"user-agent", b"Firefox"), (b"cookie", b"x" * 4_000), (b"sec-websocket-key", b"x")]
    others = [(b"raw-headers", b"x"), (b"raw_headers", b"x"), (b"x-filler", b"x"), (b"accept-language", b"x" * 1_001)]
    assert await handshake(b"token=x", *read, *others) == read


async def test_what_a_page_sends_passes(log: list[logging.LogRecord]) -> None:
    for connect in (CONNECT, "40/_event,", "40/_event", "40/_event,{}"):
        sent = [connect, SENT, "3", REPORT, '42/_event,["ping"]', "41/_event,", "1"]
        assert await through(*sent) == sent
    assert log == []


@pytest.mark.parametrize("frame", [*NOT_OURS, b"\x04binary", b""], ids=lambda frame: repr(frame)[:30])
async def test_what_no_page_sends_is_dropped_and_the_socket_goes_on(
    log: list[logging.LogRecord], frame: str | bytes
) -> None:
    assert await through(CONNECT, frame, SENT) == [CONNECT, SENT]
    [line] = log
    assert line.getMessage() == "socket.packet_dropped ip='192.0.2.7'"


async def test_a_socket_that_sends_much_of_it_is_logged_once(log: list[logging.LogRecord]) -> None:
    assert await through(CONNECT, *NOT_OURS * 5, SENT) == [CONNECT, SENT]
    assert len(log) == 1


async def test_what_is_longer_than_any_form_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    longest = SENT[:-1] + " " * (MAX_FRAME - len(SENT)) + "]"
    assert await through(CONNECT, longest) == [CONNECT, longest], "the twin"

    monkeypatch.setattr(json, "loads", lambda _body: pytest.fail("it was read"))
    for kind in ("40", "42"):
        assert await through("40/_event", longest.replace("42", kind, 1) + " ") == ["40/_event"]


@pytest.mark.parametrize("inner", ["[]", "{}", "[" * 49 + "]" * 49, "1"], ids=lambda inner: inner[:2])
def test_many_parts_take_no_call_each(inner: str) -> None:
    body = '["event",{"name":"x","payload":{"a":[' + ",".join([inner] * (100_000 // len(inner))) + "]}}]"
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        passes = is_message(body, NAMES)
    finally:
        sys.setprofile(None)
    assert calls < 1_000
    assert passes is (len(inner) < 98), "49 in four are too deep"


@pytest.mark.parametrize(("levels", "passes"), [(47, True), (48, False)])
def test_depth_is_counted_from_the_packet(levels: int, passes: bool) -> None:
    deep = "[" * levels + "]" * levels
    for payload in (f'{{"a":{deep}}}', f'{{"a":[1,{deep},"x"],"b":{{}}}}'.replace(deep, deep[1:-1])):
        assert is_message(f'["event",{{"name":"x","payload":{payload}}}]', NAMES) is passes


async def test_nothing_passes_before_the_server_has_said_yes_nor_after_goodbye() -> None:
    assert await through(SENT, CONNECT, SENT, accepted=False) == [CONNECT]
    assert await through(CONNECT, CONNECT, SENT) == [CONNECT, SENT], "and one is asked for once"
    assert await through(CONNECT, "41/_event,", SENT) == [CONNECT, "41/_event,"]


@pytest.mark.parametrize(("path", "status"), [("/_event", 404), ("/_event/", 404), ("/_event/x", 404), ("/x", 200)])
async def test_plain_http_finds_no_socket(path: str, status: int) -> None:
    async def application(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    answers: list[Any] = []

    async def send(message: Any) -> None:
        answers.append(message)

    await SocketPackets(application, NAMES)({"type": "http", "path": path}, None, send)
    assert answers[0]["status"] == status


@pytest.mark.parametrize("event", NOT_EVENTS, ids=repr)
def test_what_has_not_the_form_of_an_event_is_none(event: Any) -> None:
    assert not is_event(event, NAMES)
    assert not is_message(json.dumps(["event", event]), NAMES)
    assert not is_greeting(json.dumps({"event": event}), NAMES)


def test_a_page_that_is_not_there_may_speak() -> None:
    """It sends its address as a list of parts, as React Router has it."""
    router = {"pathname": "/no/such/page", "asPath": "/no/such/page", "query": {"splat": ["no", "such", "page"]}}
    assert is_event(EVENT | {"name": "x", "router_data": router}, NAMES)
    assert not is_event(EVENT | {"name": "x", "router_data": router | {"query": {"splat": ["no", ["such"]]}}}, NAMES)


@pytest.mark.parametrize("name", ["pathname", "asPath"])
@pytest.mark.parametrize("path", POISONED_PATHS, ids=lambda path: repr(path)[:20])
def test_poison_path_is_none(name: str, path: str) -> None:
    assert not is_event({"name": "x", "router_data": {name: path}}, NAMES)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: repr(path)[:20])
def test_poison_path_twin(path: str) -> None:
    """Any text in a browser's address bar is a path, and Reflex reads it."""
    assert is_event({"name": "x", "router_data": {"pathname": path, "asPath": path}}, NAMES)


@given(
    st.text(max_size=30) | st.text("/[]@:?#%\\\t\x00.x\u2100", max_size=12), st.sampled_from(["", "https://a.example"])
)
def test_poison_path_that_passes_is_read_by_reflex(path: str, origin: str) -> None:
    router = {"pathname": path, "asPath": path, "query": {}}
    if is_event({"name": "x", "router_data": router}, NAMES):
        assert URLData.from_router_data(router | {"headers": {"origin": origin}}).href == origin + path


def test_half_a_character_may_stand_in_a_form() -> None:
    assert is_event(EVENT | {"payload": {"form": {"first_name": "\ud800"}}}, NAMES), (
        "the field says what is wrong with it"
    )


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for look in (is_greeting, is_message, is_event):
        assert look(text, NAMES) in (True, False)
