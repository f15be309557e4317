"""The wizard that enrols an authenticator."""

from typing import Any, ClassVar

import reflex as rx

from netim_app.core import paths, readers
from netim_app.core.actor import actor
from netim_app.core.errors import DomainError
from netim_app.core.forms import Form
from netim_app.features.totp.service import enrolments
from netim_app.features.totp.state.card import TotpState, read_name
from netim_app.identity import limits
from netim_app.identity.access import FRESH, LOGGED_IN, open_to
from netim_app.identity.state.cards import go_to_card
from netim_app.identity.state.messages import explain, show_notice
from netim_app.identity.state.shell import refresh
from netim_app.identity.state.ticket_exchange import renew_session
from netim_app.infra.unit_of_work import in_read_unit, in_unit
from netim_app.reflex_port.visits import is_over, visit_of
from reflex_guard.transient_vars import TransientVars, forget

SYSTEMS = {
    "Android": "android",
    "iOS": "ios",
    "Windows": "windows",
    "macOS": "macos",
    "Linux": "linux",
    "ChromeOS": "browser",
}
"""A system, as `infra.user_agent` names it, and the kind of applications that a customer with it sees first."""
KINDS = ("android", "ios", "windows", "macos", "linux", "browser")
_ONCE = ("step", "adding", "systems", "key_text", "uri", "picture", "handle")
MAX_HANDLE = 100
GONE, ENABLED_ELSEWHERE = enrolments.GONE, enrolments.ENABLED_ELSEWHERE


def _own_first(system: str) -> list[str]:
    own = SYSTEMS.get(system, "")
    return [kind for kind in KINDS if kind == own] + [kind for kind in KINDS if kind != own]


class TotpWizardState(TransientVars, rx.State):
    """The enrolment of an authenticator. Its data is shown once: this state keeps only the handle of the enrolment."""

    step: int = 0
    """1 or 2 while the wizard is open."""
    adding: bool = False
    """Whether this is a further authenticator; otherwise it is the first, which enables two-factor authentication."""
    systems: list[str] = []
    """Kinds of applications, those of the customer's own system first."""
    key_text: str = ""
    uri: str = ""
    picture: str = ""
    handle: str = ""
    """Identifies the enrolment. The page sends it, so the wizard continues if the server has lost this state."""
    errors: dict[str, str] = {}
    """By field. `ended` holds the text key of why the wizard cannot continue."""

    _TRANSIENT: ClassVar = _ONCE
    _enrolment: str = ""
    _forgotten: bool = False
    _visit: str = ""

    @rx.event
    @open_to(FRESH)
    async def begin(self) -> Any:
        """Opens the wizard with a secret of its own, on the page with the cards. A code has to prove it first."""
        caller = actor()
        try:
            made = await in_unit(enrolments.begin, caller, self._enrolment)
        except DomainError as error:
            await show_notice(self, "warning", error.key, **error.params)
            return
        self._enrolment = made.handle
        self._visit = visit_of(self, paths.SECURITY)
        self.adding = (await self.get_state(TotpState)).enabled
        self.systems = _own_first(caller.origin.system)
        self.key_text, self.uri, self.picture = made.key, made.uri, made.picture
        self.handle = made.handle
        self.errors = {}
        self.step = 1
        yield go_to_card(self, "two-factor")
        forget(self, *_ONCE)

    @rx.event
    @open_to(LOGGED_IN)
    async def go_to(self, step: int, first: bool = False, handle: str = "") -> Any:
        """Continues to the code, or returns to the QR code, which the page still has. `first`: it is to enable."""
        if step not in (1, 2) or isinstance(step, bool) or not self._resume(handle):
            return
        self.errors = {}
        try:
            await in_read_unit(enrolments.check_open, actor(), self._enrolment, first=first is True)
        except DomainError as error:
            self.errors = {"ended": error.key}
            return
        self.step = int(step)
        yield
        forget(self, "step")

    @rx.event
    @open_to(FRESH)
    async def confirm(self, form: dict[str, Any]) -> Any:
        """Adds the authenticator if its code is right. The first one renews the session, and the page continues.

        The wizard stays until the page reconnects with the new session and shows the next step.
        """
        self.errors = {}
        read = Form(form)
        code = read.code()
        name = read_name(read)
        self._resume(read.text("handle", limit=MAX_HANDLE, required=False))
        try:
            read.finish()
            await limits.allow_change(actor().account_id)
            ticket = await in_unit(
                enrolments.confirm,
                actor(),
                self._enrolment,
                code=code,
                name=name,
                return_to=paths.SECURITY,
                first=read.flag("first"),
            )
        except DomainError as error:
            ended = error.key in (GONE, ENABLED_ELSEWHERE)
            self.errors = {"ended": error.key} if ended else await explain(self, error)
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
    async def close(self, handle: str = "") -> None:
        """Abandons the enrolment: deletes the secret and changes nothing else."""
        self._resume(handle)
        await self._end()

    def _resume(self, handle: object) -> str:
        """The enrolment of this tab; if the state was lost, the one that the page names."""
        if not self._enrolment and isinstance(handle, str) and len(handle) <= MAX_HANDLE:
            self._enrolment = readers.token(handle)
            self._visit = visit_of(self)
        return self._enrolment

    async def _end(self) -> None:
        if self._enrolment:
            await in_unit(enrolments.abandon, actor(), self._enrolment)
        self.reset()


async def begin_visit(state: rx.State) -> None:
    """Ends a wizard of an earlier visit, with its secret, when a page opens."""
    wizard = await state.get_state(TotpWizardState)
    if wizard._visit and not wizard._enrolment:  # noqa: SLF001  its code was right
        wizard.reset()
    if is_over(wizard, state):
        await wizard._end()  # noqa: SLF001  public, it would be an event
