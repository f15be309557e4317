"""The only routes that set or clear the session cookie.

A state cannot set an HttpOnly cookie. It issues a ticket (see `identity.tickets`), a hidden form posts it here, and the
response sets the cookie.
"""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from netim_app.core import paths
from netim_app.core.actor import Visitor, set_caller
from netim_app.core.facts import Origin
from netim_app.identity import pending_logins, sessions, tickets
from netim_app.identity.security_log import log_refusal
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.settings import get_settings
from netim_app.web.asgi import digests_of, origin_of_request
from netim_app.web.cookies import cookie_names, delete_cookie, set_cookie
from reflex_guard.session_routes import fault_of_form, token_in_form
from reflex_guard.tokens import digest

logger = logging.getLogger(__name__)


def _refused(request: Request) -> Response | None:
    status = fault_of_form(request, get_settings().allowed_origins)
    if status == HTTPStatus.FORBIDDEN:
        log_refusal("request.refused", path=request.url.path, reason="not from our pages")
    return None if status is None else Response(status_code=status)


def guarded(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Accepts only small forms from our own pages. When the database fails, it redirects to the login."""

    async def guard(request: Request) -> Response:
        set_caller(Visitor(origin=origin_of_request(request)))
        try:
            return _refused(request) or await handler(request)
        except SQLAlchemyError:
            logger.exception("the database did not answer")
            return RedirectResponse(f"{paths.LOGIN}?fault=1", status_code=303)

    return guard


async def _redeem(ticket: str | None, browser_digest: str, origin: Origin) -> tickets.OpenedSession | None:
    # Check in a reading unit first, so that a forged ticket never takes the write lock.
    if ticket is None or not browser_digest or not await in_read_unit(tickets.is_ticket, ticket):
        return None
    return await in_unit(tickets.redeem_ticket, ticket, browser_digest, origin)


async def open_session(request: Request) -> Response:
    """POST /auth/session: redeems a ticket, sets the cookie, redirects to the page that the ticket names."""
    settings, held, origin = get_settings(), digests_of(request), origin_of_request(request)
    ticket = await token_in_form(request, "ticket")
    opened = await _redeem(ticket, held.browser, origin)
    if opened is None:
        log_refusal("ticket_refused")
        return RedirectResponse(f"{paths.LOGIN}?again=1", status_code=303)
    # End the previous session of this browser (ASVS 7.2.4).
    if held.session:
        await in_unit(sessions.end_session, held.session, origin, replaced=True)
    response = RedirectResponse(opened.return_to, status_code=303)
    set_cookie(response, cookie_names(settings).session, opened.token, opened.lifetime, settings)
    if held.pending:
        delete_cookie(response, cookie_names(settings).pending, settings)
    return response


async def keep_pending(request: Request) -> Response:
    """POST /auth/pending: sets a cookie, with which all tabs of the browser can continue the pending login."""
    settings, browser = get_settings(), digests_of(request).browser
    secret = await token_in_form(request, "secret")
    if secret is None:
        log_refusal("request.refused", path=request.url.path, reason="no secret")
        return Response(status_code=403)
    cookie = None
    # Check in a reading unit first, so that a forged secret never takes the write lock.
    visitor = Visitor(browser_digest=browser, pending_digests=(digest(secret),))
    if await in_read_unit(pending_logins.is_pending, visitor):
        cookie = await in_unit(pending_logins.give_cookie, browser, secret)
    response = Response(status_code=204)
    if cookie is None:
        # Not an error for the page: a quick customer may have entered the code before this request arrived.
        log_refusal("request.refused", path=request.url.path, reason="no code is asked for")
        return response
    set_cookie(response, cookie_names(settings).pending, cookie, pending_logins.PENDING_LIFE, settings)
    return response


async def close_session(request: Request) -> Response:
    """POST /auth/logout: ends the session and clears the cookie."""
    settings = get_settings()
    name = cookie_names(settings).session
    token_digest = digests_of(request).session
    if await in_read_unit(sessions.is_open, token_digest):
        await in_unit(sessions.end_session, token_digest, origin_of_request(request))
    response = RedirectResponse(f"{paths.LOGIN}?bye=1", status_code=303)
    delete_cookie(response, name, settings)
    return response
