"""The outbox table: mails that are queued in the transaction that causes them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime

QUEUED = "queued"
SENT = "sent"
DEAD = "dead"


class OutboxMessage(SQLModel, table=True):
    """One mail to one recipient.

    `payload` is what is needed to render the mail (`queued_mail.QueuedMail`), as JSON, sealed by the vault in the
    context `outbox:<message_id>`. It is emptied once the mail is sent. `claimed_by` names one claim of one sender,
    which expires at `claimed_until`. From `expires_at` on, the mail is useless and is not sent.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'dead')", name="state"),
        Index("ix_outbox_message_state_due_at", "state", "due_at"),
    )

    id: int = Field(default=None, primary_key=True)
    message_id: str = Field(unique=True, max_length=64)
    event: str = Field(max_length=64)
    account_id: int | None = Field(default=None, index=True)
    payload: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    claimed_by: str = Field(default="", max_length=128)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: str = Field(default=QUEUED, max_length=8)
    last_error: str = Field(default="", max_length=200)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
