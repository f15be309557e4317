"""The card "Your data", the dialog that deletes the account, and the panel that says that it stays."""

from typing import Any

import reflex as rx

from netim_app.brand.brand import get_brand
from netim_app.core import paths
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.own_data.rules import GRACE
from netim_app.features.own_data.service import cancellation, deletion, document
from netim_app.features.own_data.service.cancellation import Stay
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.email_address import read_email
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change, leave_visit
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.reflex_port.visits import visit_of

FILE_NAME = f"{get_brand().file_prefix}-data.json"
GRACE_DAYS = GRACE.days


class OwnDataState(rx.State):
    """The card and the panel. No var holds the data itself."""

    asked_on: str = ""
    """When the deletion that a login has cancelled was requested; empty when there is nothing to show."""

    @rx.event
    @open_to(FRESH)
    async def download(self) -> Any:
        """Downloads a file with all data of the account."""
        try:
            await limits.allow_download(actor().account_id)
            await change(self, document.note_download)
        except DomainError as error:
            await show_notice(self, "danger", error.key, **error.params)
            return None
        text = await in_read_unit(document.text_of, actor().account_id)
        await show_notice(self, "success", "own_data.downloaded")
        return rx.download(data=text, filename=FILE_NAME, mime_type="application/json")

    @rx.event
    @open_to(LOGGED_IN)
    async def close_notice(self) -> None:
        """Closes the notice that the account stays."""
        await change(self, cancellation.close_notice)


class DeleteAccountState(rx.State):
    """The dialog that deletes the account."""

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
        """Closes it without changes."""
        self.open = False
        self.errors = {}

    @rx.event
    @open_to(FRESH)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Schedules the deletion, which ends all sessions. The login page says how to keep the account."""
        self.errors = {}
        read = Form(form)
        typed = read_email(read)
        try:
            read.finish()
            await in_unit(deletion.ask, actor(), typed)
        except DomainError as error:
            self.errors = await explain(self, error)
            return None
        self.open = False
        await leave_visit(self)
        return rx.redirect(f"{paths.LOGIN}?deleted=1")


async def show_stay(state: rx.State, stay: Stay) -> None:
    """Updates the panel with the cancelled deletion."""
    (await state.get_state(OwnDataState)).asked_on = stay.asked_on
