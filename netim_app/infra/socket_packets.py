"""What may come over a websocket: the packets that our own pages send, in the form in which they send them.

Engine.IO, Socket.IO and Reflex meet what they do not understand with an exception: a page of traceback in the log for
every such packet, from anybody. They also know packets that we have no use for, such as those that promise attachments
and are kept until these have come. So nothing else reaches them (ASVS 2.2.1).
"""

import json
import logging
import re
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.infra.redaction import log_event

logger = logging.getLogger(__name__)

_PATH = "/_event"
_PONG, _CLOSE = "3", "1"
_PACKET = re.compile(r"4(?P<kind>[012])/_event(?:,(?P<body>.*))?", re.DOTALL)
"""A Socket.IO packet in an Engine.IO message, for Reflex' namespace: CONNECT, DISCONNECT, EVENT."""
_CONNECT, _DISCONNECT, _EVENT = "0", "1", "2"
_ACCEPTED = "40/_event"
"""With what the server answers a CONNECT. A page says nothing before it has heard that."""


class SocketPackets:
    """ASGI middleware. What is not ours is dropped; the first such packet of a socket leaves a line in the log.

    Plain HTTP finds nothing where the socket is: no page of ours falls back to it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_PATH):
            await Response(status_code=404)(scope, receive, send)
            return
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        line = _Line(str((scope.get("client") or ("",))[0]), receive, send)
        await self._app(scope, line.receive, line.send)


class _Line:
    """One websocket, and how far it has got."""

    def __init__(self, address: str, receive: Receive, send: Send) -> None:
        self._address = address
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
                log_event(logger, "socket.packet_dropped", level=logging.WARNING, ip=self._address)

    async def send(self, message: Message) -> None:
        if str(message.get("text") or "").startswith(_ACCEPTED):
            self._accepted = True
        await self._send(message)

    def _passes(self, frame: str | None) -> bool:
        if frame in (_PONG, _CLOSE):
            return True
        packet = _PACKET.fullmatch(frame or "")
        if packet is None:
            return False
        kind, body = packet["kind"], packet["body"] or ""
        if kind == _CONNECT:
            passes = not self._asked and is_greeting(body)
            self._asked |= passes
            return passes
        if not self._accepted:
            return False
        if kind == _DISCONNECT:
            self._accepted = bool(body)
            return not body
        return is_message(body)


def is_greeting(body: str) -> bool:
    """Whether this may stand in a CONNECT packet: nothing, or a dict in which the first event may ride."""
    if not body:
        return True
    greeting = _read(body)
    return isinstance(greeting, dict) and ("event" not in greeting or is_event(greeting["event"]))


def is_message(body: str) -> bool:
    """Whether this may stand in an EVENT packet: `["event", {...}]`, or what a page reports about itself."""
    match _read(body):
        case ["event", event]:
            return is_event(event)
        case ["ping"] | ["client_error", dict()]:
            return True
        case _:
            return False


def is_event(event: object) -> bool:
    """Whether this has the form of an event: a name, named arguments, and from which address it comes.

    What it asks for, and whether it may, is for the Gate to say.
    """
    if not isinstance(event, dict) or not isinstance(event.get("name"), str):
        return False
    router = event.get("router_data", {})
    return (
        isinstance(event.get("payload", {}), dict)
        and isinstance(router, dict)
        and all(isinstance(router.get(name, ""), str) for name in ("pathname", "asPath"))
        and isinstance(router.get("query", {}), dict)
        and _can_be_sent_back(router)  # it is: pages are told where they are
    )


def _read(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _can_be_sent_back(value: object) -> bool:
    """Whether no half character is in it, which JSON can name and UTF-8 cannot hold."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True
