"""The strength of a password while it is typed."""

from typing import Any

from netim_app.core.actor import visitor
from netim_app.identity import limits, password_policy


async def rate_typed(state: Any, password: str) -> None:
    """Shows how strong a password is, in the state's `score`. The password is not stored."""
    address = visitor().origin.address
    if await limits.may_rate_password(address):
        state.score = await password_policy.score_typed(password, address)
