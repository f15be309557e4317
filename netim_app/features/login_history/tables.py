"""Entries of the login history."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class LoginEntry(SQLModel, table=True):
    """A login, a logout, or several failures of one kind from one IP address."""

    __tablename__ = "login_entry"
    __table_args__ = (Index("ix_login_entry_account_id_at", "account_id", "at"),)

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
    scattered: bool = False
    """It stands for further failures of a day that came from many IP addresses: none is kept of them."""
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)
