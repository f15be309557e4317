"""Accounts that are scheduled for deletion."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class AccountDeletion(SQLModel, table=True):
    """The row exists from the request of the deletion on."""

    __tablename__ = "account_deletion"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    asked_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the deletion was cancelled. From then on the row only makes pages show that the account stays."""
