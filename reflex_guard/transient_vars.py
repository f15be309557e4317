"""Vars that the page keeps and the server does not: QR codes, secrets, backup codes, tickets."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from reflex.state import BaseState, _override_base_method
from reflex_base.constants.state import FIELD_MARKER

from reflex_guard.handlers import state_classes


class TransientVars:
    """Base of a state that forgets the vars in `_TRANSIENT`; a page that reconnects keeps what it shows.

    A connection breaks whenever a phone switches to another application. Reflex then sends all vars again, and a
    forgotten one would be sent as empty: the QR code or the codes would vanish before they were used. So forgotten vars
    are not sent until the state is reset. In a reloaded page they are empty anyway.

    Used as `class WizardState(TransientVars, rx.State)`; the state declares `_forgotten: bool = False`. This is not a
    mixin in Reflex's sense: in one, `dict` would become an event handler.
    """

    _TRANSIENT: ClassVar[tuple[str, ...]]

    @_override_base_method  # otherwise Reflex refuses a method of this name
    def dict(self, include_computed: bool = True, initial: bool = False, **others: Any) -> dict[str, Any]:
        """As in Reflex, without forgotten vars. `initial`: for the compiled page, which needs every var."""
        shown: dict[str, Any] = super().dict(include_computed, initial, **others)  # type: ignore[misc]  # of rx.State
        if self._forgotten and not initial:  # type: ignore[attr-defined]  # declared by the state
            for name in self._TRANSIENT:
                shown[self.get_full_name()].pop(name + FIELD_MARKER)  # type: ignore[attr-defined]  # of rx.State
        return shown


def forget(state: BaseState, *names: str) -> None:
    """Resets vars to their defaults without an update of the page.

    Used as `self.shown = ...; yield; forget(self, "shown")`. The page still shows the value until it is reloaded, and
    no copy of the state (Redis, disk) ever held it.

    Raises:
        ValueError: a value was not yet sent to the page: the `yield` is missing.
    """
    if unsent := state.dirty_vars.intersection(names):
        raise ValueError(f"not yet shown: {sorted(unsent)}")
    for name in names:
        # A field without a stored value has its default. An assignment would mark it to be sent.
        vars(state).pop(name, None)
    if isinstance(state, TransientVars):
        state._forgotten = True


async def show_once(state: BaseState, **values: str | bool) -> AsyncIterator[None]:
    """Sends values to the page and forgets them; otherwise a reloaded page would get them again.

    Used as `async for step in show_once(state, ticket=...): yield step`. The page keeps a value until it reconnects, so
    a component that acts on one uses it as its `key`. Clearing it in a second step would be a race: a page that gets
    both steps at once shows neither.
    """
    for name, value in values.items():
        setattr(state, name, value)
    yield
    forget(state, *values)


async def keep_shown(root: BaseState) -> None:
    """For a tab whose states were lost: its page keeps what it shows of these vars, even when it reconnects again."""
    for cls in state_classes():
        if issubclass(cls, TransientVars):
            state: Any = await root.get_state(cls)
            state._forgotten = True
