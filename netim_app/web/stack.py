"""The middlewares, and the one place that defines their order."""

import logging
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from netim_app.identity import limits
from netim_app.identity.open_sockets import OpenSockets
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.log import log_event
from netim_app.settings import Settings
from netim_app.web.browser_cookie import BrowserCookie
from netim_app.web.client_address import ClientAddress
from netim_app.web.cookies import CookieDigests
from netim_app.web.link_previews import LinkPreviews
from netim_app.web.page_paths import PagePaths
from netim_app.web.request_bodies import RequestBodies
from netim_app.web.routes import routes
from netim_app.web.session_sockets import SessionSockets
from netim_app.web.socket_limits import SocketLimits
from netim_app.web.traces import Traces
from reflex_guard.headers import security_headers
from reflex_guard.socket_packets import SocketPackets

logger = logging.getLogger(__name__)


def stack(
    settings: Settings, *, pages: Path, events: Container[str], budgets: CostBudgets, sockets: OpenSockets
) -> list[Starlette | Callable[[ASGIApp], ASGIApp]]:
    """For `rx.App(api_transformer=...)`. Each wraps those before it, so a request reaches the last one first.

    Args:
        settings: the settings of the server.
        pages: the folder of the built pages.
        events: the names of all existing events.
        budgets: pay for events.
        sockets: registers the sockets of customers.
    """
    return [
        routes(),
        partial(PagePaths, static_dir=pages),
        partial(LinkPreviews, static_dir=pages, origin=settings.public_url),
        # Reads the digest of the browser cookie.
        BrowserCookie,
        # Reads the digest of the session cookie.
        partial(SessionSockets, budgets=budgets, sockets=sockets),
        # Removes the cookies: the middlewares listed before this one see digests only.
        partial(CookieDigests, settings=settings),
        partial(SocketPackets, names=events, log=partial(log_event, logger, level=logging.WARNING)),
        RequestBodies,
        partial(SocketLimits, limiter=limits.limiter),
        # Refusals by the middlewares above carry these headers, too.
        security_headers(pages, origins=settings.allowed_origins, production=settings.production),
        # The middlewares listed before this one log with the id of the request.
        Traces,
        # Sees each request first: all others log and count by the IP address.
        partial(ClientAddress, trusted_proxies=settings.trusted_proxies),
    ]
