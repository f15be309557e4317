"""Data retention: erases addresses and browsers first, and later whole entries, from the oldest."""

from datetime import timedelta

import sqlalchemy as sa

from netim_app.features.journal import rules
from netim_app.features.journal.rules import Head
from netim_app.features.journal.service import entries, keys
from netim_app.features.journal.tables import JournalAnchor, JournalEntry
from netim_app.identity.account_lock import lock_if_there
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import UnitOfWork

KEEP = timedelta(days=3 * 365)
STEP = timedelta(days=90)
"""How much older than the limit the oldest entry must be: a journal is shortened four times a year, not every day."""
AT_ONCE = 1_000
"""How many old entries per minute are checked for their accounts."""
_entry = table_of(JournalEntry).c
_FORGET = (
    sa.update(table_of(JournalEntry))
    .where(_entry.forget_at < sa.bindparam("now"))
    .values(address="", browser="", system="", place_salt=b"", forget_at=None)
)
_DUE = sa.select(_entry.account_id).where(_entry.at < sa.bindparam("before")).order_by(_entry.at).limit(AT_ONCE)
_OLDEST = sa.select(_entry.at).where(_entry.account_id == sa.bindparam("account")).order_by(_entry.number).limit(1)
_LAST_OLD = (
    sa.select(_entry.number, _entry.hash)
    .where(_entry.account_id == sa.bindparam("account"), _entry.at < sa.bindparam("before"))
    .order_by(_entry.number.desc())
    .limit(1)
)
_REMOVE = sa.delete(table_of(JournalEntry)).where(
    _entry.account_id == sa.bindparam("account"), _entry.number <= sa.bindparam("last")
)


def forget_places(unit: UnitOfWork) -> None:
    """Erases addresses and browsers with their salt after half a year. The commitments keep the chain valid."""
    unit.run(_FORGET, {"now": unit.now})


def too_long(unit: UnitOfWork) -> list[int]:
    """The accounts whose journals must be shortened. Call `shorten` for each."""
    return list(dict.fromkeys(row.account_id for row in unit.rows(_DUE, before=unit.now - KEEP - STEP)))


def shorten(unit: UnitOfWork, account_id: int) -> None:
    """Removes entries older than `KEEP`, and records that in an entry and in a signed note."""
    lock_if_there(unit, account_id)
    oldest = unit.row(_OLDEST, account=account_id)
    row = unit.row(_LAST_OLD, account=account_id, before=unit.now - KEEP)
    if oldest is None or row is None or oldest.at >= unit.now - KEEP - STEP:
        return
    removed = Head(row.number, row.hash)
    entries.add(
        unit,
        account_id,
        entries.What(
            sort="operator", event="journal_shortened", details={"last": removed.number, "hash": removed.hash}
        ),
    )
    note = keys.signer(unit).note(rules.anchor_text(account_id, removed, unit.now))
    unit.session.merge(JournalAnchor(account_id=account_id, number=removed.number, hash=removed.hash, note=note))
    unit.run(_REMOVE, {"account": account_id, "last": removed.number})
