"""The composition root: the only module that knows all the others."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import reflex as rx

from netim_app import build, pages, periodic
from netim_app.identity import passwords
from netim_app.identity.abandoned_tabs import AbandonedTabs
from netim_app.identity.gate import Gate
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.revoked_tabs import RevokedTabNotifier
from netim_app.identity.state.incidents import IncidentReporter
from netim_app.infra import early_stop, mail_sender, redaction, user_agent
from netim_app.infra.cost_budget import CostBudgets
from netim_app.infra.incidents import Seldom
from netim_app.infra.mail import make_transport
from netim_app.infra.unit_of_work import configure, units
from netim_app.reflex_port.handlers import registered
from netim_app.reflex_port.kept_states import kept_states
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.registry import install_features
from netim_app.settings import get_settings
from netim_app.texts.places import time_zones
from netim_app.ui import layout
from netim_app.web.stack import stack

logger = logging.getLogger(__name__)

PAGE_FAULTS_A_MINUTE = 20
"""Anybody can report one."""

settings = get_settings()
redaction.install(production=settings.production)
install_features()
configure(settings)


def report_fault(exception: Exception) -> None:
    """Called by Reflex for an exception of an event handler."""
    incidents.report(app, exception)


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
    async with _meanwhile(RevokedTabNotifier(tabs, sockets).run(), "ended tabs"):
        yield


@contextlib.asynccontextmanager
async def forget_abandoned_tabs() -> AsyncIterator[None]:
    """Keeps what tabs without a socket cost within bounds."""
    kept = kept_states(app.state_manager, tabs.tokens)
    if kept is None:
        yield
        return
    async with _meanwhile(AbandonedTabs(kept).run(), "left tabs"):
        yield


async def warm_up() -> None:
    """Computes once, before the first customer comes, what the first login would otherwise wait for."""
    await asyncio.to_thread(passwords.dummy_hash, settings.bcrypt_cost)
    await asyncio.to_thread(passwords.strength, "loads the dictionaries", ())
    await asyncio.to_thread(user_agent.describe, "Mozilla/5.0")
    await asyncio.to_thread(time_zones)


budgets = CostBudgets()
sockets = OpenSockets()


app = rx.App(
    backend_exception_handler=report_fault,
    frontend_exception_handler=report_page_fault,
    toaster=None,
    html_lang="en",
    reset_style=False,
    head_components=layout.head(),
    app_wraps=layout.app_wraps(),
    api_transformer=stack(
        settings, pages=build.web_dir() / "build" / "client", events=registered(), budgets=budgets, sockets=sockets
    ),
)
tabs = ConnectedTabs(app)
incidents = IncidentReporter(tabs)
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
