"""Tracks which parts of an account have changed since a page was shown, so that an event runs only their refreshers."""

from functools import cache

import sqlalchemy as sa

from netim_app.core.facts import Fact
from netim_app.identity.facts import Refusal
from netim_app.identity.tables import Account, AccountChange
from netim_app.infra.columns import table_of
from netim_app.infra.unit_of_work import Inserts, UnitOfWork
from netim_app.offers import offers

_account, _change = table_of(Account).c, table_of(AccountChange).c
_BUMP = (
    sa.update(table_of(Account))
    .where(_account.id == sa.bindparam("account"))
    .values(revision=_account.revision + 1)
    .returning(_account.revision)
)
_CHANGED_SINCE = sa.select(_change.feature).where(
    _change.account_id == sa.bindparam("account"), _change.revision > sa.bindparam("since")
)


def bump_revision(unit: UnitOfWork, fact: Fact) -> None:
    """Notes which refreshers the fact affects. Open pages of the account then run these."""
    if isinstance(fact, Refusal):
        return
    revision = unit.run(_BUMP, {"account": fact.account_id}).scalar_one()
    changed = [
        {"account_id": fact.account_id, "feature": name, "revision": revision}
        for name in offers().changed_by(type(fact))
    ]
    if changed:
        unit.run(_upsert(unit.insert), changed)


def changed_since(unit: UnitOfWork, account_id: int, revision: int) -> set[str]:
    """The names of the refreshers whose rows have changed since this revision of the account."""
    return set(unit.run(_CHANGED_SINCE, {"account": account_id, "since": revision}).scalars())


@cache
def _upsert(insert: Inserts) -> sa.Executable:
    new = insert(table_of(AccountChange))
    return new.on_conflict_do_update(index_elements=["account_id", "feature"], set_={"revision": new.excluded.revision})
