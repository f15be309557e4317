"""Which packets a websocket may receive: only those that our own pages send, in exactly that format.

Engine.IO, Socket.IO and Reflex raise an exception on a packet that they do not understand: anybody could fill the log
with a page of traceback per packet. They also support packets that we do not use, such as those that announce
attachments and are kept in memory until these arrive. So nothing else reaches them (ASVS 2.2.1).
"""

import json
import re
from collections.abc import Container
from functools import partial
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reflex_guard.asgi import POLICY_VIOLATION, client_of, refuse_socket
from reflex_guard.log import Log, warn

_PATH = "/_event"
_PONG, _CLOSE = "3", "1"
_PACKET = re.compile(r"4(?P<kind>[012])/_event(?:,(?P<body>.*))?", re.DOTALL)
"""A Socket.IO packet in an Engine.IO message, for Reflex' namespace: CONNECT, DISCONNECT, EVENT."""
_CONNECT, _DISCONNECT, _EVENT = "0", "1", "2"
_ACCEPTED = "40/_event"
"""The server's answer to a CONNECT. A page sends nothing before it has received that."""
MAX_FRAME = 256 * 1024
"""In characters. A longer packet is not parsed: that would delay all other clients."""
MAX_PATH, MAX_ROUTER = 2_000, 8_000
"""In characters. Reflex stores paths, and with each tab the URL that its last event came from."""
MAX_DEPTH = 50
"""Levels of nesting. Reflex parses packets deeper in the call stack than we do, and would overflow it."""
_TAB = re.compile(r"[0-9A-Za-z -]{1,64}")
_HANDSHAKE = {b"host", b"origin", b"cookie", b"user-agent", b"accept-language", b"upgrade", b"connection"}
"""The handshake headers to keep. Reflex would store all others with each tab, and fails on `Raw-Headers`."""
MAX_HEADER = 1_000


class SocketPackets:
    """ASGI middleware that drops every other packet. The first dropped packet of a socket is logged.

    The socket's path does not exist for plain HTTP: our pages do not fall back to it.

    Args:
        names: of all existing events.
        log: receives each refusal.
    """

    def __init__(self, app: ASGIApp, names: Container[str], log: Log = warn) -> None:
        self._app = app
        self._names = names
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PATH):
            await Response(status_code=404)(scope, receive, send)
            return
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = client_of(scope)
        if not _names_a_tab(scope):
            self._log("socket.refused", ip=address, reason="no tab")
            await refuse_socket(receive, send, POLICY_VIOLATION)
            return
        line = _Line(partial(self._log, ip=address), self._names, receive, send)
        await self._app({**scope, "headers": _useful(scope["headers"])}, line.receive, line.send)


def _names_a_tab(scope: Scope) -> bool:
    """Whether the URL has a token in the format of our pages. It becomes part of keys and task names."""
    tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
    return len(tokens) == 1 and _TAB.fullmatch(tokens[0]) is not None


def _useful(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a handshake that are read. The cookies are for the middleware that removes them."""
    return [
        (name, value)
        for name, value in headers
        if (name in _HANDSHAKE or name.startswith(b"sec-websocket-"))
        and (len(value) <= MAX_HEADER or name == b"cookie")
    ]


class _Line:
    """One websocket and its progress."""

    def __init__(self, log: Log, names: Container[str], receive: Receive, send: Send) -> None:
        self._log = log
        self._names = names
        self._receive = receive
        self._send = send
        self._asked = self._accepted = self._logged = False

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive" or self._passes(message.get("text")):
                return message
            if not self._logged:
                self._logged = True
                self._log("socket.packet_dropped")

    async def send(self, message: Message) -> None:
        if str(message.get("text") or "").startswith(_ACCEPTED):
            self._accepted = True
        await self._send(message)

    def _passes(self, frame: str | None) -> bool:
        if frame in (_PONG, _CLOSE):
            return True
        packet = _PACKET.fullmatch(frame) if frame and len(frame) <= MAX_FRAME else None
        if packet is None:
            return False
        kind, body = packet["kind"], packet["body"] or ""
        if kind == _CONNECT:
            passes = not self._asked and is_greeting(body, self._names)
            self._asked |= passes
            return passes
        if not self._accepted:
            return False
        if kind == _DISCONNECT:
            self._accepted = bool(body)
            return not body
        return is_message(body, self._names)


def is_greeting(body: str, names: Container[str]) -> bool:
    """Whether a CONNECT packet may contain this: nothing, or a dict that may carry the first event."""
    if not body:
        return True
    greeting = _read(body)
    return isinstance(greeting, dict) and ("event" not in greeting or is_event(greeting["event"], names))


def is_message(body: str, names: Container[str]) -> bool:
    """Whether an EVENT packet may contain this: `["event", {...}]`, or what a page reports about itself."""
    match _read(body):
        case ["event", event]:
            return is_event(event, names)
        case ["ping"] | ["client_error", dict()]:
            return True
        case _:
            return False


def is_event(event: object, names: Container[str]) -> bool:
    """Whether this has the format of an event: a known name, named arguments, and the URL that it comes from.

    The Gate decides whether the caller may send it. Reflex keeps data for each unknown name in memory, and logs it with
    a traceback (ASVS 16.2.1).
    """
    return (
        isinstance(event, dict)
        and isinstance(event.get("name"), str)
        and event["name"] in names
        and isinstance(event.get("payload", {}), dict)
        and _is_router(event.get("router_data", {}))
    )


def _is_router(router: object) -> bool:
    """Whether Reflex can read which page an event comes from. It reads that before any of our code runs."""
    if not isinstance(router, dict) or not all(_is_path(router.get(name, "")) for name in ("pathname", "asPath")):
        return False
    query = router.get("query", {})
    return (
        isinstance(query, dict)
        and all(_is_argument(value) for value in query.values())
        and _can_be_sent_back(router)  # Reflex sends it back to the page
    )


def _is_argument(value: object) -> bool:
    """Whether this is a part of a URL. For a URL without a page, the value is a list of its parts."""
    return all(isinstance(part, str) for part in value) if isinstance(value, list) else isinstance(value, str)


def _is_path(path: object) -> bool:
    """Whether this can follow the origin in a URL. It may be empty: a program may have sent none."""
    if not isinstance(path, str) or len(path) > MAX_PATH or (path and not path.startswith("/")):
        return False
    try:
        for origin in ("", "https://host"):
            parse_qsl(urlsplit(origin + path).query)
    except ValueError:
        return False
    return True


def _read(body: str) -> Any:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if _is_shallow(found, MAX_DEPTH) else None


def _is_shallow(value: object, levels: int) -> bool:
    """Checks a whole level at once: with many lists, one call for each would take longer than parsing them."""
    level: list[Any] = [[value]]
    for _ in range(levels + 1):
        parts = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for each in chain.from_iterable(parts) if isinstance(each, (dict, list))]
    return not level


def _can_be_sent_back(router: object) -> bool:
    """Whether it is short and without half a character, which JSON can express but UTF-8 cannot encode."""
    try:
        return len(json.dumps(router, ensure_ascii=False).encode()) <= MAX_ROUTER
    except ValueError:
        return False
