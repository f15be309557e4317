"""Vars that are shown once: the page keeps them, the server does not."""

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
