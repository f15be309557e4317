"""Small parts that several middlewares need."""

from starlette.types import Receive, Scope, Send

POLICY_VIOLATION, TOO_BIG, TRY_LATER = 1008, 1009, 1013
"""Codes of a closing websocket (RFC 6455 and its registry)."""


def client_of(scope: Scope) -> str:
    """The client's IP address; empty when the server does not know it.

    Behind a proxy it is the proxy's, unless a middleware before this one has written the client's.
    """
    return str((scope.get("client") or ("",))[0])


async def refuse_socket(receive: Receive, send: Send, code: int) -> None:
    """Answers a handshake with a close."""
    await receive()
    await send({"type": "websocket.close", "code": code})
