"""The steps that are due for customers who may have lost their device."""

from sqlmodel import Field, SQLModel


class ReplacementToDo(SQLModel, table=True):
    """One step that a customer has not taken since the login without the device."""

    __tablename__ = "replacement_to_do"

    account_id: int = Field(primary_key=True, foreign_key="account.id", ondelete="CASCADE")
    key: str = Field(primary_key=True, max_length=40)
    """The key of a `feature.ReplacementStep`."""
