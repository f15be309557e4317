"""Whether the restriction is on, and which addresses may use the account."""

import sqlalchemy as sa
from sqlmodel import col, select

from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.rules import spans
from netim_app.features.ip_restriction.rules.spans import Span
from netim_app.features.ip_restriction.tables import IpRestriction, IpRule
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

REFUSED = "ip_restriction.refused"
ORDER = (col(IpRule.family), col(IpRule.first), col(IpRule.last))
"""By their addresses, IPv4 first: this is how rules are shown."""
_restriction = table_of(IpRestriction).c
_IS_ON = sa.select(_restriction.account_id).where(_restriction.account_id == sa.bindparam("account"))


def is_on(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the restriction is in force."""
    return unit.run(_IS_ON, {"account": account_id}).first() is not None


def refusal(unit: UnitOfWork, account_id: int, origin: Origin) -> str | None:
    """The login policy: while the restriction is on, an address that no rule covers, or none at all, is kept out."""
    if not is_on(unit, account_id):
        return None
    caller = spans.of_client(origin.address)
    return None if caller is not None and let_in_by(unit, account_id, caller) is not None else REFUSED


def let_in_by(unit: UnitOfWork, account_id: int, address: Span) -> str | None:
    """The text of the first rule that covers an address; None if no rule does."""
    found = select(IpRule.text).where(
        IpRule.account_id == account_id,
        IpRule.family == address.family,
        IpRule.first <= packed(address.first),
        IpRule.last >= packed(address.last),
    )
    return unit.session.exec(found.order_by(*ORDER).limit(1)).first()


def packed(number: int) -> bytes:
    """An address as the database compares it."""
    return number.to_bytes(16, "big")
