"""The task that sends the mails of the outbox.

Delivery is at least once: when a worker dies after the server accepted a mail and before we record that, the mail is
sent again, with the same Message-ID.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from netim_app.infra.claimed_mail import ClaimedMail, prepare
from netim_app.infra.log import log_event
from netim_app.infra.mail_message import Message
from netim_app.infra.mail_transport import DeliveryFailed, RecipientRefused, Transport, TransportDown
from netim_app.infra.outbox_claims import (
    MAX_ATTEMPTS,
    Claimed,
    Expired,
    catch_up,
    find_due,
    give_back,
    note_failure,
    note_sent,
    pause_after,
    take,
)
from netim_app.infra.outbox_upkeep import purge
from netim_app.infra.unit_of_work import UnitOfWork, Units, in_unit_thread

P = ParamSpec("P")
R = TypeVar("R")
logger = logging.getLogger(__name__)
_random = secrets.SystemRandom()

SEND_TIMEOUT = 45.0
"""Seconds that sending one mail may take: less than the lease, so that no other sender sends it meanwhile."""
POLL_SECONDS = 2.0
GRACE_SECONDS = 1.5
"""How long a stopping sender waits for the mail that it is sending."""
PURGE_EVERY = timedelta(hours=1)


class Sender:
    """Sends what is due, one mail at a time. Several may run on one database, each in its own process.

    Args:
        units: the database and the clock.
        transport: delivers the messages.
        worker_id: names this process in the table and the log.
        jitter: returns a number from 0 to 1, for each pause a new one.
    """

    def __init__(
        self,
        units: Units,
        transport: Transport,
        worker_id: str,
        *,
        jitter: Callable[[], float] = _random.random,
    ) -> None:
        self._units = units
        self._transport = transport
        self._worker_id = worker_id[:64]
        self._jitter = jitter
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._purged_at: datetime | None = None
        self._outages: set[str] = set()
        self._held: Claimed | None = None
        self._stopping = False

    def wake(self) -> None:
        """Tells the sender that a mail may be due. Any thread may call it, even when the sender does not run."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._woken.set)

    async def run(self) -> None:
        """Sends until it is cancelled. No failure of the database or the mail server ends it.

        When it is cancelled, the current mail gets `GRACE_SECONDS` to finish. After that its claim is released.
        """
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._woken.clear()
                await self._guarded_drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        finally:
            self._loop = None

    async def _guarded_drain(self) -> None:
        try:
            await self.drain()
        except (SQLAlchemyError, OSError) as error:
            self._outage("database", type(error).__name__)
        except Exception:
            # A bug must not stop all mail of this process: it is logged, and the next round tries again.
            if "sender" not in self._outages:
                logger.exception("the mail sender failed")
            self._outage("sender", "see the traceback")
        else:
            self._recovered("database")
            self._recovered("sender")

    async def drain(self) -> int:
        """Sends what is due until nothing is left or nothing can be sent; returns how many were sent."""
        await self._purge()
        try:
            return await self._send_all()
        finally:
            await self._transport.finish()

    async def _send_all(self) -> int:
        sent, ready, self._stopping = 0, None, False
        while True:
            step = asyncio.create_task(self._step(ready))
            try:
                was_sent, ready = await asyncio.shield(step)
            except asyncio.CancelledError:
                self._stopping = True
                await self._stop(step)
                raise
            sent += was_sent
            if ready is None:
                return sent

    async def _stop(self, step: "asyncio.Task[tuple[bool, ClaimedMail | None]]") -> None:
        await asyncio.wait({step}, timeout=GRACE_SECONDS)
        if not step.done():
            step.cancel()
            await asyncio.wait({step})
        if not step.cancelled() and step.exception() is not None:
            self._outage("sender", type(step.exception()).__name__)
        if self._held is not None:
            # Without a database the claim stays until its lease expires.
            with suppress(SQLAlchemyError, OSError):
                await in_unit_thread(self._release, self._held)

    async def _purge(self) -> None:
        now = self._units.clock()
        if self._purged_at is None or abs(now - self._purged_at) >= PURGE_EVERY:
            self._purged_at = now
            await in_unit_thread(self._in_unit, purge)
            await in_unit_thread(self._in_unit, catch_up)

    async def _step(self, ready: ClaimedMail | None) -> tuple[bool, ClaimedMail | None]:
        """Sends a mail, records the result and claims the next one. It only claims when `ready` holds no mail.

        Returns whether a mail was sent, and the next one: None when nothing is due or nothing can be sent.
        """
        done, failure = None, None
        if ready is not None and ready.message is not None:
            done = ready.claimed
            failure = await self._send(ready.message) if isinstance(ready.message, Message) else ready.message
        self._held = None  # from here on its lease protects it, even if `_settle` fails
        return done is not None and failure is None, await in_unit_thread(self._go_on, done, failure)

    def _go_on(self, done: Claimed | None, failure: DeliveryFailed | None) -> ClaimedMail | None:
        """In a thread: records the result of a mail if there is one, then claims and prepares the next one.

        It claims none when no mail can be sent, or the sender is being stopped.
        """
        if done is not None:
            self._settle(done, failure)
        claimed = None if self._stopping or isinstance(failure, TransportDown) else self._claim()
        if claimed is None:
            return None
        self._held = claimed
        return prepare(self._units, claimed)

    async def _send(self, message: Message) -> DeliveryFailed | None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self._transport.send(message)
        except TimeoutError:
            return TransportDown("sending took too long")
        except DeliveryFailed as failure:
            return failure
        except Exception as error:  # noqa: BLE001  any other exception of a transport concerns this mail only
            return DeliveryFailed(f"transport failed: {type(error).__name__}")
        return None

    def _settle(self, claimed: Claimed, failure: DeliveryFailed | None) -> None:
        """In a thread: records the result in the row, in a unit of its own, then in the log."""
        dead = isinstance(failure, (RecipientRefused, Expired)) or claimed.attempts >= MAX_ATTEMPTS
        pause = pause_after(claimed.attempts, self._jitter())
        with self._units.write() as unit:
            if failure is None:
                note_sent(unit, claimed)
            is_mine = failure is None or note_failure(unit, claimed, failure, dead, pause)
        if failure is None:
            self._recovered("smtp")
            log_event(logger, "mail.sent", mail=claimed.message_id, kind=claimed.event, attempt=claimed.attempts)
        elif is_mine:
            self._log_failure(claimed, failure, None if dead else pause)
        else:
            log_event(logger, "mail.claim_lost", mail=claimed.message_id, level=logging.WARNING)

    def _log_failure(self, claimed: Claimed, failure: DeliveryFailed, pause: timedelta | None) -> None:
        """Logs a failure; `pause` is None for a mail that was given up."""
        if isinstance(failure, TransportDown):
            self._outage("smtp", str(failure))
        log_event(
            logger,
            "mail.deferred" if pause else "mail.dead",
            level=logging.INFO if pause else logging.ERROR,
            mail=claimed.message_id,
            kind=claimed.event,
            attempt=claimed.attempts,
            reason=str(failure),
            **({"next_in_seconds": round(pause.total_seconds())} if pause else {}),
        )

    def _claim(self) -> Claimed | None:
        """In a thread: takes the mail that has been due longest, or None.

        The attempt counts from here on, so that a mail that crashes its worker is given up eventually.
        """
        while True:
            # Look in a reading unit first: an idle sender must not take the write lock.
            with self._units.read() as unit:
                candidate = find_due(unit)
            if candidate is None:
                return None
            claim = f"{self._worker_id}:{secrets.token_hex(8)}"
            row = self._in_unit(take, candidate, claim)
            if row is not None:
                return row

    def _release(self, claimed: Claimed) -> None:
        self._in_unit(give_back, claimed)
        log_event(logger, "mail.released", mail=claimed.message_id)

    def _in_unit(self, service: Callable[Concatenate[UnitOfWork, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        with self._units.write() as unit:
            return service(unit, *args, **kwargs)

    def _outage(self, kind: str, reason: str) -> None:
        if kind not in self._outages:
            self._outages.add(kind)
            log_event(logger, "mail.outage", level=logging.ERROR, kind=kind, reason=reason, worker=self._worker_id)

    def _recovered(self, kind: str) -> None:
        if kind in self._outages:
            self._outages.discard(kind)
            log_event(logger, "mail.outage_over", kind=kind, worker=self._worker_id)
