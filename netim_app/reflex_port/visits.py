"""One visit of a page in a tab, and dialogs that end with it."""

from contextvars import ContextVar
from typing import Any

import reflex as rx

_document: ContextVar[str] = ContextVar("document")


def begin_event(document: str) -> None:
    """For the Gate: names the loaded document that sent the event."""
    _document.set(document)


def visit_of(state: rx.State) -> str:
    """Names the present visit of a page.

    Reloading begins another visit, and so does going to another page. A new connection of the same document does not. A
    dialog that notes the visit when it opens can be closed when a page opens, unless it belongs to that page: the first
    click may be handled before the event that says that the page opened.
    """
    document = _document.get("") or state.router.session.session_id
    return f"{document} {state.router.url.path.rstrip('/')}"


async def end_earlier_visit(state: rx.State, dialog: type[rx.State]) -> None:
    """Empties the state of a dialog that was opened in an earlier visit of a page: it notes its own in `_visit`."""
    shown: Any = await state.get_state(dialog)
    if shown._visit not in ("", visit_of(state)):
        shown.reset()
