"""Empties the states of a tab when its caller changes."""

from collections.abc import Container

from reflex.state import BaseState

from reflex_guard.handlers import is_own, state_classes


async def empty_states(root: BaseState, keep: Container[type[BaseState]]) -> None:
    """Resets the application's states of a tab, except those to keep."""
    for cls in filter(is_own, state_classes()):
        if cls not in keep:
            (await root.get_state(cls)).reset()  # type: ignore[no-untyped-call]


async def empty_leftovers(root: BaseState, keep: Container[type[BaseState]]) -> None:
    """Resets all states with data in a tab that has no record: the owner of the data is unknown.

    In Redis each state expires on its own. States without data cause no update of the page.
    """
    for cls in filter(is_own, state_classes()):
        if cls not in keep and _holds_something(state := await root.get_state(cls)):
            state.reset()  # type: ignore[no-untyped-call]


def _holds_something(state: BaseState) -> bool:
    cls, held = type(state), vars(state)  # a field that was never set is not among these
    own = {name: field for name, field in cls.get_fields().items() if field._owner is cls}
    return any(held[name] != field.default_value() for name, field in own.items() if name in held)
