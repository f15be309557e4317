import re
import types
from dataclasses import is_dataclass
from typing import Any, Union, get_args, get_origin

import pytest
import reflex as rx
from reflex.state import BaseState
from sqlmodel import SQLModel

from netim_app.identity.state.ticket_exchange import TicketExchangeState
from reflex_guard.handlers import state_classes
from reflex_guard.transient_vars import TransientVars
from tests.house.modules import modules

MAX_VARS = 8
PRIMITIVES = (str, int, float, bool, type(None))
SECRET = re.compile(r"passw|secret|token|hash|ticket|digest|seed|cookie", re.IGNORECASE)
MAY_HOLD_A_SECRET = {(TicketExchangeState, "ticket")}
"""For one round trip: see TicketExchangeState."""


def own_states() -> list[type[BaseState]]:
    modules()
    return [cls for cls in state_classes() if cls.__module__.startswith("netim_app.")]


def harmless(hint: Any) -> bool:
    """Whether values of a type may go to a browser: nothing that grows by itself, and no row of a table."""
    if hint in PRIMITIVES:
        return True
    if get_origin(hint) in (list, dict, tuple, Union, types.UnionType):
        return all(part is Ellipsis or harmless(part) for part in get_args(hint))
    return isinstance(hint, type) and is_dataclass(hint) and hint.__dataclass_params__.frozen  # type: ignore[attr-defined]


def test_states_are_found() -> None:
    assert len(own_states()) >= 12


@pytest.mark.parametrize("cls", own_states(), ids=lambda cls: cls.__name__)
def test_a_state_is_flat_small_and_holds_no_secret(cls: type[BaseState]) -> None:
    assert cls.__bases__ in ((rx.State,), (TransientVars, rx.State)), "a state inherits rx.State directly"
    assert len(cls.base_vars) <= MAX_VARS, "split it"
    assert set(cls.computed_vars) <= set(rx.State.computed_vars), "no computed var: each makes all states load"
    assert set(cls.base_vars) <= set(cls.get_fields())
    for name in set(cls.get_fields()) - set(rx.State.get_fields()):  # those that stay on the server, too
        assert not SECRET.search(name) or (cls, name) in MAY_HOLD_A_SECRET, name
    for name, var in cls.base_vars.items():
        assert harmless(var._var_type), f"{name}: {var._var_type}"


@pytest.mark.parametrize("cls", own_states(), ids=lambda cls: cls.__name__)
def test_no_state_trusts_the_browsers_own_storage(cls: type[BaseState]) -> None:
    from reflex.istate.storage import ClientStorageBase

    for name, default in cls.get_fields().items():
        assert not isinstance(default.default, ClientStorageBase), name


@pytest.mark.parametrize("cls", own_states(), ids=lambda cls: cls.__name__)
def test_what_stands_in_a_state_at_first_is_empty(cls: type[BaseState]) -> None:
    """Defaults are compiled into public files."""
    state = cls()

    for name in cls.base_vars:
        value = getattr(state, name)
        assert isinstance(value, (bool, int)) or len(value) <= 4, f"{name} = {value!r}"


class Row(SQLModel):
    """A row, which must never go to a browser."""

    password_hash: str = ""


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (str, True),
        (dict[str, bool], True),
        (list[dict[str, str | None]], True),
        (Row, False),
        (list[Row], False),
        (dict[str, Any], False),
        (Any, False),
        (object, False),
    ],
)
def test_the_judgement_of_types_itself(hint: Any, expected: bool) -> None:
    assert harmless(hint) is expected
