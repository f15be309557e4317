"""Sealing stored secrets anew after a change of the secret key (`netim rotate-key`)."""

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
    """How many values were sealed anew, and how many could not be read: damaged, or sealed with a key that is lost."""

    sealed: int = 0
    unreadable: int = 0

    def __add__(self, other: "Rewrapped") -> "Rewrapped":
        return Rewrapped(self.sealed + other.sealed, self.unreadable + other.unreadable)


def rewrap_rows(unit: UnitOfWork, rows: Iterable[Row], context: Callable[[Row], str], column: str) -> Rewrapped:
    """Seals one column of these rows anew. Read them `with_for_update`: what changes meanwhile must not be overwritten.

    A value that cannot be read stays as it is, is logged and keeps nothing else from being sealed anew.
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
