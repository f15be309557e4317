"""Passkeys: public keys only. The private ones never leave their authenticators."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class PasskeyHandle(SQLModel, table=True):
    """The handle of an account for authenticators. It is random, so no other account, open or closed, ever has it."""

    __tablename__ = "passkey_handle"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    handle: bytes = Field(unique=True)


class Passkey(SQLModel, table=True):
    """A public key of an account."""

    __tablename__ = "passkey"

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    credential_id: bytes = Field(unique=True)
    """Unique over all accounts."""
    public_key: bytes
    """COSE."""
    sign_count: int = Field(sa_type=BigInteger)
    """The highest counter seen; 0 for most passkeys, which do not count."""
    can_sync: bool
    """Whether its provider may copy it to the customer's other devices. This never changes."""
    backed_up: bool
    """Whether it had been copied at its last use."""
    provider: str = Field(default="", max_length=36)
    """AAGUID, only for name and picture: nothing proves it."""
    transports: str = Field(default="", max_length=80)
    name: str = Field(max_length=40)
    added_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    address: str = Field(default="", max_length=45)
    browser: str = Field(default="", max_length=80)
    system: str = Field(default="", max_length=80)


class PasskeysOnly(SQLModel, table=True):
    """An account that only a passkey opens."""

    __tablename__ = "passkeys_only"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    since: datetime = Field(sa_type=UtcDateTime)


class PasskeyRecovery(SQLModel, table=True):
    """A pending recovery of such an account without its passkeys."""

    __tablename__ = "passkey_recovery"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    browser_digest: str = Field(max_length=64)
    """The browser in which the backup code was entered. Only this browser can finish the recovery."""
    opens_at: datetime = Field(sa_type=UtcDateTime, index=True)
    mailed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the link that opens a session was mailed."""
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class PasskeyQuestion(SQLModel, table=True):
    """The one-time question to a customer whether to log in without a password from now on."""

    __tablename__ = "passkey_question"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    session_id: int
    """The session that shows it; 0 once it is answered."""


class PasskeyChallenge(SQLModel, table=True):
    """The challenge that one prompt of one browser must sign. The first answer, right or wrong, deletes it."""

    __tablename__ = "passkey_challenge"

    digest: str = Field(primary_key=True, max_length=64)
    purpose: str = Field(max_length=20)
    browser_digest: str = Field(max_length=64)
    account_id: int | None = Field(default=None, foreign_key="account.id", ondelete="CASCADE", index=True)
    """Empty for a login, where the answer names the account."""
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
