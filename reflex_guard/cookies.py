"""Cookies that scripts cannot read, and the digests that replace them for all code behind the middleware."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from reflex_guard.asgi import POLICY_VIOLATION, client_of, refuse_socket
from reflex_guard.cookie_header import CookieGivenTwice, read_cookies
from reflex_guard.log import Log, warn
from reflex_guard.tokens import TOKEN, authorization_of, digest


def host_name(name: str, *, secure: bool) -> str:
    """The whole name of a cookie: `__Host-` ties it to this host over TLS. Development has no TLS."""
    return f"__Host-{name}" if secure else name


def set_cookie(
    response: Response, name: str, value: str, lifetime: timedelta | None = None, *, secure: bool = True
) -> None:
    """Sets a cookie that scripts cannot read. `lifetime`: None for as long as the browser is open."""
    response.set_cookie(
        name,
        value,
        max_age=int(lifetime.total_seconds()) if lifetime else None,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def delete_cookie(response: Response, name: str, *, secure: bool = True) -> None:
    """Deletes a cookie in the browser."""
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="lax")


class CookieDigests:
    """Removes the cookies from every request and handshake, and leaves the digests of ours.

    Nothing behind it (log line, state, pickle) holds a secret that logs in, and nothing else reads cookies. It refuses
    a request with one of our cookies twice, and a handshake with a cookie that logs in but without our origin.

    Args:
        names: the whole name of each of our cookies, keyed by its name among the digests.
        origins: of our own pages.
        harmless: names among the digests of cookies that do not log in.
        log: receives each refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: Mapping[str, str],
        origins: Collection[str],
        harmless: Collection[str] = (),
        log: Log = warn,
    ) -> None:
        self._app = app
        self._names = {kind: name.encode() for kind, name in names.items()}
        self._origins = origins
        self._harmless = harmless
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        try:
            digests = self._digests(scope)
        except CookieGivenTwice:
            await self._refuse(scope, receive, send, "a cookie twice")
            return
        logs_in = any(value for kind, value in digests.items() if kind not in self._harmless)
        if scope["type"] == "websocket" and logs_in and Headers(scope=scope).get("origin") not in self._origins:
            await self._refuse(scope, receive, send, "foreign origin")
            return
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"cookie", b"authorization")]
        kept.append((b"authorization", authorization_of(digests).encode()))
        await self._app({**scope, "headers": kept}, receive, send)

    def log_refusal(self, scope: Scope, name: str, **fields: str) -> None:
        """Logs a refusal."""
        self._log(name, ip=client_of(scope), **fields)

    def _digests(self, scope: Scope) -> dict[str, str]:
        lines = (value for name, value in scope["headers"] if name == b"cookie")
        found = read_cookies(lines, self._names.values())
        return {kind: _token_digest(found.get(name, b"").decode("latin-1")) for kind, name in self._names.items()}

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, reason: str) -> None:
        if scope["type"] == "http":
            self.log_refusal(scope, "request.refused", path=scope["path"], reason=reason)
            await Response(status_code=400)(scope, receive, send)
            return
        self.log_refusal(scope, "socket.refused", reason=reason)
        await refuse_socket(receive, send, POLICY_VIOLATION)


def _token_digest(value: str) -> str:
    return digest(value) if TOKEN.fullmatch(value) else ""
