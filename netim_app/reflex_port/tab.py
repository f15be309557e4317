"""The record of a tab. The Gate updates it, also when it empties the states of the tab for another caller."""

from dataclasses import dataclass

import reflex as rx
from reflex.state import BaseState


@dataclass
class Tab:
    """The server's knowledge of one tab."""

    document: str = ""
    """The loaded document that the tab shows, named by the socket on which it first asked for its data."""
    socket: str = ""
    """The current socket of the tab."""
    browser: str = ""
    """The digest of the browser cookie."""
    session_id: int = 0
    """The owner of the data in the tab's states. The Gate empties them when the caller changes."""
    revision: int = -1
    """The account revision that the states show; -1 for none."""
    pending: str = ""
    """The digest of the secret of this tab's pending login."""
    lost: bool = False
    """The page was displayed before the server knew this tab: the server has lost the states behind it."""
    ended: bool = False
    """A session ended in this tab, and the page has not shown that yet."""
    reload_sent_to: str = ""
    """The socket whose page was told to reload. A tab that reconnects on another socket with the same old cookie has
    lost the new cookie."""


class TabState(rx.State):
    """Keeps the record of one tab on the server. No page sees it."""

    _tab: Tab = Tab()


async def tab_of(state: BaseState) -> Tab:
    """The record of the tab that a state belongs to. Changes to it are kept."""
    return tab_in(await state.get_state(TabState))


def tab_in(state: TabState) -> Tab:
    """The record in a kept state."""
    return state._tab  # no page sees it
