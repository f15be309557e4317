"""netim_app.report_fault: a fault is told by what does not need what made it fail, and never by an event."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import reflex as rx
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event.context import EventContext

from netim_app import netim_app
from netim_app.identity.state.incidents import IncidentReporter
from netim_app.identity.state.shell import ShellState
from netim_app.reflex_port.sockets import ConnectedTabs
from tests.kit.fakes import captured_log


class Page:
    """A tab of which the server hears and to which it speaks, with an event that has just failed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.heard: list[Mapping[str, Any]] = []
        self.root = rx.State()
        self.states_fail = self.line_fails = False
        self.connected: dict[str, str] = {"a socket": "a tab"}
        self.asked = 0
        namespace = netim_app.app.event_namespace
        assert namespace is not None
        monkeypatch.setattr(namespace._token_manager, "sid_to_token", self.connected)
        monkeypatch.setattr(netim_app.app, "modify_state", self._modify_state)
        self._monkeypatch = monkeypatch

    @contextlib.asynccontextmanager
    async def _modify_state(self, token: rx.BaseStateToken) -> AsyncIterator[rx.State]:
        assert token.ident == "a tab"
        self.asked += 1
        if self.states_fail:
            raise ValueError("Invalid IPv6 URL")
        yield self.root

    async def _emit(self, _token: str, delta: Mapping[str, Any]) -> None:
        if self.line_fails:
            raise OSError("gone")
        self.heard.append(delta)

    async def fail(self, times: int = 1) -> str:
        """The log after a fault in an event of this tab."""

        async def enqueue(_token: str, *events: object) -> None:
            raise AssertionError(f"answered by {events}")

        EventContext.set(
            EventContext(
                token="a tab",
                state_manager=StateManagerMemory(),  # type: ignore[abstract]  # Reflex' overloads confuse mypy
                enqueue_impl=enqueue,
                emit_delta_impl=self._emit,
                router_data={"sid": "a socket", "asPath": "[", "headers": {"accept-language": "fr"}},
            )
        )
        reporter = IncidentReporter(netim_app.app, ConnectedTabs(netim_app.app))
        self._monkeypatch.setattr(netim_app, "incidents", reporter)
        with captured_log("netim_app.infra.incidents") as log:
            for _ in range(times):
                netim_app.report_fault(ValueError("x"))
            while reporter._being_shown:
                await asyncio.gather(*reporter._being_shown.values())
                await asyncio.sleep(0)
        (line,) = log
        return line.getMessage()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


async def test_poison_path_a_fault_is_reported_on_the_page_as_it_is(page: Page) -> None:
    number = (await page.fail()).removeprefix("incident ")
    shell = await page.root.get_state(ShellState)
    assert number in shell.notice
    assert shell.notice_kind == "danger"
    assert page.heard == []


async def test_poison_path_a_fault_of_the_states_is_reported_without_them(page: Page) -> None:
    page.states_fail = True
    number = (await page.fail()).removeprefix("incident ")
    (delta,) = page.heard
    assert number in str(delta)
    assert "(Incident" in str(delta)


async def test_poison_path_a_fault_that_cannot_be_reported_is_not(page: Page) -> None:
    page.states_fail = page.line_fails = True
    assert re.fullmatch("incident [0-9a-f]{8}", await page.fail())
    page.connected.clear()
    await page.fail()
    assert page.asked == 1, "a tab that has gone gets no new states"


async def test_poison_path_many_faults_of_a_tab_are_reported_once(page: Page) -> None:
    page.states_fail = True
    await page.fail(100)
    assert (page.asked, len(page.heard)) == (1, 1)
