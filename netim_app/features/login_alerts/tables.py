"""The accounts' settings for login mails, and the mailboxes that receive copies."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class LoginAlert(SQLModel, table=True):
    """The row exists once the customer has chosen a setting. Without it, `rules.DEFAULT` applies."""

    __tablename__ = "login_alert"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    setting: str = Field(max_length=5)
    """One of `rules.SETTINGS`."""
    since: datetime = Field(sa_type=UtcDateTime)


class AlertCopy(SQLModel, table=True):
    """The one further mailbox of an account that receives copies, or has been asked to confirm."""

    __tablename__ = "alert_copy"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    email: str = Field(max_length=254)
    added_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Empty until the mailbox has confirmed: no copy is sent before."""
