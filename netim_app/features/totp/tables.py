"""Authenticators, and pending enrolments. Secrets are sealed and bound to their row."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class TotpAuthenticator(SQLModel, table=True):
    """An application that has proved that it shows the right codes."""

    __tablename__ = "totp_authenticator"

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=40)
    sealed: bytes
    last_step: int
    """The time step of the last accepted code: only later ones are accepted."""
    added_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class TotpEnrolment(SQLModel, table=True):
    """A secret that an application may have scanned but has not proved yet. It opens nothing."""

    __tablename__ = "totp_enrolment"

    handle: str = Field(primary_key=True, max_length=64)
    """Random, so never reused: a forgotten tab cannot match the row of another one."""
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    session_id: int = Field(foreign_key="account_session.id", ondelete="CASCADE", index=True)
    sealed: bytes
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
