"""The phrases of customers, and the references of all mails."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class MailPhrase(SQLModel, table=True):
    """The phrase by which a customer recognises our mails. It is sealed, and bound to its row."""

    __tablename__ = "mail_phrase"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    sealed: bytes
    set_at: datetime = Field(sa_type=UtcDateTime)


class MailReference(SQLModel, table=True):
    """One sent mail, without its recipient."""

    __tablename__ = "mail_reference"

    digest: str = Field(primary_key=True, max_length=64)
    event: str = Field(max_length=60)
    """The name of its template."""
    sent_at: datetime = Field(sa_type=UtcDateTime, index=True)
