"""Verifying a journal on the server, as `verify_journal.py` does it elsewhere."""

from dataclasses import dataclass

from netim_app.features.journal import rules
from netim_app.features.journal.rules import Head
from netim_app.features.journal.service import entries, reading
from netim_app.infra.unit_of_work import UnitOfWork

MAX_CHECKED = 20_000
"""Entries, the newest: about a second. The program in the export has no limit."""


@dataclass(frozen=True)
class Checked:
    """The result of a check. All from `first` to `last` is right, unless `broken` is a number: there it breaks."""

    first: int
    last: int
    broken: int = 0


def check(unit: UnitOfWork, account_id: int, most: int = MAX_CHECKED) -> Checked:
    """Computes every hash and every commitment of the newest entries anew."""
    start = _start(unit, account_id, most)
    previous, number = start.hash, start.number
    for row in reading.all_behind(unit, account_id, start.number):
        number += 1
        entry = reading.entry_of(row)
        kept = reading.values_of(row).items()
        whole = all(entry.personal.get(name) == rules.commitment(*value) for name, value in kept)
        if row.number != number or row.hash != rules.hash_of(previous, entry) or not whole:
            return Checked(start.number + 1, number - 1, broken=number)
        previous = row.hash
    return Checked(start.number + 1, number)


def _start(unit: UnitOfWork, account_id: int, most: int) -> Head:
    """Behind which entry to begin: at the beginning of the journal unless that is too far back."""
    start = reading.beginning(unit, account_id)
    number = entries.newest(unit, account_id).number - most
    if number > start.number and (stored := reading.hash_at(unit, account_id, number)):
        return Head(number, stored)
    return start
