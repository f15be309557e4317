"""What belongs to one visit of a page: vars that it keeps and the server does not, and dialogs that end with it."""

from typing import Any

from reflex.state import BaseState


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


async def end_earlier_visit(state: BaseState, dialog: type[BaseState]) -> None:
    """Empties the state of a dialog that was opened in an earlier visit of a page: it notes its own in `_visit`."""
    shown: Any = await state.get_state(dialog)
    if shown._visit not in ("", visit_of(state)):  # noqa: SLF001  public, it would be sent to the page
        shown.reset()


def visit_of(state: BaseState) -> str:
    """Tells one visit of a page from others in the same tab.

    Reloading makes a new one, and so does going to another page. A dialog that notes it when it opens can be closed
    when a page opens, unless it belongs there: the first click may be handled before the event that says that the page
    opened.
    """
    return f"{state.router.session.session_id} {state.router.url.path.rstrip('/')}"
