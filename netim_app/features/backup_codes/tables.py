"""Backup codes: keyed digests only. What the digests are keyed with is sealed."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class BackupCodeSet(SQLModel, table=True):
    """The one set that an account has."""

    __tablename__ = "backup_code_set"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    sealed: bytes
    """The random key of this set's digests: useless without the secret that is kept outside of the database, and, other
    than a digest keyed from that secret itself, it outlives a change of the secret."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    shown_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a page has said that it shows them. Until then the answer with the codes may be lost on its way."""
    saved_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the customer said that they are saved. Until then they may be lost: shown once, to a page that is gone."""


class BackupCode(SQLModel, table=True):
    """One code of the set."""

    __tablename__ = "backup_code"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    digest: str = Field(primary_key=True, max_length=64)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
