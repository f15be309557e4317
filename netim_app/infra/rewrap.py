"""Re-seals stored secrets after the secret key has changed (`netim rotate-key`)."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import SQLModel

from netim_app.infra.log import log_event
from netim_app.infra.unit_of_work import UnitOfWork
from netim_app.infra.vault import VaultError

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True)
class Rewrapped:
    """How many values were re-sealed, and how many were unreadable: damaged, or sealed with a lost key."""

    sealed: int = 0
    unreadable: int = 0

    def __add__(self, other: "Rewrapped") -> "Rewrapped":
        return Rewrapped(self.sealed + other.sealed, self.unreadable + other.unreadable)


def rewrap_rows(unit: UnitOfWork, rows: Iterable[Row], context: Callable[[Row], str], column: str) -> Rewrapped:
    """Re-seals one column of these rows. Read them `with_for_update`, so that no concurrent change is overwritten.

    An unreadable value is logged and left as it is, and the others are still re-sealed.
    """
    done = Rewrapped()
    for row in rows:
        try:
            fresh = unit.vault.rewrap(getattr(row, column), context(row))
        except VaultError:
            log_event(logger, "vault.unreadable", level=logging.ERROR, table=str(row.__tablename__), row=context(row))
            done += Rewrapped(unreadable=1)
            continue
        if fresh is not None:
            setattr(row, column, fresh)
            done += Rewrapped(sealed=1)
    return done
