"""Limits how long a request body may take, and how many one IP address may send at once (ASVS 15.2.2).

Our forms have a few hundred bytes. The server's connections are limited, and a body that never ends occupies
one of them.
"""

import asyncio
import logging
from collections import Counter

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from netim_app.infra.log import log_event
from netim_app.infra.rate_limit import network_keys, width
from reflex_guard.asgi import client_of

logger = logging.getLogger(__name__)

MAX_SECONDS = 5
"""For a whole body, from the end of its headers: a client cannot extend it by sending a byte now and then."""
MAX_AT_ONCE = 32
"""Open requests with a body from one IP address: more than an office sends at the same moment. An IPv6 /48 may have ten
times as many."""
_CLOSE = {"connection": "close"}


class RequestBodies:
    """ASGI middleware. It responds 408 to a slow body, and 429 to too many requests. It counts per process."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        address = client_of(scope)
        keys = network_keys(address)
        if any(self._open[key] >= MAX_AT_ONCE * width(key) for key in keys):
            _log_refusal(address, "too many bodies at once")
            await Response(status_code=429, headers=_CLOSE)(scope, receive, send)
            return
        self._open.update(keys)
        try:
            await self._app(scope, _timed(receive, address), send)
        finally:
            self._open.subtract(keys)
            self._open += Counter()  # drops networks without open requests


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _timed(receive: Receive, address: str) -> Receive:
    deadline = asyncio.get_running_loop().time() + MAX_SECONDS
    complete = False

    async def timed() -> Message:
        nonlocal complete
        if complete:  # the next message is the client's disconnect
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            _log_refusal(address, "body too slow")
            raise HTTPException(408, headers=_CLOSE) from None
        complete = not message.get("more_body", False)
        return message

    return timed


def _log_refusal(address: str, reason: str) -> None:
    log_event(logger, "request.refused", level=logging.WARNING, ip=address, reason=reason)
