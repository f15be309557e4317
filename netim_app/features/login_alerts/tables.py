"""What accounts have chosen about mails for their logins."""

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
