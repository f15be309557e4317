"""The entries of journals, the anchors of shortened journals, and the signing key."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class JournalEntry(SQLModel, table=True):
    """An event of an account. Hashed columns never change.

    Not hashed are `sort`, by which the page filters, and the personal values with their salts.
    """

    __tablename__ = "journal_entry"
    __table_args__ = (
        Index("ix_journal_entry_account_id_sort_number", "account_id", "sort", "number"),
        Index("ix_journal_entry_account_id_address_number", "account_id", "address", "number"),
        Index("ix_journal_entry_account_id_at_number", "account_id", "at", "number"),
    )

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    """From 1, without gaps."""
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    """To the millisecond."""
    sort: str = Field(max_length=10)
    """A key of `service.entries.SORTS`."""
    event: str = Field(max_length=60)
    details: str
    """JSON: `rules.Entry.details`."""
    commitments: str
    """JSON: `rules.Entry.personal`."""
    hash: str = Field(max_length=64)
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)
    place_salt: bytes
    """The salt of address, browser and system, erased with them."""
    forget_at: datetime | None = Field(sa_type=UtcDateTime, index=True)
    """When these four are erased; None when they are empty."""
    others: str
    """JSON: the other personal values by name, such as the name of a device."""
    others_salt: bytes


class JournalAnchor(SQLModel, table=True):
    """The last entry that was removed from the beginning of a journal."""

    __tablename__ = "journal_anchor"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    number: int
    hash: str = Field(max_length=64)
    note: str
    """The signed note about it: `service.reading.beginning` accepts no other anchor."""


class JournalKey(SQLModel, table=True):
    """The signing key: one row."""

    __tablename__ = "journal_key"

    id: int = Field(primary_key=True)
    public: bytes
    sealed: bytes
    """The private key, sealed by the vault (`service.keys`)."""
    created_at: datetime = Field(sa_type=UtcDateTime)
