"""Facts about the journal itself."""

from dataclasses import dataclass

from netim_app.core.facts import Change


@dataclass(frozen=True, kw_only=True)
class JournalExported(Change):
    """The customer has saved the journal as files."""

    @property
    def summary(self) -> str:
        return "journal.summary.exported"
