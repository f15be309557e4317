"""session_gate: who may send what, and whose data a tab holds. tests/server/test_reuse.py asks it over a socket."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import reflex as rx
from reflex.app import App
from reflex.event import Event
from reflex.state import StateUpdate
from reflex_base.event.context import EventContext

from reflex_guard.handlers import is_framework_event
from reflex_guard.marks import ANYONE, LOGGED_IN, open_to
from reflex_guard.session_gate import SessionGate, caller

ADMIN = LOGGED_IN + 1
CALLERS = {"a" * 64: "Anna", "b" * 64: "the boss"}


class DeskState(rx.State):
    """Has a handler of each kind."""

    note: str = ""

    @rx.event
    @open_to(ANYONE)
    async def ring(self) -> None:
        """For anybody."""

    @rx.event
    @open_to(LOGGED_IN)
    async def write(self, text: str) -> None:
        """For callers with a session."""

    @rx.event
    @open_to(ADMIN)
    async def burn(self) -> None:
        """For few."""

    @rx.event
    async def forgotten(self) -> None:
        """For nobody."""


class LampState(rx.State):
    """Is nobody's."""

    on: bool = False


async def look_up(digest: str) -> str | None:
    return CALLERS.get(digest)


def _made() -> type[rx.State]:
    class LocalState(rx.State):
        """Is defined inside a function."""

        note: str = ""

        @rx.event
        async def hydrate(self) -> None:
            """Is called as one of Reflex's own."""

    return LocalState


class Box(rx.ComponentState):
    """Has a state for each use."""

    note: str = ""

    @classmethod
    def get_component(cls, **_props: Any) -> rx.Component:
        """The part that is displayed."""
        return rx.el.p(cls.note)


Local = _made()
BoxState = Box.create().State
Asked = Callable[..., Awaitable[StateUpdate | None]]


@pytest.fixture
def root() -> rx.State:
    made: Any = rx.State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex does
    return cast(rx.State, made)


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def ask(root: rx.State, log: list[str]) -> Asked:
    gate = SessionGate(
        look_up,
        login="/login",
        level_of=lambda name: ADMIN if name == "the boss" else LOGGED_IN,
        keep=(LampState,),
        log=lambda _name, **fields: log.append(fields["reason"]),
    )

    async def send(handler: str, digest: str = "", **arguments: Any) -> StateUpdate | None:
        router = {"sid": "s", "ip": "192.0.2.7", "headers": {"authorization": f"session {digest}"}}
        context = EventContext(
            token="a tab", state_manager=cast("Any", None), enqueue_impl=cast("Any", None), router_data=router
        )
        event = Event(name=f"{DeskState.get_full_name()}.{handler}", payload=arguments, router_data=router)
        with context:
            return await gate.preprocess(cast("App", None), root, event)

    return send


@pytest.mark.parametrize(
    ("handler", "stranger", "anna", "boss"),
    [
        ("ring", True, True, True),
        ("write", False, True, True),
        ("burn", False, False, True),
        ("forgotten", False, False, False),
    ],
)
async def test_a_mark_says_who_may_send_an_event(
    ask: Asked, log: list[str], handler: str, stranger: bool, anna: bool, boss: bool
) -> None:
    arguments = {"text": "x"} if handler == "write" else {}
    for digest, passes in (("", stranger), ("c" * 64, stranger), ("a" * 64, anna), ("b" * 64, boss)):
        log.clear()
        assert (await ask(handler, digest, **arguments) is None) is passes
        assert len(log) == (not passes)
        assert caller() == CALLERS.get(digest)


async def test_a_stranger_is_sent_to_the_login_and_a_caller_stays(ask: Asked) -> None:
    sent, stays = await ask("burn"), await ask("burn", "a" * 64)
    assert sent
    assert stays
    assert "/login" in str(sent.events)
    assert stays.events == []


@pytest.mark.parametrize("arguments", [{}, {"txt": "x"}, {"text": "x", "more": 1}, {"self": 1, "text": "x"}])
async def test_arguments_fit_the_handler(ask: Asked, log: list[str], arguments: dict[str, Any]) -> None:
    assert await ask("write", "a" * 64, **arguments) is not None
    assert log == ["wrong arguments"]
    assert await ask("write", "a" * 64, text="x") is None


@pytest.mark.parametrize("other", ["", "b" * 64, "c" * 64])
async def test_a_tab_shows_another_caller_nothing_of_the_one_before(root: rx.State, ask: Asked, other: str) -> None:
    await ask("ring", "a" * 64)
    desk, lamp = await root.get_state(DeskState), await root.get_state(LampState)
    desk.note, lamp.on = "of Anna", True
    await ask("ring", "a" * 64)
    assert desk.note == "of Anna"

    await ask("ring", other)
    assert (desk.note, lamp.on) == ("", True)


async def test_what_is_left_of_a_tab_that_nobody_knows_is_gone(root: rx.State, ask: Asked) -> None:
    desk = await root.get_state(DeskState)
    desk.note = "of somebody"
    await ask("ring", "a" * 64)
    assert desk.note == ""


@pytest.mark.parametrize("cls", [Local, BoxState])
async def test_states_that_reflex_keeps_elsewhere_are_emptied_too(
    root: rx.State, ask: Asked, cls: type[rx.State]
) -> None:
    await ask("ring", "a" * 64)
    made: Any = await root.get_state(cls)
    made.note = "of Anna"
    await ask("ring", "a" * 64)
    assert made.note == "of Anna"

    await ask("ring", "b" * 64)
    assert made.note == ""


def test_no_handler_is_reflexs_own_by_its_name_alone() -> None:
    assert not is_framework_event(f"{Local.get_full_name()}.hydrate")
    assert is_framework_event(f"{rx.State.get_full_name()}.hydrate")
