"""The card with the devices, the wizard that sets one up, and the dialogs that change one."""

from typing import Any, ClassVar

import reflex as rx

from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.totp import rules
from netim_app.features.totp.service import authenticators, enrolments
from netim_app.features.totp.service.authenticators import Authenticator, Authenticators
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.shell import change, explain, refresh, show_notice
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import in_unit
from netim_app.reflex_port.transient_vars import TransientVars, forget
from netim_app.reflex_port.visits import visit_of

PAGE = "/account/connection-and-security"
MAX_NAME = rules.MAX_NAME
MAX_AUTHENTICATORS = rules.MAX_AUTHENTICATORS
MAX_ID = 2**31 - 1
"""How the page is asked to go on with the code after a step-up."""
SYSTEMS = {
    "Android": "android",
    "iOS": "ios",
    "Windows": "windows",
    "Mac OS X": "macos",
    "macOS": "macos",
    "Linux": "linux",
    "ChromeOS": "browser",
}
"""A system as `infra.user_agent` calls it, and which applications it is offered first."""
KINDS = ("android", "ios", "windows", "macos", "linux", "browser")
_ONCE = ("step", "adding", "systems", "key_text", "uri", "picture")


def _own_first(system: str) -> list[str]:
    own = SYSTEMS.get(system, "")
    return [kind for kind in KINDS if kind == own] + [kind for kind in KINDS if kind != own]


def _read_name(read: Form) -> str:
    return read.text("name", limit=MAX_NAME)


class TotpState(rx.State):
    """Whether two-factor authentication is on, and the devices."""

    enabled: bool = False
    devices: list[Authenticator] = []
    full: bool = False


class TotpWizardState(TransientVars, rx.State):
    """Setting up a device. What it shows is shown once: this state keeps nothing but which enrolment it is."""

    step: int = 0
    """1 or 2 while the wizard is open."""
    adding: bool = False
    """Whether this is one more device; otherwise the first, which enables two-factor authentication."""
    systems: list[str] = []
    """Kinds of applications, the customer's own system first."""
    key_text: str = ""
    uri: str = ""
    picture: str = ""
    errors: dict[str, str] = {}

    _TRANSIENT: ClassVar = _ONCE
    _enrolment: str = ""
    _forgotten: bool = False
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> Any:
        """Opens the wizard with a secret of its own. Nothing is on before a code has proved it."""
        caller = actor()
        try:
            made = await in_unit(enrolments.begin, caller, self._enrolment)
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        self._enrolment = made.handle
        self._visit = visit_of(self)
        self.adding = (await self.get_state(TotpState)).enabled
        self.systems = _own_first(caller.origin.system)
        self.key_text, self.uri, self.picture = made.key, made.uri, made.picture
        self.errors = {}
        self.step = 1
        yield
        forget(self, *_ONCE)

    @rx.event
    @open_to(LOGGED_IN)
    async def go_to(self, step: int) -> Any:
        """Goes on to the code, or back to the QR code, which the page still has."""
        if step not in (1, 2) or isinstance(step, bool) or not self._enrolment:
            return
        self.errors = {}
        self.step = int(step)
        yield
        forget(self, "step")

    @rx.event
    @open_to(FRESH)
    async def confirm(self, form: dict[str, Any]) -> Any:
        """Takes the device into use when its code is right. The first one renews the session, and the page goes on.

        The wizard stays until the page comes back by the new session, with what follows.
        """
        self.errors = {}
        read = Form(form)
        code = read.code()
        name = _read_name(read)
        try:
            read.finish()
            await limits.allow_change(actor().account_id)
            ticket = await in_unit(
                enrolments.confirm,
                actor(),
                self._enrolment,
                code=code,
                name=name,
                return_to=PAGE,
            )
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self._enrolment = ""
        if ticket is None:
            self.reset()
            await refresh(self)
            await show_notice(self, "success", "totp.added", name=name)
            return
        async for step in renew_session(self, ticket):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    async def close(self) -> None:
        """Gives up: the secret is deleted, and everything is as it was."""
        await self._end()

    async def _end(self, *, but: str | None = None) -> None:
        if self._visit == but:
            return
        if self._enrolment:
            await in_unit(enrolments.abandon, actor(), self._enrolment)
        self.reset()


async def begin_visit(state: rx.State) -> None:
    """A page that opens ends a wizard of an earlier visit, with its secret."""
    visit = visit_of(state)
    wizard = await state.get_state(TotpWizardState)
    if wizard._visit and not wizard._enrolment:  # noqa: SLF001  its code was right
        wizard.reset()
    await wizard._end(but=visit)  # noqa: SLF001  public, it would be an event


class TotpDialogState(rx.State):
    """The dialogs that rename and remove a device, and the one that disables."""

    dialog: str = ""
    """Which one is open: "rename", "remove", "disable", or empty."""
    device: int = 0
    device_name: str = ""
    errors: dict[str, str] = {}

    _visit: str = ""

    @rx.event
    @open_to(LOGGED_IN)
    async def begin_rename(self, device: int) -> None:
        """Asks for a new name."""
        await self._open("rename", device)

    @rx.event
    @open_to(LOGGED_IN)
    async def rename(self, form: dict[str, Any]) -> None:
        """Stores the new name."""
        self.errors = {}
        read = Form(form)
        name = _read_name(read)
        try:
            read.finish()
            await change(self, authenticators.rename, self.device, name)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.renamed")

    @rx.event
    @open_to(FRESH)
    async def begin_remove(self, device: int) -> None:
        """Asks before a device is removed. To remove the last one is to disable."""
        last = len((await self.get_state(TotpState)).devices) == 1
        await self._open("disable" if last else "remove", device)

    @rx.event
    @open_to(FRESH)
    async def remove(self) -> None:
        """Removes the device."""
        self.errors = {}
        try:
            await limits.allow_change(actor().account_id)
            await change(self, authenticators.remove, self.device)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.removed", name=self.device_name)

    @rx.event
    @open_to(FRESH)
    def begin_disable(self) -> None:
        """Asks for the code that disables."""
        self.errors = {}
        self._visit = visit_of(self)
        self.device = 0
        self.dialog = "disable"

    @rx.event
    @open_to(FRESH)
    async def disable(self, form: dict[str, Any]) -> Any:
        """Disables by a code; the ticket then renews the session, and the page stays."""
        self.errors = {}
        read = Form(form)
        code = read.code()
        try:
            read.finish()
            ticket = await in_unit(authenticators.disable, actor(), code, PAGE)
        except DomainError as error:
            self.errors = await explain(self, error)
            return
        self.dialog = ""
        await show_notice(self, "success", "totp.disabled")
        async for step in renew_session(self, ticket):
            yield step

    @rx.event
    @open_to(LOGGED_IN)
    def close(self) -> None:
        """Closes the dialog without a change."""
        self.dialog = ""
        self.errors = {}

    async def _open(self, dialog: str, device: int) -> None:
        if not isinstance(device, int) or isinstance(device, bool) or not 0 < device <= MAX_ID:
            return
        known = {row.id: row.name for row in (await self.get_state(TotpState)).devices}
        if device in known:
            self.errors = {}
            self._visit = visit_of(self)
            self.device = device
            self.device_name = known[device]
            self.dialog = dialog


async def show_devices(state: rx.State, shown: Authenticators) -> None:
    """Puts the stored facts into the card."""
    card = await state.get_state(TotpState)
    card.enabled = shown.enabled
    card.devices = list(shown.authenticators)
    card.full = shown.full
