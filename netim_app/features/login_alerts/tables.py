"""Accounts that get a mail for each login."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from netim_app.infra.columns import UtcDateTime


class LoginAlert(SQLModel, table=True):
    """There is a row while alerts are on, and none while they are off."""

    __tablename__ = "login_alert"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    on_since: datetime = Field(sa_type=UtcDateTime)
