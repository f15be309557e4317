"""Notifies the open tabs of a session that ends, at once and in every worker.

The Gate refuses every event of such a tab. But an idle page would still show the customer's data, and what a program
sends over the socket would still be charged to the account. So the sockets are closed, too.
"""

import asyncio
import logging
from datetime import timedelta
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from netim_app.identity import tab_sessions
from netim_app.identity.callers import caller_digests
from netim_app.identity.open_sockets import OpenSockets
from netim_app.identity.state.shell import ShellState
from netim_app.infra.unit_of_work import in_read_unit
from netim_app.reflex_port.sockets import ConnectedTabs

logger = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1
ALL_EVERY_LOOKS = 5
"""Every fifth look checks all open sockets, to find sessions that expired or that the database has lost."""
PAUSE_SECONDS = 10
"""After the database was unavailable."""
AFTER = timedelta(seconds=0.5)
"""By then, a browser that ended its own session is loading another page."""
UNTIL = timedelta(seconds=60)
"""A transaction that ends sessions may wait this long before it is committed."""


class RevokedTabNotifier:
    """The open sockets of one worker.

    Args:
        tabs: the tabs that are connected to it.
        sockets: the sockets of customers.
    """

    def __init__(self, tabs: ConnectedTabs, sockets: OpenSockets) -> None:
        self._tabs = tabs
        self._sockets = sockets
        self._notified: set[str] = set()

    async def notify(self) -> None:
        """Makes each tab of an ended session check it again, once: the Gate then sends the page to the login.

        Its socket is closed some seconds later.
        """
        connected = self._tabs.sockets()
        if not connected:
            return
        ended = await in_read_unit(tab_sessions.ended_lately, after=AFTER, until=UNTIL)
        self._sockets.end(ended)
        self._notified &= connected
        for socket in connected - self._notified:
            if caller_digests(self._tabs.header(socket, "HTTP_AUTHORIZATION")).session in ended:
                self._notified.add(socket)
                await self._tabs.send(socket, ShellState.recheck_session)

    async def close_others(self) -> None:
        """Closes sockets whose cookie no longer belongs to a session. Their pages reconnect and find out.

        If the browser has a new cookie, its tab reconnects with that and continues. A socket with the cookie that was
        replaced last stays open: the Gate makes its page reconnect. From now on the account is not charged for it.
        """
        cookies = self._sockets.cookies
        present, replaced = await in_read_unit(tab_sessions.open_cookies, cookies)
        self._sockets.charge_visitors(cookies - present)
        self._sockets.end(cookies - present - replaced)

    async def run(self) -> NoReturn:
        """Runs both checks until it is cancelled."""
        look = 0
        while True:
            look += 1
            try:
                await self.notify()
                if look % ALL_EVERY_LOOKS == 0:
                    await self.close_others()
                await asyncio.sleep(LOOK_EVERY_SECONDS)
            except SQLAlchemyError:
                logger.warning("could not look for ended sessions; it is tried again soon", exc_info=True)
                await asyncio.sleep(PAUSE_SECONDS)
