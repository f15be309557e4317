"""What runs beside the server, from its start to its end."""

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from netim_app import periodic
from netim_app.identity import directory_flows, password_policy, passwords
from netim_app.identity.abandoned_tabs import AbandonedTabs
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.revoked_tabs import RevokedTabNotifier
from netim_app.infra import mail_sender, user_agent
from netim_app.infra.mail_transport import make_transport
from netim_app.infra.unit_of_work import units
from netim_app.reflex_port.kept_states import kept_states
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.settings import Settings
from netim_app.texts.places import time_zones

LAST_EXPORT_SECONDS = 2
"""A collector that is away does not hold up the end of a server."""


@contextlib.asynccontextmanager
async def refuse_faults(settings: Settings) -> AsyncIterator[None]:
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
async def send_mails(settings: Settings) -> AsyncIterator[None]:
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
async def tell_directory(settings: Settings) -> AsyncIterator[None]:
    """Tells the directory of customers new addresses, where there is one."""
    if not settings.customer_directory:
        yield
        return
    async with _meanwhile(directory_flows.tell_regularly(), "customer directory"):
        yield


@contextlib.asynccontextmanager
async def notify_revoked_tabs(tabs: ConnectedTabs, sockets: OpenSockets) -> AsyncIterator[None]:
    """Sends tabs whose session was ended elsewhere to the login."""
    async with _meanwhile(RevokedTabNotifier(tabs, sockets).run(), "revoked tabs"):
        yield


@contextlib.asynccontextmanager
async def forget_abandoned_tabs(manager: object, tabs: ConnectedTabs) -> AsyncIterator[None]:
    """Keeps what tabs without a socket cost within bounds."""
    kept = kept_states(manager, tabs.tokens)
    if kept is None:
        yield
        return
    async with _meanwhile(AbandonedTabs(kept).run(), "abandoned tabs"):
        yield


@contextlib.asynccontextmanager
async def send_telemetry(settings: Settings, tabs: ConnectedTabs) -> AsyncIterator[None]:
    """Sends metrics and traces where `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector."""
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
    """Computes once, before the first customer comes, what the first login would otherwise wait for.

    What is loaded by then stays, so the garbage collector need not look at it: that would pause the server for 150 ms
    now and then.
    """
    await asyncio.to_thread(passwords.dummy_hash, settings.bcrypt_cost)
    await asyncio.to_thread(password_policy.strength, "loads the dictionaries", ())
    await asyncio.to_thread(user_agent.describe, "Mozilla/5.0")
    await asyncio.to_thread(time_zones)
    gc.collect()
    gc.freeze()
