"""Backup codes, stored as keyed digests only. Their keys are sealed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class BackupCodeSet(SQLModel, table=True):
    """The one set of an account."""

    __tablename__ = "backup_code_set"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    sealed: bytes
    """The random key of this set's digests. It is useless without the secret outside of the database. Unlike a
    key derived from that secret, it survives a change of the secret."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    shown_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a page confirmed that it shows them. Until then the answer with the codes may have been lost."""
    saved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the customer confirmed that they are saved. Until then they may be lost: a closed page showed them once."""


class BackupCode(SQLModel, table=True):
    """One code of the set."""

    __tablename__ = "backup_code"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    digest: str = Field(primary_key=True, max_length=64)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
