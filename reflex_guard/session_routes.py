"""The only routes that set or clear the session cookie, and how they validate a posted form."""

from collections.abc import Awaitable, Callable, Collection

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from reflex_guard.asgi import client_of
from reflex_guard.cookies import delete_cookie, set_cookie
from reflex_guard.log import Log, warn
from reflex_guard.sessions import Sessions
from reflex_guard.tokens import TOKEN, digests_in

OPEN, CLOSE = "/auth/session", "/auth/logout"
MAX_FORM_BYTES = 4096


def is_from_our_pages(request: Request, origins: Collection[str]) -> bool:
    """Whether one of our own pages posted a form (ASVS 3.5.1).

    Our pages send no referrer, so browsers send `Origin: null` with a form. All browsers that do also send
    `Sec-Fetch-Site`, which no page can forge.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") in origins


def fault_of_form(request: Request, origins: Collection[str]) -> int | None:
    """The status that refuses the request; None when it is a small form of our own pages."""
    if not is_from_our_pages(request, origins):
        return 403
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        return 411  # a form always has a length
    return 413 if int(length) > MAX_FORM_BYTES else None


async def token_in_form(request: Request, field: str) -> str | None:
    """The token that a form sends in this field; None when the value is not a token."""
    form = await request.form(max_files=0, max_fields=2, max_part_size=MAX_FORM_BYTES)
    sent = form.get(field)
    return sent if isinstance(sent, str) and TOKEN.fullmatch(sent) else None


class SessionRoutes:
    """`POST /auth/session` takes a ticket and sets the cookie; `POST /auth/logout` ends the session.

    They run behind `CookieDigests`. A login ends the session that the browser held before.

    Args:
        sessions: the store.
        cookie: whole name of the session cookie.
        kind: its name in `CookieDigests`.
        origins: of our own pages.
        home: the page after a login.
        login: the page after a refused ticket, and after a logout.
        secure: whether the pages are served over TLS.
        log: receives each refusal.
    """

    def __init__(
        self,
        sessions: Sessions,
        *,
        cookie: str,
        kind: str = "session",
        origins: Collection[str],
        home: str = "/",
        login: str = "/",
        secure: bool = True,
        log: Log = warn,
    ) -> None:
        self._sessions = sessions
        self._cookie = cookie
        self._kind = kind
        self._origins = origins
        self._home = home
        self._login = login
        self._secure = secure
        self._log = log

    def application(self) -> Starlette:
        """For `rx.App(api_transformer=...)`; it must be the first one there."""
        handlers = {OPEN: self._open, CLOSE: self._close}
        return Starlette(
            routes=[Route(path, self._guarded(handler), methods=["POST"]) for path, handler in handlers.items()]
        )

    def _guarded(self, handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        async def guard(request: Request) -> Response:
            if status := fault_of_form(request, self._origins):
                self._refused(request, f"status {status}")
                return Response(status_code=status)
            return await handler(request)

        return guard

    async def _open(self, request: Request) -> Response:
        ticket = await token_in_form(request, "ticket")
        token = await self._sessions.redeem(ticket) if ticket else None
        if token is None:
            self._refused(request, "no such ticket")
            return RedirectResponse(self._login, status_code=303)
        await self._sessions.end(self._held(request))
        response = RedirectResponse(self._home, status_code=303)
        set_cookie(response, self._cookie, token, secure=self._secure)
        return response

    async def _close(self, request: Request) -> Response:
        await self._sessions.end(self._held(request))
        response = RedirectResponse(self._login, status_code=303)
        delete_cookie(response, self._cookie, secure=self._secure)
        return response

    def _held(self, request: Request) -> str:
        """The digest of the session that the browser holds; empty for none."""
        return digests_in(request.headers.get("authorization", "")).get(self._kind, "")

    def _refused(self, request: Request, reason: str) -> None:
        self._log("request.refused", ip=client_of(request.scope), path=request.url.path, reason=reason)
