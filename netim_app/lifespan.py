"""Background work that runs with the server, from its start to its end."""

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from netim_app import periodic
from netim_app.identity import directory_flows, password_strength, passwords
from netim_app.identity.abandoned_tabs import AbandonedTabs
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.revoked_tabs import RevokedTabNotifier
from netim_app.infra import mail_sender, user_agent
from netim_app.infra.mail_transport import make_transport
from netim_app.infra.unit_of_work import units
from netim_app.reflex_port.kept_states import kept_states
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.settings import Settings
from netim_app.texts.time_zones import time_zones

LAST_EXPORT_SECONDS = 2
"""An unreachable collector must not delay the stop of a server for longer."""
SWITCH_SECONDS = 0.0005
"""How long a thread keeps Python's lock while the event loop waits for it: not 5 ms at each step of an event. The
threads of units of work run Python, too."""


@contextlib.asynccontextmanager
async def refuse_faults(settings: Settings) -> AsyncIterator[None]:
    """Refuses unsafe settings, however the server is started."""
    if faults := settings.faults():
        raise RuntimeError("; ".join(faults))
    yield


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Runs a task inside the block, and cancels it at the end."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def send_mails(settings: Settings) -> AsyncIterator[None]:
    """Sends the mails of the outbox while the server runs. Each commit that queued a mail wakes the sender."""
    sender = mail_sender.Sender(units(), make_transport(settings, units().clock), worker_id=f"{os.getpid()}")
    units().after_write = sender.wake
    async with _meanwhile(sender.run(), "outbox sender"):
        try:
            yield
        finally:
            units().after_write = lambda: None


@contextlib.asynccontextmanager
async def work_regularly() -> AsyncIterator[None]:
    """Runs the periodic work of features every minute."""
    async with _meanwhile(periodic.run(), "periodic work"):
        yield


@contextlib.asynccontextmanager
async def report_to_directory(settings: Settings) -> AsyncIterator[None]:
    """Sends new addresses to the directory of customers, if there is one."""
    if not settings.customer_directory:
        yield
        return
    async with _meanwhile(directory_flows.report_regularly(), "customer directory"):
        yield


@contextlib.asynccontextmanager
async def notify_revoked_tabs(tabs: ConnectedTabs, sockets: OpenSockets) -> AsyncIterator[None]:
    """Sends tabs to the login when their session was ended elsewhere."""
    async with _meanwhile(RevokedTabNotifier(tabs, sockets).run(), "revoked tabs"):
        yield


@contextlib.asynccontextmanager
async def forget_abandoned_tabs(manager: object, tabs: ConnectedTabs) -> AsyncIterator[None]:
    """Limits the memory that tabs without a socket use."""
    kept = kept_states(manager, tabs.tokens)
    if kept is None:
        yield
        return
    async with _meanwhile(AbandonedTabs(kept).run(), "abandoned tabs"):
        yield


@contextlib.asynccontextmanager
async def send_telemetry(settings: Settings, tabs: ConnectedTabs) -> AsyncIterator[None]:
    """Sends metrics and traces if `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        yield
        return
    try:
        from netim_app.telemetry import Telemetry  # noqa: PLC0415  an optional extra
    except ImportError as error:
        raise RuntimeError("OTEL_EXPORTER_OTLP_ENDPOINT is set, and the extra `otel` is not installed") from error
    telemetry = Telemetry(settings, tabs)
    telemetry.begin()
    try:
        yield
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.to_thread(telemetry.end), LAST_EXPORT_SECONDS)


async def warm_up(settings: Settings) -> None:
    """Computes, before the server accepts requests, what the first login would otherwise wait for.

    Everything loaded by then stays in memory. So the garbage collector may ignore it, which saves pauses of 150 ms.
    From then on, threads switch more often than in other Python programs.
    """
    await asyncio.to_thread(passwords.dummy_hash, settings.bcrypt_cost)
    await asyncio.to_thread(password_strength.strength, "loads the dictionaries", ())
    await asyncio.to_thread(user_agent.describe, "Mozilla/5.0")
    await asyncio.to_thread(time_zones)
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
