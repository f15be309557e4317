"""The outbox: mails queued in the transaction that causes them. `mail_sender` sends them afterwards."""

import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col, delete, or_, select

from netim_app.core.facts import Origin
from netim_app.infra import handlers
from netim_app.infra.columns import table_of
from netim_app.infra.log import log_event
from netim_app.infra.mail_message import address
from netim_app.infra.queued_mail import QueuedMail
from netim_app.infra.tables import SENT, OutboxMessage
from netim_app.infra.trace import trace
from netim_app.infra.unit_of_work import UnitOfWork

logger = logging.getLogger(__name__)

HELD_BACK = ".held_back"
_message = table_of(OutboxMessage).c
_QUEUE = sa.insert(table_of(OutboxMessage))
_COUNT = sa.select(sa.func.count()).where(
    _message.account_id == sa.bindparam("account"),
    _message.event == sa.bindparam("kind"),
    _message.created_at > sa.bindparam("since"),
)


def queue(
    unit: UnitOfWork,
    *,
    event: str,
    to: str,
    locale: str,
    params: Mapping[str, object],
    time_zone: str = "UTC",
    account_id: int | None = None,
    expires_at: datetime | None = None,
    kind: str = "",
    is_personal: bool = False,
) -> None:
    """Puts a mail into the outbox, in the caller's transaction. The sender renders it.

    Templates also get `public_url`; a timestamp is written in the recipient's language and time zone. When the mail
    has a link that expires, `expires_at` is that time: the mail is not sent later. The row stores `kind`, or the event
    without one. Features may add to the mail; `is_personal` is explained in `handlers.MailAbout`.

    Raises:
        ValueError: `to` is no email address.
        TypeError: a parameter cannot be stored.
    """
    recipient = address(to).addr_spec
    additions = _additions_of(unit, handlers.MailAbout(event, account_id, is_personal, recipient))
    thread = _thread(unit, account_id, event, recipient)
    mail = QueuedMail(recipient, event, locale, time_zone, params, additions, thread)
    message_id = _store(unit, kind or event, mail.as_bytes(), account_id=account_id, expires_at=expires_at)
    # The trace of this line links the mail to its cause; `mail` links it to the log lines of the sender.
    unit.after_commit.append(
        lambda: log_event(logger, "mail.queued", mail=message_id, kind=kind or event, account_id=account_id)
    )


def _additions_of(unit: UnitOfWork, about: handlers.MailAbout) -> list[dict[str, object]]:
    asked = ((addition, addition.values(unit, about)) for addition in handlers.mail_additions())
    return [
        {**values, "name": addition.name, "place": addition.place} for addition, values in asked if values is not None
    ]


def _thread(unit: UnitOfWork, account_id: int | None, event: str, recipient: str) -> str:
    """One id for all mails of one event, account and recipient. It reveals none of these."""
    if account_id is None:
        return ""
    return unit.vault.mac("mail thread", f"{account_id}\0{event}\0{recipient}".encode())[:32]


def ask(
    unit: UnitOfWork,
    request: str,
    *,
    origin: Origin,
    params: Mapping[str, object],
    expires_at: datetime | None = None,
    due_at: datetime | None = None,
    account_id: int | None = None,
) -> None:
    """Queues a request; the sender later decides which mails result, through `Feature.mail_requests`.

    The caller does the same work in every case, so its response time does not reveal the answer.
    """
    content = json.dumps({"origin": asdict(origin), "trace": trace(), "params": dict(params)})
    _store(unit, request, content.encode(), account_id=account_id, expires_at=expires_at, due_at=due_at)


def _store(
    unit: UnitOfWork,
    event: str,
    content: bytes,
    *,
    account_id: int | None,
    expires_at: datetime | None,
    due_at: datetime | None = None,
) -> str:
    """Writes a row for the sender. Returns its message id."""
    message_id = secrets.token_hex(16)
    row = {
        "message_id": message_id,
        "event": event,
        "account_id": account_id,
        "payload": unit.vault.seal(content, context_of(message_id)),
        "created_at": unit.now,
        "due_at": due_at or unit.now,
        "expires_at": expires_at,
    }
    unit.run(_QUEUE, row)
    unit.queued_mail = True
    return message_id


def withdraw(unit: UnitOfWork, account_id: int, event: str) -> None:
    """Deletes the account's mails of this kind that this unit queued, because another mail says more."""
    own = (col(OutboxMessage.account_id) == account_id, col(OutboxMessage.event) == event)
    if unit.session.exec(delete(OutboxMessage).where(*own, col(OutboxMessage.created_at) == unit.now)).rowcount:
        for addition in handlers.mail_additions():
            if addition.withdrawn:
                addition.withdrawn(unit, account_id, event)


def forget(unit: UnitOfWork, account_id: int) -> None:
    """Deletes every mail of an account, sent or not, because the account is being deleted."""
    unit.session.exec(delete(OutboxMessage).where(col(OutboxMessage.account_id) == account_id))


def count_since(unit: UnitOfWork, account_id: int, kind: str, since: datetime) -> int:
    """How many mails of a kind were queued for this account since then."""
    number: int = unit.run(_COUNT, {"account": account_id, "kind": kind, "since": since}).scalar_one()
    return number


def hold_back(unit: UnitOfWork, account_id: int, kind: str, since: datetime) -> bool:
    """Records that a mail was not sent, for `held_back`.

    Returns whether it is the first one since both `since` and the last call of `held_back`.
    """
    name = kind + HELD_BACK
    is_first = count_since(unit, account_id, name, since) == 0
    unit.session.add(
        OutboxMessage(
            message_id=secrets.token_hex(16),
            event=name,
            account_id=account_id,
            payload=b"",
            created_at=unit.now,
            due_at=unit.now,
            state=SENT,
            sent_at=unit.now,
        )
    )
    return is_first


def held_back(unit: UnitOfWork, account_id: int, kind: str) -> int:
    """Returns how many mails of a kind were held back, and resets that count."""
    own = (col(OutboxMessage.account_id) == account_id, col(OutboxMessage.event) == kind + HELD_BACK)
    return int(unit.session.exec(delete(OutboxMessage).where(*own)).rowcount)


def queued_since(unit: UnitOfWork, account_id: int, event: str, since: datetime, until: datetime | None = None) -> bool:
    """Whether such a mail, of any kind, was queued for this account or held back since then, up to `until`."""
    of_event = or_(col(OutboxMessage.event) == event, col(OutboxMessage.event).startswith(f"{event}.", autoescape=True))
    found = select(OutboxMessage.id).where(
        OutboxMessage.account_id == account_id, of_event, OutboxMessage.created_at > since
    )
    if until is not None:
        found = found.where(OutboxMessage.created_at <= until)
    return unit.session.exec(found.limit(1)).first() is not None


def context_of(message_id: str) -> str:
    """The context that the sealed content of a mail is bound to."""
    return f"outbox:{message_id}"
