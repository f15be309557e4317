"""Prepares a claimed mail: builds its message, or answers a request.

It runs in a thread: building a message takes as long as several customers' events.
"""

import json
import logging
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from netim_app.core.actor import Visitor, set_caller
from netim_app.core.facts import Origin
from netim_app.infra import handlers, queued_mail
from netim_app.infra.mail_message import Message, build, sender_of
from netim_app.infra.mail_transport import DeliveryFailed
from netim_app.infra.outbox import context_of
from netim_app.infra.outbox_claims import Claimed, Expired, note_answered
from netim_app.infra.trace import begin_trace
from netim_app.infra.unit_of_work import Units
from netim_app.infra.vault import VaultError

logger = logging.getLogger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError, NoConnection)


@dataclass(frozen=True)
class ClaimedMail:
    """A claimed mail and its message, or why there is none. A request that is answered has None."""

    claimed: Claimed
    message: Message | DeliveryFailed | None


def prepare(units: Units, claimed: Claimed) -> ClaimedMail:
    """Builds the message, or answers the request. A bug delays this mail only."""
    is_request = claimed.event in handlers.mail_requests()
    return ClaimedMail(claimed, _answer(units, claimed) if is_request else _message(units, claimed))


def _answer(units: Units, claimed: Claimed) -> DeliveryFailed | None:
    """The unit that deletes a request also queues its mails."""
    if _is_over(units, claimed):
        return Expired("it came too late")
    try:
        content = json.loads(_content(units, claimed))
        begin_trace(content["trace"])
        origin = Origin(**content["origin"])
        set_caller(Visitor(origin=origin))
        with units.write() as unit:
            if note_answered(unit, claimed):
                handlers.mail_requests()[claimed.event](unit, origin, content["params"])
    except DATABASE_AWAY:
        raise
    except Exception as error:
        logger.exception("a request could not be answered")
        return DeliveryFailed(f"request failed: {type(error).__name__}")
    return None


def _message(units: Units, claimed: Claimed) -> Message | DeliveryFailed:
    if _is_over(units, claimed):
        return Expired("its link has expired")
    try:
        mail = queued_mail.read(_content(units, claimed))
    except (VaultError, ValueError, KeyError, TypeError) as error:
        return DeliveryFailed(f"unreadable payload: {type(error).__name__}")
    settings = units.settings
    try:
        return build(
            mail.render(settings.public_url),
            to=mail.to,
            sender=sender_of(settings.mail_from),
            message_id=claimed.message_id,
            at=claimed.created_at,
            thread=mail.thread,
        )
    except Exception as error:
        logger.exception("a mail could not be rendered")
        return DeliveryFailed(f"cannot be rendered: {type(error).__name__}")


def _is_over(units: Units, claimed: Claimed) -> bool:
    return claimed.expires_at is not None and claimed.expires_at <= units.clock()


def _content(units: Units, claimed: Claimed) -> bytes:
    return units.vault.open(claimed.payload, context_of(claimed.message_id))
