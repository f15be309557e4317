"""The record of a tab. The Gate updates it, also where it empties the states of the tab for another caller."""

from dataclasses import dataclass

import reflex as rx
from reflex.state import BaseState


@dataclass
class Tab:
    """What the server knows of one tab."""

    document: str = ""
    """The loaded document that the tab shows: the socket by which that first asked for its data."""
    socket: str = ""
    """The socket that it has now."""
    browser: str = ""
    """The digest of the browser cookie."""
    session_id: int = 0
    """Whose data the tab's states hold. The Gate empties them when another caller comes."""
    revision: int = -1
    """The account's revision that they show; -1 while they show none."""
    pending: str = ""
    """The digest of the secret of the login that was begun in this tab and owes its code."""
    lost: bool = False
    """The page was displayed before the server knew this tab: by states that it has lost."""
    ended: bool = False
    """A session ended in this tab, and the page has not said so yet."""
    reload_sent_to: str = ""
    """The socket that was told to load the page anew. A tab that comes back by another one with the same old cookie has
    lost the new cookie."""


class TabState(rx.State):
    """Keeps the record of one tab on the server. No page sees it."""

    _tab: Tab = Tab()


async def tab_of(state: BaseState) -> Tab:
    """The record of the tab that a state belongs to. Changes to it are kept."""
    return tab_in(await state.get_state(TabState))


def tab_in(state: TabState) -> Tab:
    """The record in a state that was kept."""
    return state._tab  # no page sees it
