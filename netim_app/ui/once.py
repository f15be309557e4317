"""What belongs to one visit of a page: vars that it keeps and the server does not, and dialogs that end with it."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from reflex.state import BaseState
from reflex_base.constants.state import FIELD_MARKER

State = TypeVar("State", bound=type[BaseState])

_document: ContextVar[str] = ContextVar("document")


def transient_vars(*names: str) -> Callable[[State], State]:
    """Class decorator of a state that forgets these vars: a page that connects anew keeps what it shows.

    A connection breaks whenever a phone changes to another application. The page is then sent all vars again, and one
    that the state has forgotten would go as empty: the QR code or the codes would vanish before they were used. So
    these are not sent until the state is reset. A page that was loaded anew has nothing but empty ones anyway.

    The state declares `_forgotten: bool = False`.
    """

    def mark(cls: State) -> State:
        every = cls.dict

        def without_forgotten(
            self: BaseState, include_computed: bool = True, initial: bool = False, **others: Any
        ) -> dict[str, Any]:
            shown = every(self, include_computed, initial, **others)
            if self._forgotten and not initial:
                for name in names:
                    shown[self.get_full_name()].pop(name + FIELD_MARKER)
            return shown

        cls.dict = without_forgotten  # type: ignore[method-assign]
        return cls

    return mark


def forget(state: BaseState, *names: str) -> None:
    """Puts the defaults back into vars without telling the page.

    Used as `self.shown = ...; yield; forget(self, "shown")`. The page goes on showing the value; when it is loaded
    again it is gone, and no copy of the state (Redis, disk) ever held it.

    Raises:
        ValueError: a value has not yet gone to the page: the `yield` is missing.
    """
    if unsent := state.dirty_vars.intersection(names):
        raise ValueError(f"not yet shown: {sorted(unsent)}")
    for name in names:
        # A field without a stored value has its default. Setting it would mark it to be sent.
        vars(state).pop(name, None)
    if hasattr(state, "_forgotten"):
        state._forgotten = True  # noqa: SLF001  public, it would be sent to the page


async def end_earlier_visit(state: BaseState, dialog: type[BaseState]) -> None:
    """Empties the state of a dialog that was opened in an earlier visit of a page: it notes its own in `_visit`."""
    shown: Any = await state.get_state(dialog)
    if shown._visit not in ("", visit_of(state)):  # noqa: SLF001  public, it would be sent to the page
        shown.reset()


def begin_event(document: str) -> None:
    """For the Gate: which loaded document sent the event that is about to be handled."""
    _document.set(document)


def visit_of(state: BaseState) -> str:
    """Tells one visit of a page from others in the same tab.

    Reloading makes a new one, and so does going to another page. A new connection of the same document does not. A
    dialog that notes it when it opens can be closed when a page opens, unless it belongs there: the first click may be
    handled before the event that says that the page opened.
    """
    document = _document.get("") or state.router.session.session_id
    return f"{document} {state.router.url.path.rstrip('/')}"
