"""What is left of the present set."""

from dataclasses import dataclass

import sqlalchemy as sa

from netim_app.features.backup_codes import rules
from netim_app.features.backup_codes.service.use import codes_left
from netim_app.features.backup_codes.tables import BackupCodeSet
from netim_app.identity import accounts, second_factor
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.texts import formats

_set = table_of(BackupCodeSet).c
_MADE = sa.select(_set.made_at, _set.shown_at, _set.saved_at).where(_set.account_id == sa.bindparam("account"))


@dataclass(frozen=True)
class Stock:
    """The card's content. `made_on` is a date in the customer's language; empty before the first set."""

    enabled: bool
    left: int = 0
    made_on: str = ""
    low: bool = False
    shown: bool = True
    """Whether a page has confirmed that it showed the set."""
    saved: bool = True
    """Whether the customer has confirmed that the set is saved."""


def view_stock(unit: UnitOfWork, account_id: int) -> Stock:
    """The card's content."""
    if not second_factor.enrolled(unit, account_id):
        return Stock(enabled=False)
    made = unit.row(_MADE, account=account_id)
    language, time_zone = accounts.locale_of(unit, account_id)
    left = codes_left(unit, account_id)
    return Stock(
        enabled=True,
        left=left,
        made_on=formats.format_date(made.made_at, language, time_zone) if made else "",
        low=rules.is_low(left),
        shown=made is not None and made.shown_at is not None,
        saved=made is None or made.saved_at is not None,
    )


def runs_low(unit: UnitOfWork, account_id: int) -> bool:
    """Whether the customer needs new codes."""
    return second_factor.enrolled(unit, account_id) and rules.is_low(codes_left(unit, account_id))


def is_unsaved(unit: UnitOfWork, account_id: int) -> bool:
    """Whether there are enough codes, but the customer has not confirmed that they are saved."""
    made = unit.row(_MADE, account=account_id)
    unsaved = made is not None and made.saved_at is None
    return unsaved and second_factor.enrolled(unit, account_id) and not runs_low(unit, account_id)
