"""Open tabs of a session that ends: each is notified at once, in every worker.

The Gate refuses every event of such a tab. But an idle screen would go on showing the customer's data,
and what a program sends would go on costing the account: so its sockets are closed, too.
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
"""Each fifth look asks about all that are open: about sessions whose time is over, or that the database has lost."""
PAUSE_SECONDS = 10
"""After the database was away."""
AFTER = timedelta(seconds=0.5)
"""A browser that has ended its own session is on its way to another page by then."""
UNTIL = timedelta(seconds=60)
"""A transaction that ends sessions may have to wait before it stands."""


class RevokedTabNotifier:
    """The open sockets of one worker.

    Args:
        tabs: those that are connected to it.
        sockets: those of customers.
    """

    def __init__(self, tabs: ConnectedTabs, sockets: OpenSockets) -> None:
        self._tabs = tabs
        self._sockets = sockets
        self._notified: set[str] = set()

    async def notify(self) -> None:
        """Asks each tab of an ended session, once, to look again: the Gate then sends its page to the login.

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
        """Closes the sockets of cookies that are no session's any more. Their pages come back, and see for themselves.

        A tab of a browser that has got a new cookie comes back with that, and goes on. The cookie that was replaced
        last is sent to reload by the Gate; from here on the account no longer pays for its socket.
        """
        cookies = self._sockets.cookies
        present, replaced = await in_read_unit(tab_sessions.open_cookies, cookies)
        self._sockets.charge_visitors(cookies - present)
        self._sockets.end(cookies - present - replaced)

    async def run(self) -> NoReturn:
        """Looks after them until it is cancelled."""
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
