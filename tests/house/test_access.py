import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest
import reflex as rx
from reflex.state import BaseState

from netim_app.identity.access import Access, Level, access_of
from reflex_guard.handlers import (
    FRAMEWORK_EVENTS,
    is_framework_event,
    matches_signature,
    registered,
    state_classes,
)
from tests.house.modules import modules
from tests.kit.access import REVIEWED
from tests.kit.harness import is_served


def own_states() -> list[type[BaseState]]:
    modules()  # all of them, so that every state is registered
    return [cls for cls in state_classes() if cls.__module__.startswith("netim_app.")]


def handlers() -> dict[str, tuple[type[BaseState], Callable[..., Any]]]:
    """Every event that a browser can send, by its full name, with the state it belongs to."""
    modules()
    return {
        name: (registered.states[0], registered.handler.fn)
        for name, registered in registered().items()
        if is_served(registered.states[0])
    }


def described(access: Access) -> str:
    words = [access.level.name]
    if access.unchecked:
        words.append("unchecked")
    return " ".join(words)


def test_who_may_send_which_event_is_as_reviewed() -> None:
    found = {
        f"{cls.__name__}.{name.rpartition('.')[2]}": described(mark)
        for name, (cls, fn) in handlers().items()
        if cls.__module__.startswith("netim_app.") and (mark := access_of(fn)) is not None
    }

    assert found == REVIEWED


def test_every_handler_of_ours_is_marked() -> None:
    unmarked = [
        name
        for name, (cls, fn) in handlers().items()
        if cls.__module__.startswith("netim_app.") and access_of(fn) is None and name.rpartition(".")[2] != "setvar"
    ]

    assert unmarked == []


def test_what_has_no_mark_is_refused_unless_it_is_reflexs_own() -> None:
    passed = {
        name.rpartition(".")[2]
        for name, (_, fn) in handlers().items()
        if access_of(fn) is None and is_framework_event(name)
    }
    refused = {
        name
        for name, (cls, fn) in handlers().items()
        if access_of(fn) is None and not is_framework_event(name) and cls.__module__ != "reflex.istate.dynamic"
    }  # a state inside of a function is one of another test

    assert passed == FRAMEWORK_EVENTS
    assert {name.rpartition(".")[2] for name in refused} == {"setvar"}


def test_a_state_of_ours_cannot_pass_for_reflexs_own() -> None:
    for cls in own_states():
        for name in FRAMEWORK_EVENTS:
            assert not is_framework_event(f"{cls.get_full_name()}.{name}")
    assert not is_framework_event("hydrate")
    assert not is_framework_event("")


FITTING: dict[str, dict[str, Any]] = {
    "hydrate": {},
    "hydrate_and_load": {"vars": {}, "hashes": ["x"]},
    "on_load_internal": {},
    "set_is_hydrated": {"value": True},
    "update_vars_internal": {"vars": {}},
    "handle_frontend_exception": {"info": "x", "component_stack": "y"},
}
"""The arguments that pages send to Reflex's own events."""


@pytest.mark.parametrize("odd", [7, "\ud800", [1], {"a": 1}])
def test_reflexs_own_events_are_called_as_pages_call_them_or_not_at_all(odd: Any) -> None:
    own = [name for name in handlers() if is_framework_event(name)]
    assert {name.rpartition(".")[2] for name in own} == set(FITTING)
    for name in own:
        fitting = FITTING[name.rpartition(".")[2]]
        assert matches_signature(name, fitting)
        assert not matches_signature(name, fitting | {"more": 1})
        for argument in fitting.keys() - ({"info", "component_stack"} if isinstance(odd, str) else set()):
            if not (argument == "hashes" and isinstance(odd, list)):
                assert not matches_signature(name, fitting | {argument: odd}), (
                    name,
                    argument,
                )


def test_a_handler_of_ours_is_called_with_its_own_arguments_or_not_at_all() -> None:
    (name,) = [name for name in handlers() if name.endswith("login_alerts_state.switch")]
    assert matches_signature(name, {"on": True})
    for payload in ({}, {"of": True}, {"on": True, "force": True}, {"": True}, {"self": 1, "on": True}):
        assert not matches_signature(name, payload), payload


def test_no_state_has_a_public_method_that_is_no_event() -> None:
    own = own_states()
    assert len(own) >= 12
    for cls in own:
        for name, value in vars(cls).items():
            if name.startswith("_") or not (inspect.isroutine(value) or isinstance(value, (classmethod, staticmethod))):
                continue
            known = name in cls.event_handlers or name in vars(rx.State) or name in vars(BaseState)
            assert known, f"{cls.__name__}.{name} is public and no event"


def test_every_decorated_method_is_registered() -> None:
    """`handlers()` sees all there is: as many as the sources hold."""
    from tests.house.modules import sources

    decorated = sum(len(re.findall(r"'rx', ctx=Load\(\)\), attr='event'", dump)) for dump in _dumps(sources()))

    assert decorated == len(REVIEWED)


def _dumps(trees: dict[str, Any]) -> list[str]:
    import ast

    return [
        ast.dump(decorator)
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        for decorator in node.decorator_list
    ]


def test_events_and_pages_of_development_are_not_in_production() -> None:
    """A fresh process builds the production app: what it registers is what customers can reach."""
    import subprocess
    import sys
    import tempfile

    from tests.house.modules import ROOT

    script = (
        "from netim_app.netim_app import app; from reflex_base.registry import RegistrationContext as R;"
        "print(*(s.__name__ for s in R.get().base_states.values() if s.__module__.startswith('netim_app')));"
        "print(*app._unevaluated_pages)"
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={
                "PATH": "/usr/bin:/bin",
                "NETIM_ENV": "production",
                "NETIM_PUBLIC_URL": "https://account.netim.example",
                "NETIM_SECRET_KEY": "a secret of the tests that nobody else has",
                "NETIM_MAIL_DIR": folder,
                "NETIM_VAR_DIR": folder,
                "REFLEX_TELEMETRY_ENABLED": "false",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    states, routes = done.stdout.splitlines()
    assert set(states.split()) == {cls.__name__ for cls in own_states()} - {"KitState", "MailboxState"}
    assert "login" in routes.split()
    assert [route for route in routes.split() if route.startswith("dev")] == []


def test_levels_are_ordered_so_that_each_includes_those_below() -> None:
    assert Level.ANYONE < Level.LOGGED_IN < Level.FRESH


def test_a_handler_that_does_not_care_who_calls_is_open_to_anyone() -> None:
    for name, (_, fn) in handlers().items():
        mark = access_of(fn)
        if mark is not None and mark.unchecked:
            assert mark.level == Level.ANYONE, name
