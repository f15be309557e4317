"""The check of the journal."""

from typing import Any

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.features.journal.service import checking
from netim_app.features.journal.service.checking import Check
from netim_app.identity import limits
from netim_app.identity.access import LOGGED_IN, open_to
from netim_app.identity.state.messages import show_notice
from netim_app.infra.rate_limit import HOUR, Limit
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.visits import visit_of

JOURNAL_CHECK_PER_ACCOUNT = Limit("journal_check_per_account", 20, HOUR)
"""Each takes some seconds of CPU time for a hundred thousand entries."""


class JournalCheckState(rx.State):
    """The check. Each part is an event of its own, so that other events can run in between."""

    number: int = 0
    """The entry that the check has reached; 0 while no check is running."""
    end: int = 0

    _check: Check | None = None
    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def check(self) -> Any:
        """Verifies the next part, or starts a check; at the end it shows the verified range."""
        if self._check is None:
            try:
                await limits.allow(JOURNAL_CHECK_PER_ACCOUNT, str(actor().account_id))
            except DomainError as error:
                await show_notice(self, "danger", error.key, **error.params)
                return None
            self._visit = visit_of(self)
            check = await in_read_unit(checking.begin, actor().account_id)
        else:
            check = await in_read_unit(checking.go_on, actor().account_id, self._check)
        return await self._show(check)

    async def _show(self, check: Check) -> Any:
        if not check.is_over:
            self._check, self.number, self.end = check, check.head.number, check.end
            return JournalCheckState.check
        self.reset()
        if check.broken == 1:
            await show_notice(self, "danger", "journal.no_beginning")
        elif check.broken:
            await show_notice(self, "danger", "journal.broken", number=check.broken)
        else:
            await show_notice(self, "success", "journal.checked", first=check.first, last=check.head.number)
        return None
