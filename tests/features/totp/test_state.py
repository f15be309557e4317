import pickle
from typing import Any

import pyotp
import pytest
from sqlmodel import select

from netim_app.core.actor import set_caller
from netim_app.features.totp.rules import step_at
from netim_app.features.totp.service.authenticators import Authenticator
from netim_app.features.totp.state.card import TotpState
from netim_app.features.totp.state.dialogs import TotpDialogState
from netim_app.features.totp.state.wizard import KINDS, TotpWizardState, _own_first
from netim_app.features.totp.tables import TotpEnrolment
from netim_app.identity.state.shell import ShellState
from netim_app.infra import user_agent
from netim_app.infra.unit_of_work import Units
from tests.kit.factories import Tab, logged_in_actor, tickets_of
from tests.kit.fakes import FakeClock
from tests.kit.pages import SECURITY


async def open_wizard(tab: Tab) -> tuple[TotpWizardState, str]:
    """The wizard, and the key that the page was given."""
    wizard = await tab.state(TotpWizardState)
    seen = ""
    async for _ in TotpWizardState.event_handlers["begin"].fn(wizard):
        seen = wizard.key_text
        wizard._clean()  # as Reflex does when it has sent what changed
    return wizard, seen.replace(" ", "")


@pytest.fixture
async def tab(sqlite_units: Units) -> Tab:
    set_caller(logged_in_actor(sqlite_units))
    opened = Tab(SECURITY)
    await opened.run(ShellState, "open_account_page")
    return opened


async def test_what_the_wizard_shows_stays_in_no_state(tab: Tab) -> None:
    wizard, key = await open_wizard(tab)

    assert len(key) == 32
    assert (wizard.step, wizard.key_text, wizard.uri, wizard.picture) == (0, "", "", "")
    assert key.encode() not in pickle.dumps(wizard.__getstate__())


async def test_a_proved_code_hands_over_a_ticket_and_goes_on_to_the_backup_codes(tab: Tab, clock: FakeClock) -> None:
    _, key = await open_wizard(tab)
    form = {"code": pyotp.TOTP(key).generate_otp(step_at(clock())), "name": "Phone"}

    wizard, steps = await tab.run(TotpWizardState, "confirm", form)

    assert len(tickets_of(steps)) == 1
    assert wizard._enrolment == ""


async def test_faults_stand_at_their_fields(tab: Tab) -> None:
    await open_wizard(tab)

    wizard, steps = await tab.run(TotpWizardState, "confirm", {"code": "12", "name": ""})

    assert set(wizard.errors) == {"code", "name"}
    assert tickets_of(steps) == []
    wizard, _ = await tab.run(TotpWizardState, "confirm", {"code": "12", "name": "Phone"})
    assert set(wizard.errors) == {"code"}


async def test_a_new_visit_ends_the_wizard_and_the_same_one_does_not(tab: Tab, sqlite_units: Units) -> None:
    def enrolments() -> int:
        with sqlite_units.read() as unit:
            return len(unit.session.exec(select(TotpEnrolment)).all())

    await open_wizard(tab)
    await tab.run(ShellState, "open_account_page")
    assert enrolments() == 1

    tab.visit("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    assert enrolments() == 0


@pytest.mark.parametrize("step", [0, 3, True, "1", None, [], 1.5])
async def test_only_the_two_steps_can_be_gone_to(tab: Tab, step: Any) -> None:
    await open_wizard(tab)
    wizard = await tab.state(TotpWizardState)
    before = dict(wizard.get_delta())

    await tab.run(TotpWizardState, "go_to", step)

    assert wizard.get_delta() == before


async def test_a_device_that_the_page_does_not_list_opens_no_dialog(tab: Tab) -> None:
    devices: tuple[Any, ...] = (1, -1, True, "1", None, {})
    for device in devices:
        for handler in ("begin_rename", "begin_remove"):
            dialogs, _ = await tab.run(TotpDialogState, handler, device)
            assert dialogs.dialog == ""


@pytest.mark.parametrize("page", ["/account/personal-information", SECURITY])
async def test_of_several_older_devices_the_customer_finds_the_lost_one_in_the_list(tab: Tab, page: str) -> None:
    tab.visit(page)
    await tab.run(ShellState, "open_account_page")
    (await tab.state(TotpState)).authenticators = [
        Authenticator(id=n, name=str(n), added="", last_used="") for n in (1, 2, 3)
    ]

    dialogs, _ = await tab.run(TotpDialogState, "begin_remove_lost")
    tab.visit(SECURITY)
    await tab.run(ShellState, "open_account_page")

    assert dialogs.dialog == ""
    assert (await tab.state(ShellState)).notice == "Find the lost device in this list and remove it."
    tab.visit("/account/personal-information")
    await tab.run(ShellState, "open_account_page")
    assert (await tab.state(ShellState)).notice == ""


def test_the_own_system_comes_first() -> None:
    assert _own_first("Android") == list(KINDS)
    assert _own_first("macOS")[0] == "macos"
    assert sorted(_own_first("macOS")) == sorted(KINDS)
    assert _own_first("BeOS") == list(KINDS)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (
            "X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            "browser",
        ),
        (
            "Macintosh; Intel Mac OS X 10.15) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/138.0 Safari/605.1.15",
            "ios",
        ),
        (
            "iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
            "ios",
        ),
        ("Linux; Android 10; K) AppleWebKit/537.36 Chrome/138.0.0.0 Mobile Safari/537.36", "android"),
        ("Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0", "macos"),
        ("Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "windows"),
        ("X11; Ubuntu; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", "linux"),
    ],
)
def test_what_a_browser_says_of_itself_leads_to_applications_for_it(header: str, kind: str) -> None:
    """The names of systems come from another table: this test holds the two together."""
    _, system = user_agent.describe(f"Mozilla/5.0 ({header}")

    assert _own_first(system)[0] == kind


async def test_the_card_is_off_at_first(tab: Tab) -> None:
    card = await tab.state(TotpState)

    assert (card.enabled, card.authenticators, card.full) == (False, [], False)
