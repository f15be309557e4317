"""The addresses from which an account can be used."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class IpRestriction(SQLModel, table=True):
    """The row exists while the restriction is on. The rules stay either way."""

    __tablename__ = "ip_restriction"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    on_since: datetime = Field(sa_type=UtcDateTime)


class IpRule(SQLModel, table=True):
    """One address, network or range. `first` and `last` are 16 bytes, so that the database compares them as numbers."""

    __tablename__ = "ip_rule"
    __table_args__ = (UniqueConstraint("account_id", "family", "first", "last"),)

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE")
    family: int
    """4 or 6."""
    first: bytes = Field(max_length=16)
    last: bytes = Field(max_length=16)
    text: str = Field(max_length=90)
    """Its canonical text."""
    note: str = Field(max_length=80)
    added_at: datetime = Field(sa_type=UtcDateTime)
    added_from: str = Field(max_length=45)
