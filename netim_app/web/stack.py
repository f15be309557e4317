"""The middlewares, and the one place that defines their order."""

from collections.abc import Callable, Container
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp

from netim_app.identity import limits
from netim_app.identity.open_sockets import OpenSockets
from netim_app.infra.cost_budget import CostBudgets
from netim_app.settings import Settings
from netim_app.web.client_address import ClientAddress
from netim_app.web.cookies import BrowserCookie, CookieDigests
from netim_app.web.http_headers import SecurityHeaders, inline_script_hashes
from netim_app.web.page_paths import PagePaths
from netim_app.web.request_bodies import RequestBodies
from netim_app.web.routes import routes
from netim_app.web.session_sockets import SessionSockets
from netim_app.web.socket_limits import SocketLimits
from netim_app.web.socket_packets import SocketPackets
from netim_app.web.traces import Traces


def stack(
    settings: Settings, *, pages: Path, events: Container[str], budgets: CostBudgets, sockets: OpenSockets
) -> list[Starlette | Callable[[ASGIApp], ASGIApp]]:
    """For `rx.App(api_transformer=...)`: each wraps those before it, so a request meets the last one first.

    Args:
        settings: of the server.
        pages: the folder of the built pages.
        events: the names of all events that there are.
        budgets: from which events are paid.
        sockets: gets those of customers.
    """

    def with_headers(app: ASGIApp) -> ASGIApp:
        # Reads the pages when the server is made: a build imports the application, too.
        hashes = inline_script_hashes(pages)
        return SecurityHeaders(
            app, origins=settings.allowed_origins, production=settings.production, script_hashes=hashes
        )

    return [
        routes(),
        partial(PagePaths, static_dir=pages),
        # Reads the digest of the browser cookie.
        BrowserCookie,
        # Reads the digest of the session cookie.
        partial(SessionSockets, budgets=budgets, sockets=sockets),
        # Takes the cookies away: the middlewares listed before this one see digests only.
        CookieDigests,
        partial(SocketPackets, names=events),
        RequestBodies,
        partial(SocketLimits, limiter=limits.limiter),
        # Refusals by the middlewares above carry these headers, too.
        with_headers,
        # The middlewares listed before this one log with the id of the request.
        Traces,
        # Sees each request first: all others log and count by the IP address.
        partial(ClientAddress, trusted_proxies=settings.trusted_proxies),
    ]
