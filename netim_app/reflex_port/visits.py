"""Visits of a page in a tab, and dialogs that end with a visit."""

from contextvars import ContextVar
from typing import Any

import reflex as rx

_COMING = "coming "
_document: ContextVar[str] = ContextVar("document")


def begin_event(document: str) -> None:
    """For the Gate: names the loaded document that sent the event."""
    _document.set(document)


def visit_of(state: rx.State, page: str = "") -> str:
    """Names the current visit of a page; with another `page`, the visit that begins when this document navigates to it.

    A reload begins another visit, and so does navigation to another page. A reconnect of the same document does not. A
    dialog notes the visit when it opens. When a page opens, it can close the dialogs of other visits. A dialog of the
    page itself stays: its first click may be handled before the event of the page's opening.
    """
    present = state.router.url.path.rstrip("/")
    return f"{_document_of(state)} {present}" if page in ("", present) else f"{_coming(state)}{page}"


def is_over(shown: Any, state: rx.State) -> bool:
    """Whether a dialog's state was filled in an earlier visit. The state notes its visit in `_visit`.

    A visit that was noted in advance has begun when its page is shown.
    """
    present = visit_of(state)
    if shown._visit == f"{_COMING}{present}":
        shown._visit = present
    return shown._visit not in ("", present) and not shown._visit.startswith(_coming(state))


async def end_earlier_visit(state: rx.State, dialog: type[rx.State]) -> None:
    """Empties the state of a dialog that an earlier visit opened."""
    shown: Any = await state.get_state(dialog)
    if is_over(shown, state):
        shown.reset()


def _document_of(state: rx.State) -> str:
    return _document.get("") or state.router.session.session_id


def _coming(state: rx.State) -> str:
    return f"{_COMING}{_document_of(state)} "
