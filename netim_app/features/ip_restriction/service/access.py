"""Whether the restriction is on, and which addresses can use the account."""

from typing import Any

import sqlalchemy as sa

from netim_app.core.facts import Origin
from netim_app.features.ip_restriction.rules import spans
from netim_app.features.ip_restriction.rules.spans import Span
from netim_app.features.ip_restriction.tables import IpRestriction, IpRule
from netim_app.infra.columns import table_of
from netim_app.infra.export import export_rows
from netim_app.infra.unit_of_work import UnitOfWork

REFUSED = "ip_restriction.refused"
_restriction, _rule = table_of(IpRestriction).c, table_of(IpRule).c
ORDER = (_rule.family, _rule.first, _rule.last)
"""Rules are shown in this order: by address, IPv4 first."""
_SWITCH = sa.select(_restriction.on_since).where(_restriction.account_id == sa.bindparam("account"))
_COVERING = (
    sa.select(_rule.text)
    .where(
        _rule.account_id == sa.bindparam("account"),
        _rule.family == sa.bindparam("family"),
        _rule.first <= sa.bindparam("first"),
        _rule.last >= sa.bindparam("last"),
    )
    .order_by(*ORDER)
    .limit(1)
)


def switch_of(unit: UnitOfWork, account_id: int) -> sa.Row[Any] | None:
    """Since when the restriction is on (`on_since`); None while it is off."""
    return unit.row(_SWITCH, account=account_id)


def is_on(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the restriction is on."""
    return switch_of(unit, account_id) is not None


def refusal(unit: UnitOfWork, account_id: int, origin: Origin) -> str | None:
    """The login policy: while the restriction is on, it refuses an unknown address, and one that no rule covers."""
    if not is_on(unit, account_id):
        return None
    caller = spans.of_client(origin.address)
    return None if caller is not None and covering_rule(unit, account_id, caller) is not None else REFUSED


def covering_rule(unit: UnitOfWork, account_id: int, address: Span) -> str | None:
    """The text of the first rule that covers an address; None if no rule does."""
    first, last = packed(address.first), packed(address.last)
    row = unit.row(_COVERING, account=account_id, family=address.family, first=first, last=last)
    return None if row is None else row.text


def export(unit: UnitOfWork, account_id: int) -> dict[str, Any]:
    """For "Download my data"."""
    return {
        "switch": export_rows(unit, IpRestriction, account_id, "on_since"),
        "rules": export_rows(unit, IpRule, account_id, "text", "note", "added_at", "added_from"),
    }


def packed(number: int) -> bytes:
    """An address in the form in which the database compares it."""
    return number.to_bytes(16, "big")
