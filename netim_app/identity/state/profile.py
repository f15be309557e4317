"""The customer's own data: the form that edits it, and the change of the e-mail address."""

from dataclasses import asdict
from typing import Any

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.identity import email_change, limits, profiles
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.email_address import read_new_email
from netim_app.identity.profiles import AccountView
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import change
from netim_app.reflex_port.visits import visit_of


class ProfileState(rx.State):
    """Personal information and the form that edits it."""

    email: str = ""
    pending_email: str = ""
    values: dict[str, str] = {}
    """The stored values, by field name."""
    version: int = 0
    """Increases when the form must show the stored values: they have changed, or differ from what was typed. A change
    of only the language does not count: it can be switched at the top of the page while somebody types here."""
    errors: dict[str, str] = {}

    @rx.event
    @open_to(LOGGED_IN)
    async def save(self, form: dict[str, Any]) -> None:
        """Stores the form. If something is wrong, the form keeps its input."""
        self.errors = {}
        shown = self.version
        try:
            profile = profiles.read_profile(form)
            await limits.allow_edit(actor().account_id)
            await change(self, profiles.edit_profile, profile)
        except DomainError as error:
            self.errors = await explain(self, error)
            await show_notice(self, "danger", "form.look_again")
            return
        if self.version == shown and any(form.get(name) != stored for name, stored in self.values.items()):
            self.version += 1  # the same value was already stored, in another spelling
        await show_notice(self, "success", "profile.saved")


class EmailState(rx.State):
    """The dialog that changes the e-mail address."""

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
        """Closes the dialog without a change."""
        self.open = False
        self.errors = {}

    @rx.event
    @open_to(FRESH)
    async def submit(self, form: dict[str, Any]) -> None:
        """Mails a link to the new address, which takes effect only when the link is followed."""
        self.errors = {}
        read = Form(form)
        email = read_new_email(read)
        try:
            read.finish()
            await limits.allow_mail("email_change", email, actor().origin.address)
            await change(self, email_change.ask_email_change, email)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.open = False
        await show_notice(self, "success", "email.asked", email=email)


async def show_profile(state: rx.State, view: AccountView) -> None:
    """Puts the stored data into the form."""
    profile = await state.get_state(ProfileState)
    profile.email = view.email
    profile.pending_email = view.pending_email
    stored = asdict(view.profile)
    if {**profile.values, "language": stored["language"]} != stored:
        profile.version += 1
    profile.values = stored
