"""Entries of the activity."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime

MAX_DETAIL = 255


class ActivityEntry(SQLModel, table=True):
    """A login, a logout, a change, or several alike from one browser at one IP address."""

    __tablename__ = "activity_entry"
    __table_args__ = (Index("ix_activity_entry_account_id_at", "account_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE")
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    """Of the last one, where there are several."""
    first_at: datetime = Field(sa_type=UtcDateTime)
    times: int = 1
    kind: str = Field(max_length=20)
    """A key of `service.WHAT`."""
    factor: str = Field(max_length=20)
    """How, or what was wrong: see `service.HOW`."""
    told: str = Field(default="", max_length=60)
    """Text key of a change (`core.facts.Change`); empty for the other kinds."""
    detail: str = Field(default="", max_length=MAX_DETAIL)
    """What the change was about."""
    scattered: bool = False
    """It stands for further ones of a day, from anywhere: neither address nor detail is kept of them."""
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)
