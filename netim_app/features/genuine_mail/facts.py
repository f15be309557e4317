"""Changes of the phrase."""

from dataclasses import dataclass
from typing import Literal

from netim_app.core.facts import Change

_SUMMARIES = {
    "chosen": "genuine_mail.summary.chosen",
    "changed": "genuine_mail.summary.changed",
    "removed": "genuine_mail.summary.removed",
}


@dataclass(frozen=True, kw_only=True)
class PhraseChanged(Change):
    """From now on mails have a phrase, another one, or none. The fact does not contain the phrase."""

    change: Literal["chosen", "changed", "removed"]

    @property
    def summary(self) -> str:
        return _SUMMARIES[self.change]
