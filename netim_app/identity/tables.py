"""Accounts, their sessions, and everything that a browser or a mailbox holds for them: kept as digests only."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class Account(SQLModel, table=True):
    """A customer. It exists only once its e-mail address was confirmed."""

    __tablename__ = "account"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, unique=True)
    """How the address is looked up: see `email_address.email_key`."""
    first_name: str = Field(max_length=80)
    last_name: str = Field(max_length=80)
    company: str = Field(default="", max_length=120)
    phone: str = Field(default="", max_length=40)
    street: str = Field(default="", max_length=200)
    postal_code: str = Field(default="", max_length=20)
    city: str = Field(default="", max_length=100)
    country: str = Field(default="", max_length=2)
    """ISO 3166-1 alpha-2, or empty."""
    language: str = Field(max_length=5)
    time_zone: str = Field(max_length=64)
    """IANA name."""
    password_hash: str = Field(max_length=200)
    password_changed_at: datetime = Field(sa_type=UtcDateTime)
    password_policy: int
    """Version of the policy that the password was accepted under."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_login_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = 0
    """Moves with every recorded fact, so that open pages know when to refresh."""


class DirectoryLink(SQLModel, table=True):
    """An account that began with a customer of the directory outside."""

    __tablename__ = "directory_link"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    key: str = Field(max_length=200, unique=True)
    """How the directory names the customer."""
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When the address changed that the directory has not been told yet."""


class SignUp(SQLModel, table=True):
    """A registration that waits for its confirmation link. Of several for one address the first confirmed wins."""

    __tablename__ = "sign_up"

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, index=True)
    first_name: str = Field(max_length=80)
    last_name: str = Field(max_length=80)
    language: str = Field(max_length=5)
    time_zone: str = Field(max_length=64)
    password_hash: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)


class MailedLink(SQLModel, table=True):
    """A secret sent by mail. Bound to one purpose and one account or sign-up; consumed once."""

    __tablename__ = "mailed_link"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    purpose: str = Field(max_length=20)
    account_id: int | None = Field(default=None, foreign_key="account.id", ondelete="CASCADE", index=True)
    sign_up_id: int | None = Field(default=None, foreign_key="sign_up.id", ondelete="CASCADE", index=True)
    email: str = Field(default="", max_length=254)
    """The new address, when the purpose is to change it."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccountFreeze(SQLModel, table=True):
    """An account whose owner has said that something was not theirs."""

    __tablename__ = "account_freeze"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    begun_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime, index=True)
    blocks_login: bool
    """Until a new password was set from the mailbox, however long that takes."""
    is_over: bool = False
    """Its day has ended, and what a thief may have set up was removed."""
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class AccountChange(SQLModel, table=True):
    """The revision of an account at which the rows of a refresher changed last."""

    __tablename__ = "account_change"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    feature: str = Field(primary_key=True, max_length=40)
    """Name of the refresher: that of its feature, or `gauge.<key>`."""
    revision: int


class AccountSession(SQLModel, table=True):
    """A logged-in browser. Ended ones stay until they are purged, and are no history."""

    __tablename__ = "account_session"

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    token_digest: str = Field(max_length=64, unique=True)
    superseded_digest: str = Field(default="", max_length=64, index=True)
    """The token before the last renewal. It opens nothing, but a tab that still has it reloads and stays logged in."""
    browser_digest: str = Field(max_length=64)
    remember: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    """The absolute limit: activity never moves it."""
    proved_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class KnownBrowser(SQLModel, table=True):
    """A browser that has logged in to the account before, identified by its browser cookie."""

    __tablename__ = "known_browser"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    browser_digest: str = Field(primary_key=True, max_length=64, index=True)
    first_seen_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)


class Ticket(SQLModel, table=True):
    """A state hands it to the HTTP route that sets the session cookie. One browser consumes it once, within seconds."""

    __tablename__ = "ticket"

    id: int | None = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    purpose: str = Field(max_length=20)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    session_id: int | None = Field(default=None, foreign_key="account_session.id", ondelete="CASCADE", index=True)
    """The session to renew; empty for a new one."""
    browser_digest: str = Field(max_length=64)
    remember: bool = False
    factor: str = Field(default="", max_length=20)
    """The second factor that was given for a new session; empty where the password was enough."""
    return_to: str = Field(max_length=200)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptWindow(SQLModel, table=True):
    """Failed attempts of one kind at one account, from new browsers or from one known browser, in this window."""

    __tablename__ = "attempt_window"

    key: str = Field(primary_key=True, max_length=64)
    """A keyed digest: addresses that are no account of ours are not kept in clear."""
    failures: int
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)


class PendingLogin(SQLModel, table=True):
    """A password that was right, in a browser that still owes the second factor. It opens nothing but the code form."""

    __tablename__ = "pending_login"

    browser_digest: str = Field(primary_key=True, max_length=64)
    """One for each browser: a newer login replaces the older."""
    secret_digest: str = Field(max_length=64)
    """Of what the tab holds in which the password was given. The browser cookie alone finishes nothing."""
    cookie_digest: str = Field(default="", max_length=64)
    """Of what its browser holds, once the tab has asked for it."""
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    remember: bool
    return_to: str = Field(max_length=200)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class FailedCodeCount(SQLModel, table=True):
    """How many wrong codes in a row came from one browser. What counts is their sum: 100 rows at most."""

    __tablename__ = "failed_code_count"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    browser_digest: str = Field(primary_key=True, max_length=64)
    """Known to the account or not."""
    failures: int


class SecondFactorLockout(SQLModel, table=True):
    """An account whose codes were guessed at too often."""

    __tablename__ = "second_factor_lockout"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    stopped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Since when login is blocked: until a mailed password reset (the first time), or the operator's unlock."""
    stops: int
    """How often, without a right code in between."""
