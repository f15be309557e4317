"""Incidents: an unexpected exception gets a number in the log, and the page that caused it shows that number."""

import asyncio
import contextlib
import logging
import time

import reflex as rx
from redis.exceptions import RedisError

from netim_app.identity.state.messages import in_words, show_notice
from netim_app.identity.state.shell import ShellState
from netim_app.infra.incidents import Incidents, Seldom
from netim_app.infra.trace import begin_trace
from netim_app.reflex_port.sockets import ConnectedTabs
from netim_app.reflex_port.tab import tab_of
from netim_app.reflex_port.visits import begin_event
from netim_app.texts import catalog
from reflex_guard.current_event import CurrentEvent, current_event, delta_without_states, send_delta

logger = logging.getLogger(__name__)

PAGE_FAULTS_A_MINUTE = 20
"""A limit, because anybody can report one."""


class IncidentReporter:
    """Logs the incidents of one worker, and shows them on their pages.

    Args:
        app: the app with the states of all tabs.
        tabs: the tabs that are connected to this worker.
    """

    def __init__(self, app: rx.App, tabs: ConnectedTabs) -> None:
        self._app = app
        self._tabs = tabs
        self._incidents = Incidents()
        self._being_shown: dict[str, asyncio.Task[None]] = {}
        """By tab, because one notice is enough. The event loop keeps no strong references to tasks."""

    def report(self, exception: Exception) -> None:
        """Reports an exception of the current event. Never answers with an event.

        Such an event would inherit the page's path and need the page's states. If these caused the exception, the
        answer would fail too, be reported, and so on without end.
        """
        event = current_event()
        begin_trace(event.trace)  # Reflex calls this in its own task, which still knows the event
        number = self._incidents.report(exception)
        if event.tab not in self._being_shown:
            self._being_shown[event.tab] = asyncio.create_task(self._show(event, number, exception))
            self._being_shown[event.tab].add_done_callback(lambda _: self._being_shown.pop(event.tab))

    async def _show(self, event: CurrentEvent, number: str, exception: Exception) -> None:
        """Shows the number on the page, without the page's states if they are unavailable. This may fail silently."""
        if event.socket not in self._tabs.sockets():
            return  # the tab is gone, and would get new states
        if not isinstance(exception, RedisError):
            with contextlib.suppress(Exception):
                async with self._app.modify_state(rx.BaseStateToken(ident=event.tab, cls=ShellState)) as root:
                    await show_incident(root, number)
                return
        with contextlib.suppress(Exception):
            await send_delta(incident_delta(number, event.headers.get("accept-language", "")))


async def show_incident(root: rx.State, number: str) -> None:
    """Shows on the page, without changing it, that something went wrong on our side. Works without the database."""
    begin_event((await tab_of(root)).document)
    await show_notice(root, "danger", "shell.incident", number=number)


def incident_delta(number: str, languages: str) -> dict[str, dict[str, object]]:
    """The update that `show_incident` sends to a page, built without the page's states.

    Args:
        number: the number of the incident.
        languages: the languages that the browser accepts; the page's own choice is unavailable, too.
    """
    return delta_without_states(
        ShellState,
        notice=in_words(catalog.choose_locale(languages), "shell.incident", number=number),
        notice_kind="danger",
        answers=int(number, 16),  # any number that the page has not seen
    )


_page_faults = Seldom(PAGE_FAULTS_A_MINUTE)


def report_page_fault(exception: Exception) -> None:
    """Logs a fault in the browser. Its text comes from outside, so it is quoted and limited per minute."""
    if _page_faults.passes(time.monotonic()):
        logger.warning("page fault: %.500r", str(exception))
