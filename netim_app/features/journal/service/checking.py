"""Verifies a journal on the server, part by part, as `verify_journal.py` does elsewhere."""

from dataclasses import dataclass, replace
from itertools import islice

from netim_app.features.journal import rules
from netim_app.features.journal.rules import Head
from netim_app.features.journal.service import entries, reading
from netim_app.infra.unit_of_work import UnitOfWork

PART = 5_000
"""How many entries one unit reads and verifies, in about a quarter of a second."""


@dataclass(frozen=True)
class Check:
    """The progress of a check: all entries from no. `first` to `head` are valid.

    Attributes:
        end: number of the newest entry when the check began.
        broken: number of the first invalid entry; 0 for none.
    """

    first: int
    head: Head
    end: int
    broken: int = 0

    @property
    def is_over(self) -> bool:
        """Whether the check is complete."""
        return self.broken > 0 or self.head.number >= self.end


def begin(unit: UnitOfWork, account_id: int) -> Check:
    """Verifies the first part."""
    start = reading.beginning(unit, account_id)
    end = entries.newest(unit, account_id).number
    return go_on(unit, account_id, Check(start.number + 1, start, end))


def go_on(unit: UnitOfWork, account_id: int, check: Check) -> Check:
    """Verifies the next part: recomputes every hash and commitment."""
    start = reading.beginning(unit, account_id)  # entries may have been removed since the previous part
    start = head = start if start.number > check.head.number else check.head
    for row in islice(reading.all_behind(unit, account_id, start.number), PART):
        entry = reading.entry_of(row)
        kept = reading.values_of(row).items()
        whole = all(entry.personal.get(name) == rules.commitment(*value) for name, value in kept)
        if row.number != head.number + 1 or row.hash != rules.hash_of(head.hash, entry) or not whole:
            return replace(check, head=head, broken=head.number + 1)
        head = Head(row.number, row.hash)
    is_cut = head is start and head.number < check.end
    return replace(check, head=head, broken=head.number + 1 if is_cut else 0)
