"""Small parts that several middlewares need."""

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from netim_app.core.facts import Origin
from netim_app.identity.callers import CallerDigests, caller_digests, origin_of

POLICY_VIOLATION, TOO_BIG, TRY_LATER = 1008, 1009, 1013
"""Codes of a closing websocket (RFC 6455 and its registry)."""


def client_of(scope: Scope) -> str:
    """The client's IP address, as `ClientAddress` has written it; empty when the server does not know it."""
    return str((scope.get("client") or ("",))[0])


async def refuse_socket(receive: Receive, send: Send, code: int) -> None:
    """Answers a handshake with a close."""
    await receive()
    await send({"type": "websocket.close", "code": code})


def digests_of(request: HTTPConnection) -> CallerDigests:
    """The digests of the cookies of a request behind `CookieDigests`."""
    return caller_digests(request.headers.get("authorization", ""))


def origin_of_request(request: HTTPConnection) -> Origin:
    """From where a request comes."""
    return origin_of(request.scope.get("client"), request.headers.get("user-agent", ""))
