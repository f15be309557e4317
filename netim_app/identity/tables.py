"""Accounts, their sessions, and the secrets that browsers and mailboxes hold for them, stored only as digests."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class Account(SQLModel, table=True):
    """A customer's account. At sign-up it is created only after its email address was confirmed."""

    __tablename__ = "account"

    id: int = Field(default=None, primary_key=True)
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, unique=True)
    """The form of the address used for lookups: see `email_address.email_key`."""
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
    """The policy that accepted the password (`password_policy.policy`), or `UNKNOWN` or `REFUSED`."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_login_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = 0
    """Increases with every recorded fact except refusals, so that open pages know when to refresh."""


class DirectoryLink(SQLModel, table=True):
    """Links an account to the customer in the outside directory from whom it was created."""

    __tablename__ = "directory_link"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    key: str = Field(max_length=200, unique=True)
    """The directory's name for the customer."""
    changed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    """When the address changed, until it was reported to the directory."""


class SignUp(SQLModel, table=True):
    """A registration that waits for its confirmation. If one address has several, the first confirmed wins."""

    __tablename__ = "sign_up"

    id: int = Field(default=None, primary_key=True)
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

    id: int = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    purpose: str = Field(max_length=20)
    account_id: int | None = Field(default=None, foreign_key="account.id", ondelete="CASCADE", index=True)
    sign_up_id: int | None = Field(default=None, foreign_key="sign_up.id", ondelete="CASCADE", index=True)
    email: str = Field(default="", max_length=254)
    """The address that the link confirms, restores or stops copies to; empty for other purposes."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccountFreeze(SQLModel, table=True):
    """An account whose owner has reported something that they did not do: see `freeze`."""

    __tablename__ = "account_freeze"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    begun_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime = Field(sa_type=UtcDateTime, index=True)
    blocks_login: bool
    """True until a mailed link has set a new password, however long that takes."""
    is_over: bool = False
    """The day has ended, and everything that a thief may have set up was removed."""
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class AccountChange(SQLModel, table=True):
    """The account's revision at which a refresher's rows last changed."""

    __tablename__ = "account_change"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    feature: str = Field(primary_key=True, max_length=40)
    """Name of the refresher: that of its feature, or `gauge.<key>`."""
    revision: int


class AccountSession(SQLModel, table=True):
    """A logged-in browser. Ended sessions stay until they are purged, but are no history."""

    __tablename__ = "account_session"

    id: int = Field(default=None, primary_key=True)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    token_digest: str = Field(max_length=64, unique=True)
    superseded_digest: str = Field(default="", max_length=64, index=True)
    """The token before the last renewal. It opens nothing, but a tab that has it reconnects and stays logged in."""
    browser_digest: str = Field(max_length=64)
    remember: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    """The absolute limit: activity never extends it."""
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
    """Passed from a state to the HTTP route that sets the session cookie. One browser consumes it, within seconds."""

    __tablename__ = "ticket"

    id: int = Field(default=None, primary_key=True)
    digest: str = Field(max_length=64, unique=True)
    purpose: str = Field(max_length=20)
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    session_id: int | None = Field(default=None, foreign_key="account_session.id", ondelete="CASCADE", index=True)
    """The session to renew; empty for a new one."""
    browser_digest: str = Field(max_length=64)
    remember: bool = False
    factor: str = Field(default="", max_length=20)
    """The factor that was given for a new session; empty if the password was enough."""
    return_to: str = Field(max_length=200)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptWindow(SQLModel, table=True):
    """Attempts of one kind at one account or registration, in one budget and window: see `attempts`."""

    __tablename__ = "attempt_window"

    key: str = Field(primary_key=True, max_length=64)
    """A keyed digest, so that addresses without an account are not stored in plain text."""
    failures: int
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)


class PendingLogin(SQLModel, table=True):
    """A login with a right password whose second factor is outstanding. It opens only the code form."""

    __tablename__ = "pending_login"

    browser_digest: str = Field(primary_key=True, max_length=64)
    """One per browser: a newer login replaces an older one."""
    secret_digest: str = Field(max_length=64)
    """Digest of the secret in the tab where the password was given. The browser cookie alone cannot finish a login."""
    cookie_digest: str = Field(default="", max_length=64)
    """Digest of the secret in the browser's cookie, once the tab has asked for it."""
    account_id: int = Field(foreign_key="account.id", ondelete="CASCADE", index=True)
    remember: bool
    return_to: str = Field(max_length=200)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    address: str = Field(max_length=45)
    browser: str = Field(max_length=80)
    system: str = Field(max_length=80)


class FailedCodeCount(SQLModel, table=True):
    """How many wrong codes in a row came from one browser. Their sum leads to the lockout, so 100 rows at most."""

    __tablename__ = "failed_code_count"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    browser_digest: str = Field(primary_key=True, max_length=64)
    """Any browser, whether known to the account or not."""
    failures: int


class SecondFactorLockout(SQLModel, table=True):
    """The lockouts of an account at which too many codes were guessed."""

    __tablename__ = "second_factor_lockout"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    locked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When logins were blocked. A mailed password reset lifts the first lockout, the operator or an undo any."""
    times: int
    """How many lockouts there were. A right code does not reset this."""
