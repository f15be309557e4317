"""The composition root: the only module that knows all the others."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import asdict
from typing import Any

import reflex as rx
from redis.exceptions import RedisError
from reflex.utils.prerequisites import get_web_dir
from reflex_base.event import EventSpec
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from netim_app import pages, periodic
from netim_app.identity import http, limits, passwords
from netim_app.identity.abandoned_tabs import AbandonedTabs
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.revoked_tabs import RevokedTabNotifier
from netim_app.identity.state.shell import ShellState, incident_delta, show_incident
from netim_app.infra import early_stop, mail_sender, outbox, redaction, user_agent
from netim_app.infra.client_address import ClientAddress, unread_clients
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.http_headers import SecurityHeaders, inline_script_hashes
from netim_app.infra.incidents import Incidents, Seldom
from netim_app.infra.mail import make_transport
from netim_app.infra.page_paths import PagePaths
from netim_app.infra.request_bodies import RequestBodies
from netim_app.infra.socket_limits import SocketLimits
from netim_app.infra.socket_packets import SocketPackets
from netim_app.infra.trace import Traces, begin_trace
from netim_app.infra.unit_of_work import configure, in_read_unit, units
from netim_app.registry import install_features
from netim_app.settings import get_settings
from netim_app.texts.places import time_zones
from netim_app.ui import document

logger = logging.getLogger(__name__)

HEALTH_TIMEOUT_SECONDS = 3
PAGE_FAULTS_A_MINUTE = 20
"""Anybody can report one."""

settings = get_settings()
redaction.install(production=settings.production)
install_features()
configure(settings)


async def healthz(_request: Request) -> JSONResponse:
    """GET /healthz: 200 while database and Redis (if configured) answer, else 503; mails that wait, and warnings."""
    report: dict[str, object] = {}
    try:
        async with asyncio.timeout(HEALTH_TIMEOUT_SECONDS):
            report["outbox"] = asdict(await in_read_unit(outbox.backlog))
        report["database"] = "up"
    except (SQLAlchemyError, TimeoutError):
        report["database"] = "down"
    if settings.redis_url:
        report["redis"] = "up" if await limits.limiter().check() else "down"
    if warnings := unread_clients.warnings():
        report["warnings"] = warnings
    return JSONResponse(report, status_code=503 if "down" in report.values() else 200)


incidents = Incidents()


def report_fault(exception: Exception) -> EventSpec | None:
    """Whatever no service foresaw. It is never answered by an event.

    An event inherits the address of the page from that which failed, and needs the page states. When these are what
    made it fail it fails too, is reported, and so on without end.
    """
    context = EventContext.get()
    begin_trace(context.txid)  # Reflex calls from a task of its own, which knows the event all the same
    number = incidents.report(exception)
    if context.token not in _being_told:
        _being_told[context.token] = asyncio.create_task(_tell_incident(context, number, exception))
        _being_told[context.token].add_done_callback(lambda _: _being_told.pop(context.token))
    return None


_being_told: dict[str, asyncio.Task[None]] = {}
"""By tab: one notice is enough. The event loop itself does not keep tasks."""


async def _tell_incident(context: EventContext, number: str, exception: Exception) -> None:
    """Shows the number on the page; without the page's states where these are out of reach; or not at all."""
    namespace = app.event_namespace
    if namespace is None or context.router_data.get("sid") not in namespace.sid_to_token:
        return  # the tab has gone, and would get states anew
    if not isinstance(exception, RedisError):
        with contextlib.suppress(Exception):
            async with app.modify_state(rx.BaseStateToken(ident=context.token, cls=ShellState)) as root:
                await show_incident(root, number)
            return
    languages = (context.router_data.get("headers") or {}).get("accept-language", "")
    with contextlib.suppress(Exception):
        await context.emit_delta(incident_delta(number, languages))


page_faults = Seldom(PAGE_FAULTS_A_MINUTE)


def report_page_fault(exception: Exception) -> None:
    """A fault in the browser. Its text comes from outside, and is logged as such, so many in a minute."""
    if page_faults.passes(time.monotonic()):
        logger.warning("page fault: %.500r", str(exception))


@contextlib.asynccontextmanager
async def refuse_faults() -> AsyncIterator[None]:
    """Refuses unsafe settings however the server is started."""
    if faults := settings.faults():
        raise RuntimeError("; ".join(faults))
    yield


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Does something beside the server for the length of a block, and cancels it at the end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def send_mails() -> AsyncIterator[None]:
    """Sends what is in the outbox while the server runs; each commit wakes it."""
    loop = asyncio.get_running_loop()
    sender = mail_sender.Sender(units(), make_transport(settings, units().clock), worker_id=f"{os.getpid()}")

    def wake() -> None:
        loop.call_soon_threadsafe(sender.wake)

    units().after_write = wake
    async with _meanwhile(sender.run(), "outbox sender"):
        try:
            yield
        finally:
            units().after_write = lambda: None


@contextlib.asynccontextmanager
async def work_regularly() -> AsyncIterator[None]:
    """Does every minute what features offer to be done."""
    async with _meanwhile(periodic.run(), "periodic work"):
        yield


@contextlib.asynccontextmanager
async def notify_revoked_tabs() -> AsyncIterator[None]:
    """Sends tabs whose session was ended elsewhere to the login."""
    async with _meanwhile(RevokedTabNotifier(app, sockets).run(), "ended tabs"):
        yield


@contextlib.asynccontextmanager
async def forget_abandoned_tabs() -> AsyncIterator[None]:
    """Keeps what tabs without a socket cost within bounds."""
    namespace = app.event_namespace
    sweeper = AbandonedTabs.of(
        app.state_manager, lambda: namespace.token_to_sid if namespace else ()
    )  # a copy, each time
    if sweeper is None:
        yield
        return
    async with _meanwhile(sweeper.run(), "left tabs"):
        yield


async def warm_up() -> None:
    """Computes once, before the first customer comes, what the first login would otherwise wait for."""
    await asyncio.to_thread(passwords.dummy_hash, settings.bcrypt_cost)
    await asyncio.to_thread(passwords.strength, "loads the dictionaries", ())
    await asyncio.to_thread(user_agent.describe, "Mozilla/5.0")
    await asyncio.to_thread(time_zones)


STATIC_DIR = get_web_dir() / "build" / "client"


def _with_page_paths(inner: ASGIApp) -> ASGIApp:
    return PagePaths(inner, STATIC_DIR)


budgets = CostBudgets()
sockets = OpenSockets()


def _with_session_sockets(inner: ASGIApp) -> ASGIApp:
    return http.SessionSockets(inner, budgets, sockets)


def _with_socket_packets(inner: ASGIApp) -> ASGIApp:
    return SocketPackets(inner, RegistrationContext.get().event_handlers)


def _with_socket_limits(inner: ASGIApp) -> ASGIApp:
    return SocketLimits(inner, limiter=limits.limiter)


def _with_headers(inner: ASGIApp) -> ASGIApp:
    return SecurityHeaders(
        inner,
        origins=settings.allowed_origins,
        production=settings.production,
        script_hashes=inline_script_hashes(STATIC_DIR),
    )


def change_password(_request: Request) -> RedirectResponse:
    """Where password managers lead their users (W3C, A Well-Known URL for Changing Passwords)."""
    return RedirectResponse("/account/connection-and-security#password", status_code=302)


def nothing_here(_request: Request) -> Response:
    """Stands before a route of Reflex that nobody uses."""
    return Response(status_code=404)


def _with_client_address(inner: ASGIApp) -> ASGIApp:
    return ClientAddress(inner, settings.trusted_proxies)


app = rx.App(
    backend_exception_handler=report_fault,
    frontend_exception_handler=report_page_fault,
    toaster=None,
    html_lang="en",
    reset_style=False,
    head_components=document.head(),
    app_wraps=document.app_wraps(),
    api_transformer=[
        http.routes(
            Route("/healthz", healthz),
            Route("/.well-known/change-password", change_password),
            Route("/_health", nothing_here),
        ),
        _with_page_paths,
        http.BrowserCookie,
        _with_session_sockets,
        http.CookieDigests,
        _with_socket_packets,
        RequestBodies,
        _with_socket_limits,
        _with_headers,
        Traces,
        _with_client_address,
    ],
)
app.add_middleware(Gate(budgets, sockets), index=0)
for task in (
    refuse_faults,
    early_stop.stop_if_asked,
    send_mails,
    work_regularly,
    notify_revoked_tabs,
    forget_abandoned_tabs,
    warm_up,
):
    app.register_lifespan_task(task)
pages.add_all(app)
if not settings.production:
    from netim_app.pages import development

    development.add_all(app)
