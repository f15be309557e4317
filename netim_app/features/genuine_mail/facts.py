"""Changes of the phrase."""

from dataclasses import dataclass
from typing import Literal

from netim_app.core.facts import Change

_TOLD = {
    "chosen": "genuine_mail.told.chosen",
    "changed": "genuine_mail.told.changed",
    "removed": "genuine_mail.told.removed",
}


@dataclass(frozen=True, kw_only=True)
class PhraseChanged(Change):
    """From now on mails have a phrase, another one, or none. The fact does not contain the phrase."""

    change: Literal["chosen", "changed", "removed"]

    @property
    def told(self) -> str:
        return _TOLD[self.change]
