"""The dialog that asks for the address that receives copies."""

from typing import Any

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.login_alerts.service import copies
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.email_address import read_new_email
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.infra.rate_limit import HOUR, Limit
from netim_app.reflex_port.visits import visit_of

COPY_REQUEST_PER_ACCOUNT = Limit("copy_request_per_account", 10, HOUR)
"""Each sends a mail to a mailbox that did not ask for it."""


class CopyDialogState(rx.State):
    """The dialog that asks for the address."""

    open: bool = False
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    def begin(self) -> None:
        """Opens the dialog, after a fresh proof of identity."""
        self._visit = visit_of(self)
        self.open = True
        self.errors = {}

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without changes."""
        self.reset()

    @rx.event
    @open_to(FRESH)
    async def submit(self, form: dict[str, Any]) -> None:
        """Mails the link to the address, which gets no copy before it has confirmed."""
        self.errors = {}
        read = Form(form)
        email = read_new_email(read)
        try:
            read.finish()
            await allow_request(email)
            await change(self, copies.ask, email)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.reset()
        await show_notice(self, "success", "login_alerts.copy.asked", email=email)


async def allow_request(email: str) -> None:
    """Counts a request to mail the link to an address."""
    await limits.allow(COPY_REQUEST_PER_ACCOUNT, str(actor().account_id), field="email")
    await limits.allow_mail("alert_copy", email, actor().origin.address)
