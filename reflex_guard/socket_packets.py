"""What may come over a websocket: the packets that our own pages send, in the form in which they send them.

Engine.IO, Socket.IO and Reflex meet what they do not understand with an exception: a page of traceback in the log for
every such packet, from anybody. They also know packets that we have no use for, such as those that promise attachments
and are kept until these have come. So nothing else reaches them (ASVS 2.2.1).
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
"""With what the server answers a CONNECT. A page says nothing before it has heard that."""
MAX_FRAME = 256 * 1024
"""In characters. A longer packet is not read: that would hold up everybody else."""
MAX_PATH, MAX_ROUTER = 2_000, 8_000
"""In characters. Reflex keeps paths, and with each tab from where its last event came."""
MAX_DEPTH = 50
"""Lists in lists. Reflex reads a packet further down the stack than we do, and would run out of it."""
_TAB = re.compile(r"[0-9A-Za-z -]{1,64}")
_HANDSHAKE = {b"host", b"origin", b"cookie", b"user-agent", b"accept-language", b"upgrade", b"connection"}
"""Headers of a handshake that are kept. Reflex stores the rest with each tab, and fails on `Raw-Headers`."""
MAX_HEADER = 1_000


class SocketPackets:
    """ASGI middleware. What is not ours is dropped; the first such packet of a socket leaves a line in the log.

    Plain HTTP finds nothing where the socket is: no page of ours falls back to it.

    Args:
        names: of all events that there are.
        log: gets what is refused.
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
    """Whether the URL has a token as pages make them. It becomes part of keys and of the names of tasks."""
    tokens = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
    return len(tokens) == 1 and _TAB.fullmatch(tokens[0]) is not None


def _useful(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of a handshake that somebody reads. Cookies are for the middleware that takes them out."""
    return [
        (name, value)
        for name, value in headers
        if (name in _HANDSHAKE or name.startswith(b"sec-websocket-"))
        and (len(value) <= MAX_HEADER or name == b"cookie")
    ]


class _Line:
    """One websocket, and how far it has got."""

    def __init__(self, log: Log, names: Container[str], receive: Receive, send: Send) -> None:
        self._log = log
        self._names = names
        self._receive = receive
        self._send = send
        self._asked = self._accepted = self._told = False

    async def receive(self) -> Message:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive" or self._passes(message.get("text")):
                return message
            if not self._told:
                self._told = True
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
    """Whether this may stand in a CONNECT packet: nothing, or a dict in which the first event may ride."""
    if not body:
        return True
    greeting = _read(body)
    return isinstance(greeting, dict) and ("event" not in greeting or is_event(greeting["event"], names))


def is_message(body: str, names: Container[str]) -> bool:
    """Whether this may stand in an EVENT packet: `["event", {...}]`, or what a page reports about itself."""
    match _read(body):
        case ["event", event]:
            return is_event(event, names)
        case ["ping"] | ["client_error", dict()]:
            return True
        case _:
            return False


def is_event(event: object, names: Container[str]) -> bool:
    """Whether this has the form of an event: a name that we know, named arguments, and from which URL it comes.

    Whether it may be sent is for the Gate to say. Reflex keeps something of each name that it does not know, and
    logs it with a traceback (ASVS 16.2.1).
    """
    return (
        isinstance(event, dict)
        and isinstance(event.get("name"), str)
        and event["name"] in names
        and isinstance(event.get("payload", {}), dict)
        and _is_router(event.get("router_data", {}))
    )


def _is_router(router: object) -> bool:
    """Whether Reflex can read from which page an event comes. It does so before any code of ours is asked."""
    if not isinstance(router, dict) or not all(_is_path(router.get(name, "")) for name in ("pathname", "asPath")):
        return False
    query = router.get("query", {})
    return (
        isinstance(query, dict)
        and all(_is_argument(value) for value in query.values())
        and _can_be_sent_back(router)  # it is: pages are told where they are
    )


def _is_argument(value: object) -> bool:
    """Whether this is a part of a URL; a URL that no page has comes as a list of its parts."""
    return all(isinstance(part, str) for part in value) if isinstance(value, list) else isinstance(value, str)


def _is_path(path: object) -> bool:
    """Whether this can follow the origin in a URL. A program may have sent none."""
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
    """Takes a whole level at once: a call for each of many lists would take longer than to parse them."""
    level: list[Any] = [[value]]
    for _ in range(levels + 1):
        parts = [each.values() if isinstance(each, dict) else each for each in level]
        level = [each for each in chain.from_iterable(parts) if isinstance(each, (dict, list))]
    return not level


def _can_be_sent_back(router: object) -> bool:
    """Whether it is short, and no half character is in it, which JSON can name and UTF-8 cannot hold."""
    try:
        return len(json.dumps(router, ensure_ascii=False).encode()) <= MAX_ROUTER
    except ValueError:
        return False
