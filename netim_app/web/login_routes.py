"""The only routes that set or clear the session cookie.

A state cannot set an HttpOnly cookie. It issues a ticket (see `identity.tickets`), a hidden form posts it here, and the
answer carries the cookie.
"""

import logging
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from netim_app.core.actor import Visitor, set_caller
from netim_app.core.facts import Origin
from netim_app.core.tokens import digest
from netim_app.identity import second_factor, sessions, tickets
from netim_app.identity.security_log import log_refusal
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.settings import get_settings
from netim_app.web.asgi import digests_of, origin_of_request
from netim_app.web.cookies import TOKEN, cookie_names, delete_cookie, set_cookie

logger = logging.getLogger(__name__)

MAX_FORM_BYTES = 4096


def _from_our_pages(request: Request) -> bool:
    """Whether a form was posted by one of our own pages (ASVS 3.5.1).

    Our pages send no referrer, which makes browsers send `Origin: null` with a form; all that do also say
    `Sec-Fetch-Site`, which no page can forge.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return request.headers.get("origin") in get_settings().allowed_origins


def _refused(request: Request) -> Response | None:
    if not _from_our_pages(request):
        log_refusal("request.refused", path=request.url.path, reason="not from our pages")
        return Response(status_code=403)
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        return Response(status_code=411)  # a form always says how long it is
    return Response(status_code=413) if int(length) > MAX_FORM_BYTES else None


def guarded(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """A route for forms of our own pages, that are small; without a database it leads to the login."""

    async def guard(request: Request) -> Response:
        set_caller(Visitor(origin=origin_of_request(request)))
        try:
            return _refused(request) or await handler(request)
        except SQLAlchemyError:
            logger.exception("the database did not answer")
            return RedirectResponse("/login?fault=1", status_code=303)

    return guard


async def _token_in_form(request: Request, field: str) -> str | None:
    """The token that a form sends in this field; None for anything that is no token."""
    form = await request.form(max_files=0, max_fields=2, max_part_size=MAX_FORM_BYTES)
    sent = form.get(field)
    return sent if isinstance(sent, str) and TOKEN.fullmatch(sent) else None


async def _redeem(ticket: str | None, browser_digest: str, origin: Origin) -> tickets.OpenedSession | None:
    # Asked in a reading unit first, so that a forged ticket never takes the write lock.
    if ticket is None or not browser_digest or not await in_read_unit(tickets.is_ticket, ticket):
        return None
    return await in_unit(tickets.redeem_ticket, ticket, browser_digest, origin)


async def open_session(request: Request) -> Response:
    """POST /auth/session: redeems a ticket, sets the cookie, goes on to the page that the ticket names."""
    settings, held, origin = get_settings(), digests_of(request), origin_of_request(request)
    ticket = await _token_in_form(request, "ticket")
    opened = await _redeem(ticket, held.browser, origin)
    if opened is None:
        log_refusal("ticket_refused")
        return RedirectResponse("/login?again=1", status_code=303)
    # The session that this browser held before ends (ASVS 7.2.4).
    if held.session:
        await in_unit(sessions.end_session, held.session, origin, replaced=True)
    response = RedirectResponse(opened.return_to, status_code=303)
    set_cookie(response, cookie_names(settings).session, opened.token, opened.lifetime, settings)
    if held.pending:
        delete_cookie(response, cookie_names(settings).pending, settings)
    return response


async def keep_pending(request: Request) -> Response:
    """POST /auth/pending: sets the cookie with which all tabs of the browser go on with a login that owes its code."""
    settings, browser = get_settings(), digests_of(request).browser
    secret = await _token_in_form(request, "secret")
    if secret is None:
        log_refusal("request.refused", path=request.url.path, reason="no secret")
        return Response(status_code=403)
    cookie = None
    # Check in a reading unit first, so that a forged secret never takes the write lock.
    visitor = Visitor(browser_digest=browser, pending_digests=(digest(secret),))
    if await in_read_unit(second_factor.is_pending, visitor):
        cookie = await in_unit(second_factor.give_cookie, browser, secret)
    response = Response(status_code=204)
    if cookie is None:
        # No error for the page: a quick customer may have given the code before this request came.
        log_refusal("request.refused", path=request.url.path, reason="no code is asked for")
        return response
    set_cookie(response, cookie_names(settings).pending, cookie, second_factor.PENDING_LIFE, settings)
    return response


async def close_session(request: Request) -> Response:
    """POST /auth/logout: ends the session and clears the cookie."""
    settings = get_settings()
    name = cookie_names(settings).session
    token_digest = digests_of(request).session
    if await in_read_unit(sessions.is_open, token_digest):
        await in_unit(sessions.end_session, token_digest, origin_of_request(request))
    response = RedirectResponse("/login?bye=1", status_code=303)
    delete_cookie(response, name, settings)
    return response
