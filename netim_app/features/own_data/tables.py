"""Accounts that are to be deleted."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class AccountDeletion(SQLModel, table=True):
    """There is a row from the moment in which the deletion was asked for."""

    __tablename__ = "account_deletion"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    asked_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime, index=True)
    reminded_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    taken_back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """From then on the row deletes nothing: pages say by it that the account stays."""
