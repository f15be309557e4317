"""What accounts have chosen about mails for their logins, and which mailbox gets copies of them."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class LoginAlert(SQLModel, table=True):
    """There is a row once the customer has chosen something. Without one it is `rules.DEFAULT`."""

    __tablename__ = "login_alert"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    setting: str = Field(max_length=5, sa_column_kwargs={"server_default": "every"})
    """One of `rules.SETTINGS`."""
    since: datetime = Field(sa_type=UtcDateTime)


class AlertCopy(SQLModel, table=True):
    """The one further mailbox of an account that gets copies, or is asked whether it wants them."""

    __tablename__ = "alert_copy"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    email: str = Field(max_length=254)
    added_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Empty until its mailbox has confirmed it: nothing is sent to it before."""
