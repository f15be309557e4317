import pickle
from typing import ClassVar

import pytest
import reflex as rx

from reflex_guard.transient_vars import TransientVars, forget, show_once


class OnceState(rx.State):
    """Shows something once."""

    shown: str = ""
    rows: list[str] = []
    kept: str = ""


class ForgetfulState(TransientVars, rx.State):
    """The same, and a page that connects anew keeps it."""

    shown: str = ""
    rows: list[str] = []
    kept: str = ""

    _TRANSIENT: ClassVar = ("shown", "rows")
    _forgotten: bool = False


def test_what_was_shown_is_forgotten_and_the_page_is_not_told() -> None:
    state = OnceState()
    state.shown, state.rows, state.kept = "JBSWY3DP", ["123456"], "stays"
    assert "JBSWY3DP" in str(state.get_delta())
    state._clean()

    forget(state, "shown", "rows")

    assert (state.shown, state.rows, state.kept) == ("", [], "stays")
    assert state.get_delta() == {}
    assert "JBSWY3DP" not in str(state.dict())
    assert b"123456" not in pickle.dumps(state.__getstate__())


def test_what_was_not_shown_yet_is_not_forgotten() -> None:
    state = OnceState()
    state.shown = "JBSWY3DP"

    with pytest.raises(ValueError, match="shown"):
        forget(state, "shown")


def test_afterwards_the_var_works_as_ever() -> None:
    state = OnceState()
    state.shown = "one"
    state._clean()
    forget(state, "shown")

    state.shown = ""

    assert "shown" in str(state.get_delta())


def test_a_page_that_connects_anew_is_not_told_to_forget() -> None:
    state = ForgetfulState()
    state.shown, state.rows, state.kept = "JBSWY3DP", ["123456"], "stays"
    state._clean()
    forget(state, "shown", "rows")
    assert (state.shown, state.rows) == ("", []), "also after it was read"

    told = state.dict()[state.get_full_name()]

    assert {name.removesuffix("_rx_state_") for name in told} == {"kept"}
    state.reset()
    assert "shown" in str(state.dict()), "what was closed is closed for the page, too"
    assert "shown" in str(ForgetfulState().dict(initial=True)), "the compiled page knows every var"


async def test_what_is_shown_once_is_forgotten_without_telling_the_page() -> None:
    """Told in a second delta that came together with the first, the page would never have shown it."""
    state = OnceState()
    steps = []
    async for _ in show_once(state, shown="a ticket"):
        steps.append(state.get_delta())
        state._clean()

    assert ["a ticket" in str(step) for step in steps] == [True]
    assert (state.shown, state.get_delta()) == ("", {})
